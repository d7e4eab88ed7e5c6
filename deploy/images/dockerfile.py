"""What the Dockerfile must hold to, as far as no container engine is needed to see it."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from deploy.images.compose import Compose

ROOT = Path(__file__).parents[2]
PATH = Path(__file__).with_name("Dockerfile")

WEB = "FEIRA_LIVESTREAM_WEB"
_HELD = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: its instructions after FROM, each a word and the rest."""

    name: str
    of: str
    does: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def all(self, word: str) -> Iterator[str]:
        """What follows each *word* in it."""
        return (rest for instruction, rest in self.does if instruction == word)


def read() -> str:
    return PATH.read_text(encoding="utf-8")


def faults(dockerfile: str, compose: Compose, root: Path = ROOT) -> Iterator[str]:
    """What is wrong, a sentence each; *root* is the context of the build."""
    stages = _stages(dockerfile)
    let_in = _let_in(root)
    for stage in stages.values():
        for source, target in _copied(stage):
            if source and source not in stages:
                yield f"{stage.name} copies from {source}, which is no stage"
            for path in target[:-1] if not source else ():
                yield from _missing(stage, path, let_in, root)
    for name, service in compose["services"].items():
        target = service.get("build", {}).get("target")
        if "build" in service and target not in stages:
            yield f"{name} is built from {target}, which is no stage"
    yield from _pageless(stages, compose, dockerfile, root)


def _missing(stage: Stage, path: str, let_in: Iterable[str], root: Path) -> Iterator[str]:
    """Whether what a stage copies is there, and may be seen by the build."""
    fixed = _HELD.sub("*", path)
    if not any(root.glob(fixed)):
        yield f"{stage.name} copies {path}, which is not there"
    elif Path(fixed).parts[0] not in let_in:
        yield f"{stage.name} copies {path}, which .dockerignore keeps out"


def _pageless(
    stages: dict[str, Stage], compose: Compose, dockerfile: str, root: Path
) -> Iterator[str]:
    """Whether livestream's image serves the pages that the same build made, from sources it has."""
    pages, image = stages.get("pages"), stages.get("livestream")
    if pages is None or image is None:
        yield "no stage makes the pages, or none serves them"
        return
    made = {found[1] for run in pages.all("RUN") if (found := re.search(r"--outDir (\S+)", run))}
    held = {
        words[-1] for source, words in _copied(image) if source == "pages" and made & {words[0]}
    }
    told = next((each[len(WEB) + 1 :] for each in image.all("ENV") if each.startswith(WEB)), None)
    if told not in held:
        yield f"livestream is told that its pages are in {told}, where none are put"
    livestream = compose["services"].get("livestream", {})
    if f"-{told}}}" not in (livestream.get("environment", {}).get(WEB) or ""):
        yield f"compose.yaml does not leave {WEB} at {told}"
    if livestream.get("build", {}).get("target") != "livestream":
        yield "compose.yaml builds livestream without the pages"
    least = json.loads((root / "web" / "package.json").read_text())["engines"]["node"]
    [node] = re.findall(r"^ARG NODE=(\d+)$", dockerfile, re.MULTILINE)
    if int(node) < int(least.removeprefix(">=").partition(".")[0]):
        yield f"the pages are built with Node.js {node} and want {least}"


def _stages(dockerfile: str) -> dict[str, Stage]:
    stages: dict[str, Stage] = {}
    stage = Stage("", "")
    for line in re.sub(r"\\\n\s*", "", dockerfile).splitlines():
        word, _, rest = line.partition(" ")
        if word == "FROM":
            of, _, name = rest.partition(" AS ")
            stage = stages[name] = Stage(name, of)
        elif word and not word.startswith("#"):
            stage.does.append((word, rest))
    return stages


def _copied(stage: Stage) -> Iterator[tuple[str, list[str]]]:
    """From which stage, or from the context, what is copied where."""
    for rest in stage.all("COPY"):
        words = [word for word in rest.split() if not word.startswith("--")]
        yield next(iter(re.findall(r"--from=(\S+)", rest)), ""), words


def _let_in(root: Path) -> frozenset[str]:
    """What .dockerignore, which keeps all else out, lets a build see."""
    lines = (root / ".dockerignore").read_text(encoding="utf-8").split()
    return frozenset(line[1:] for line in lines if line.startswith("!"))
