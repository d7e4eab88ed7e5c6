"""docs/asyncapi.yaml: the published language for tools (AsyncAPI 3.0), headers, keys and all."""

from collections.abc import Mapping
from typing import Any

import yaml

from deploy import SERVICES
from deploy.language.schemas import published
from shared.events.base import PARTITIONS, Event

_HEADERS = {
    "type": "object",
    "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type"],
    "properties": {
        "content-type": {"const": "application/json"},
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string", "description": "Unique; act once for each."},
        "ce_source": {"type": "string", "examples": ["/feira/orders/0"]},
        "ce_type": {"type": "string"},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_subject": {"type": "string", "description": "The id of the thing it happened to."},
        "ce_partitionkey": {"type": "string", "description": "The same as the record's key."},
        "ce_sequence": {"type": "string", "description": "Rises within a source, as text."},
        "ce_dataschema": {"type": "string", "format": "uri-reference"},
        "ce_causationid": {"type": "string", "description": "What directly led to it."},
        "ce_correlationid": {
            "type": "string",
            "description": "Ties together all that one wish led to.",
        },
        "traceparent": {"type": "string", "description": "W3C Trace Context."},
    },
}


def render(heard: Mapping[type[Event], list[str]]) -> str:
    catalogue = published()
    messages = {event.type: _message(event) for event in catalogue.values()}
    channels: dict[str, Any] = {}
    for event in catalogue.values():
        channel = channels.setdefault(
            event.topic,
            {
                "address": event.topic,
                "messages": {},
                "bindings": {"kafka": {"topic": event.topic, "partitions": PARTITIONS}},
            },
        )
        channel["messages"][event.type] = {"$ref": f"#/components/messages/{event.type}"}
    operations: dict[str, Any] = {}
    for service in SERVICES:
        for topic, channel in channels.items():
            said = [name for name in channel["messages"] if name.startswith(f"feira.{service}.")]
            hears = [
                name for name in channel["messages"] if service in heard.get(catalogue[name], ())
            ]
            for action, names in (("send", said), ("receive", hears)):
                if names:
                    operations[f"{service}.{action}.{topic}"] = _operation(action, topic, names)
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Feira",
            "version": "1",
            "description": "Every fact of an e-commerce livestream festival.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": dict(sorted(channels.items())),
        "operations": operations,
        "components": {
            "messages": dict(sorted(messages.items())),
            "schemas": {"Headers": _HEADERS},
        },
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


def _message(event: type[Event]) -> dict[str, Any]:
    return {
        "name": event.type,
        "summary": " ".join((event.__doc__ or "").split()),
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": {"$ref": f"schemas/{event.type}.json"},
        "bindings": {"kafka": {"key": {"type": "string", "description": f"{event.key_field}"}}},
    }


def _operation(action: str, topic: str, names: list[str]) -> dict[str, Any]:
    channel = topic.replace("~", "~0").replace("/", "~1")
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names],
    }
