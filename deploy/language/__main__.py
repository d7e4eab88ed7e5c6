"""`python -m deploy.language [--check]`: write what subscribers read, or see whether it is in step.

docs/events.md          every event: what it means, where it goes, who says and who hears it
docs/schemas/*.json     the JSON Schema of each event's value
docs/asyncapi.yaml      AsyncAPI 3.0: channels, messages, headers, keys, operations
docs/orders.md          the life of an order, as a picture
docs/livestream.md      the life of a session, as a picture
docs/topics.txt         the topics there must be
tests/contracts/golden/ a sample of each event, which must stay readable for ever
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy import SERVICES
from deploy.language import access, asyncapi, lives, page, samples, schemas
from deploy.language.hearers import hearers
from shared.platform.bus.topics import all_topics

ROOT = Path(__file__).parents[2]
FOLDERS = ("docs/schemas", "tests/contracts/golden")


def written() -> Mapping[str, str]:
    """Every generated file, by its place in the project."""
    heard = hearers()
    return {
        "docs/events.md": page.render(heard),
        "docs/access.md": access.render(),
        "docs/orders.md": lives.render_orders(),
        "docs/livestream.md": lives.render_sessions(),
        "docs/asyncapi.yaml": asyncapi.render(heard),
        "docs/topics.txt": "\n".join(all_topics(SERVICES)) + "\n",
        **{f"docs/schemas/{name}.json": text for name, text in schemas.render().items()},
        **{f"tests/contracts/golden/{name}.json": text for name, text in samples.render().items()},
    }


def stale(files: Mapping[str, str]) -> list[str]:
    """The generated files that are not as they would be written now, or no longer would be."""
    there = {
        str(found.relative_to(ROOT))
        for folder in FOLDERS
        for found in (ROOT / folder).glob("*.json")
    }
    changed = [
        name
        for name, text in files.items()
        if not (ROOT / name).is_file() or (ROOT / name).read_text(encoding="utf-8") != text
    ]
    return sorted({*changed, *(there - files.keys())})


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.language", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail if out of step")
    parser.add_argument("--breaking", action="store_true", help="allow what breaks subscribers")
    asked = parser.parse_args()
    files = written()
    if asked.check:
        late = stale(files)
        if late:
            sys.stderr.write(
                f"Out of step with shared/events: {', '.join(late)}. Run make events.\n"
            )
        return 1 if late else 0
    broken = [] if asked.breaking else list(schemas.breaks(ROOT / "docs/schemas", files))
    if broken:
        sys.stderr.write(
            "\n".join(broken) + "\nA breaking change needs a new topic beside the old.\n"
        )
        return 1
    late = stale(files)
    for name in late:
        place = ROOT / name
        if name in files:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(files[name], encoding="utf-8")
        else:
            place.unlink()
    sys.stdout.write(f"{len(late)} files written, {len(files)} in step.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
