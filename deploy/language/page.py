"""docs/events.md: the page a subscriber reads first."""

from collections.abc import Mapping

from deploy.language.schemas import Schema, published, schema
from shared.events.base import PARTITIONS, Event

_HEAD = f"""# Events

Every fact of the festival is a CloudEvents 1.0 record on Kafka, binary mode: attributes in headers
(`ce_id`, `ce_source`, `ce_type`, `ce_time`, `ce_subject`, `ce_partitionkey`, `ce_sequence`,
`ce_causationid`, `ce_correlationid`, `ce_dataschema`, `traceparent`), the fact alone in the value,
as JSON.

- The key is the id of the thing it happened to; facts of one key keep their order. Every topic has
  {PARTITIONS} partitions, placed by the Java client's murmur2.
- Delivery is at least once: act once per `ce_id`. `ce_sequence` rises within a `ce_source`.
- `*.state.v1` topics are compacted: they tell how a thing stands now, so that a new subscriber can
  begin with the present.
- New fields and types may come at any time: let pass what you do not know. A breaking change is a
  new topic beside the old.
- Money is in minor units with its ISO 4217 code, times are UTC, no fact holds personal data.

This page is generated from `shared/events` by `make events`; schemas are in [schemas](schemas), the
whole in [asyncapi.yaml](asyncapi.yaml).
"""


def render(heard: Mapping[type[Event], list[str]]) -> str:
    by_topic: dict[str, list[type[Event]]] = {}
    for event in published().values():
        by_topic.setdefault(event.topic, []).append(event)
    parts = [_HEAD]
    for topic in sorted(by_topic):
        events = by_topic[topic]
        key = events[0].key_field
        parts.append(f"## {topic}\n\nKey: `{key}`. Said by {topic.split('.')[1]}.\n")
        events.sort(key=lambda event: event.type)
        parts.extend(_section(event, heard.get(event, [])) for event in events)
    return "\n".join(parts)


def _section(event: type[Event], heard_by: list[str]) -> str:
    meaning = " ".join((event.__doc__ or "").split())
    shape = schema(event)
    required = set(shape.get("required", ()))
    rows = [
        f"| `{name}` | {_type(field)} | {'yes' if name in required else 'if known'} |"
        for name, field in shape.get("properties", {}).items()
    ]
    return "\n".join(
        [
            f"### `{event.type}`\n",
            f"{meaning} Heard by {', '.join(heard_by) or 'nobody of ours yet'}.\n",
            "| field | type | always |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def _type(field: Schema) -> str:
    if "$ref" in field:
        return field["$ref"].rsplit("/", 1)[1]
    if "anyOf" in field:
        return " or ".join(_type(option) for option in field["anyOf"] if option != {"type": "null"})
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    return str(field.get("format") or field.get("type") or f"`{field.get('const')}`")
