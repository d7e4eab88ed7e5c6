"""Who hears what: asked of the services themselves, put together but not started."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from deploy import SERVICES
from shared.events.base import Event
from shared.platform.service import Service
from shared.platform.settings import Settings

_NOWHERE = {
    "kafka": "nowhere:9092",
    "mongo": "mongodb://nowhere/",
    "issuer": "http://nowhere",
    "jwks": "http://nowhere/jwks.json",
    "smtp": "smtp://nowhere:25",
    "sender": "nobody@nowhere.example",
    "payments": "http://nowhere",
    "customs": "http://nowhere",
    "carrier": "http://nowhere",
    "vault_keys": f"none:{'A' * 43}",
    "vault_index_key": "B" * 42 + "A",
    "payments_secret": "none",
}


def hearers() -> Mapping[type[Event], list[str]]:
    """The services that hear each event, by event."""
    heard: dict[type[Event], list[str]] = {}
    for name in SERVICES:
        service = assembled(name)
        for part in (*service.parts, *service.background):
            for kind in getattr(part, "hears", ()):
                if name not in heard.setdefault(kind, []):
                    heard[kind].append(name)
    return heard


def assembled(name: str) -> Service:
    """A service put together on servers that are not there; nothing is started."""
    kind = settings_of(name)
    told: dict[str, Any] = {
        field: _NOWHERE.get(field, "none")
        for field, info in kind.model_fields.items()
        if info.is_required() or field in _NOWHERE
    }
    told["database"] = name
    return import_module(f"services.{name}.app").assemble(kind(**told))


def settings_of(name: str) -> type[Settings]:
    """What a service must be told."""
    module: Any = import_module(f"services.{name}.settings")
    [kind] = [
        found
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, Settings) and found is not Settings
    ]
    return kind
