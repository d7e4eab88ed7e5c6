"""JSON Schemas of the events, and what of a change to them would break a subscriber."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from deploy import SERVICES
from shared.events.base import Event, catalogue

Schema: TypeAlias = dict[str, Any]


def published() -> dict[str, type[Event]]:
    """The events of the four services, by type."""
    return {
        name: event for name, event in sorted(catalogue.items()) if name.split(".")[1] in SERVICES
    }


def schema(event: type[Event]) -> Schema:
    """The schema of an event's value."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{event.type}.json",
        **event.model_json_schema(by_alias=True, mode="serialization"),
    }


def render() -> dict[str, str]:
    return {
        name: json.dumps(schema(event), indent=2, ensure_ascii=False) + "\n"
        for name, event in published().items()
    }


def breaks(folder: Path, files: Mapping[str, str]) -> Iterator[str]:
    """What the new schemas take from those who read by the ones in *folder*, a sentence each."""
    for old_file in sorted(folder.glob("*.json")):
        new_text = files.get(f"docs/schemas/{old_file.name}")
        name = old_file.name.removesuffix(".json")
        if new_text is None:
            yield f"{name} is no longer said."
            continue
        old, new = json.loads(old_file.read_text(encoding="utf-8")), json.loads(new_text)
        yield from (f"{name}: {what}" for what in _narrower(old, new, old, new, "value"))


def _narrower(
    old: Schema, new: Schema, old_root: Schema, new_root: Schema, at: str
) -> Iterator[str]:
    old, new = _resolved(old, old_root), _resolved(new, new_root)
    for part in ("type", "format", "const", "pattern"):
        if part in old and old[part] != new.get(part):
            yield f"{at}: {part} {old[part]!r} became {new.get(part)!r}."
    if "enum" in old and not set(new.get("enum", ())) <= set(old["enum"]):
        yield f"{at}: readers do not know {sorted(set(new.get('enum', ())) - set(old['enum']))}."
    for name, field in old.get("properties", {}).items():
        if name not in new.get("properties", {}):
            yield f"{at}.{name} was removed."
        else:
            yield from _narrower(field, new["properties"][name], old_root, new_root, f"{at}.{name}")
    for name in set(old.get("required", ())) - set(new.get("required", ())):
        yield f"{at}.{name} is no longer always there."
    if "items" in old and "items" in new:
        yield from _narrower(old["items"], new["items"], old_root, new_root, f"{at}[]")


def _resolved(schema: Schema, root: Schema) -> Schema:
    if "$ref" in schema:
        return root["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    return schema
