"""What the sandbox must be told before it starts, read once from the environment."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

# The first try and these waits make 15 tries in about 17 minutes: a provider in a hurry.
RESEND = "0.2,0.5,1,2,5,10,30,30,60,60,120,120,300,300"
HIGHEST_PORT = 65_535


class BadSetting(Exception):
    """A setting that is missing or cannot be understood; the message names it, never its value."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The sandbox's settings."""

    key: str = field(repr=False)
    secret: str = field(repr=False)
    private_key: str = field(repr=False)
    host: str
    port: int
    smtp_port: int
    url: str
    state: Path | None
    resend: tuple[float, ...]
    answer_within: float

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        state = environment.get("FEIRA_SANDBOX_STATE", "")
        resend = environment.get("FEIRA_SANDBOX_RESEND", RESEND)
        return cls(
            key=_required(environment, "FEIRA_ORDERS_PAYMENTS_KEY"),
            secret=_required(environment, "FEIRA_ORDERS_PAYMENTS_SECRET"),
            private_key=environment.get("FEIRA_SANDBOX_PRIVATE_KEY", ""),
            host=environment.get("FEIRA_SANDBOX_HOST") or "127.0.0.1",
            port=_port(environment, "FEIRA_SANDBOX_PORT"),
            smtp_port=_port(environment, "FEIRA_SANDBOX_SMTP_PORT"),
            url=environment.get("FEIRA_SANDBOX_URL", "").rstrip("/"),
            state=Path(state) if state else None,
            resend=tuple(
                _seconds("FEIRA_SANDBOX_RESEND", wait) for wait in resend.split(",") if wait.strip()
            ),
            answer_within=_seconds(
                "FEIRA_SANDBOX_ANSWER_WITHIN", environment.get("FEIRA_SANDBOX_ANSWER_WITHIN") or "5"
            ),
        )


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise BadSetting(f"{name} must be set")
    return value


def _port(environment: Mapping[str, str], name: str) -> int:
    value = environment.get(name) or "0"
    if not (value.isascii() and value.isdigit() and int(value) <= HIGHEST_PORT):
        raise BadSetting(f"{name} must be a port number, 0 for any free one")
    return int(value)


def _seconds(name: str, value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds >= 0):
        raise BadSetting(f"{name} must be seconds, such as 0.5")
    return seconds
