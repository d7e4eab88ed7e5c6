"""Golden samples: one of each event, made from its schema, the same every time."""

import json
from typing import Any

from deploy.language.schemas import Schema, published, schema

_BY_FORMAT = {"date-time": "2025-05-24T02:00:00Z", "date": "2025-05-24"}
_BY_NAME = {
    "sku": "FEI-BAK-001",
    "rate": "1.03",
    "person": f"person-{'a' * 32}",
    "consignee": f"consignee-{'a' * 32}",
    "timezone": "Asia/Shanghai",
    "sha256": "a" * 64,
    "gtin": "2900010000015",
}


def render() -> dict[str, str]:
    """The samples as text, by type; each reads back as the event it is of."""
    made: dict[str, str] = {}
    for name, event in published().items():
        shape = schema(event)
        value = event.model_validate(_sample(shape, shape, ""))
        made[name] = json.dumps(json.loads(value.write()), indent=2, ensure_ascii=False) + "\n"
    return made


def _sample(part: Schema, root: Schema, name: str) -> Any:  # noqa: ANN401 - JSON is anything
    if "$ref" in part:
        return _sample(root["$defs"][part["$ref"].rsplit("/", 1)[1]], root, name)
    if "const" in part:
        return part["const"]
    if "enum" in part:
        return part["enum"][0]
    if "anyOf" in part:
        return _sample(part["anyOf"][0], root, name)
    match part.get("type"):
        case "object":
            fields = part.get("properties", {})
            return {field: _sample(shape, root, field) for field, shape in fields.items()}
        case "array":
            return [_sample(part.get("items", part.get("prefixItems", [{}])[0]), root, name)]
        case "integer":
            return max(1, part.get("minimum", 1), part.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return False
        case _:
            return _BY_FORMAT.get(
                part.get("format", ""), _BY_NAME.get(name, name.replace("_", "-"))
            )
