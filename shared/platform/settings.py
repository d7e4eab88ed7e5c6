"""What a service must be told: read from the environment, checked at once, shown redacted."""

import difflib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from typing_extensions import override

WRONG_SETTINGS = 2
"""The exit code of a process that was told something wrong."""

_COMMON = frozenset(
    {"kafka", "mongo", "issuer", "jwks", "audience", "log", "log_format", "otlp", "origins"}
)
"""What all services of a deployment are told alike; everything else carries the service's name."""


def _shaped(pattern: str, hint: str) -> AfterValidator:
    """Hold a text, secret or not, to *pattern*; *hint* is what a person is told otherwise."""

    def check(value: str | SecretStr) -> str | SecretStr:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not re.fullmatch(pattern, text):
            raise ValueError(hint)
        return value

    return AfterValidator(check)


Address = Annotated[str, _shaped(r"https?://[^\s/]+\S*", "it should look like https://host/path")]
"""A web address, kept letter for letter."""

Servers = Annotated[
    str, _shaped(r"[^\s,:]+:\d+(,[^\s,:]+:\d+)*", "it should look like host:9092,other:9092")
]


class Settings(BaseSettings):
    """What every service is told; a service adds its own and names itself.

        class OrdersSettings(Settings, service="orders"):
            payments: Address            # FEIRA_ORDERS_PAYMENTS
            payments_key: SecretStr      # FEIRA_ORDERS_PAYMENTS_KEY, or a file: ..._KEY_FILE

    Attributes:
        origins: Web origins whose pages may call, blanks between; none but its own by default.
        url: Where others reach this service, when that is not its host and port.
        lanes: How many shards the service's aggregates are spread over.
        max_waiting: How many changes may wait for their turn before the next is told to come again.
        queue_deadline: For how many seconds a change may wait for its turn.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    service: ClassVar[str] = ""

    kafka: Servers
    mongo: Annotated[SecretStr, _shaped(r"mongodb(\+srv)?://\S+", "it should be a mongodb:// URI")]
    issuer: Address
    jwks: Address
    audience: str = "feira"
    log: Literal["debug", "info", "warning"] = "info"
    log_format: Literal["json", "text"] = "json"
    otlp: Address | Literal[""] = ""
    origins: str = ""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    url: Address | Literal[""] = ""
    database: Annotated[str, _shaped(r"[a-z][a-z0-9_-]{0,62}", "it should be a short plain name")]
    lanes: Annotated[int, Field(ge=1, le=64)] = 1
    max_waiting: Annotated[int, Field(ge=1)] = 10_000
    queue_deadline: Annotated[float, Field(gt=0, le=60)] = 5.0

    def __init_subclass__(cls, *, service: str = "", **kwargs: Any) -> None:  # noqa: ANN401 # pydantic's
        super().__init_subclass__(**kwargs)
        cls.service = service or cls.service

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, _Environment(cls)

    @classmethod
    def variable(cls, field: str) -> str:
        """The environment variable *field* is read from."""
        owner = "" if field in _COMMON else f"{cls.service}_"
        return f"FEIRA_{owner}{field}".upper()

    @classmethod
    def load(cls) -> Self:
        """Read the environment; when it is wrong, say so on stderr, a sentence each, and exit 2."""
        try:
            return cls()  # pyright: ignore[reportCallIssue] # the environment fills it
        except ValidationError as error:
            complaints = list(cls.complaints(error))
        except _Unreadable as error:
            complaints = [str(error)]
        print(*complaints, sep="\n", file=sys.stderr)  # noqa: T201 # no log is set up yet
        raise SystemExit(WRONG_SETTINGS)

    @classmethod
    def complaints(cls, error: ValidationError) -> Iterator[str]:
        """What is wrong, one sentence a variable, never with its value."""
        faults = {str(fault["loc"][0]): fault for fault in reversed(error.errors())}
        for field in sorted(faults):
            fault, variable = faults[field], cls.variable(field)
            if fault["type"] == "missing":
                yield f"{variable} is not set."
            elif fault["type"] == "extra_forbidden":
                known = [cls.variable(name) for name in cls.model_fields]
                near = difflib.get_close_matches(variable, known, n=1)
                hint = f", did you mean {near[0]}?" if near else "."
                yield f"{variable} is not a setting of {cls.service}{hint}"
            else:
                reason = fault["msg"].removeprefix("Value error, ")
                if isinstance(value := fault["input"], str) and value:
                    reason = reason.replace(value, "…")
                yield f"{variable} is not acceptable: {reason}."

    def redacted(self) -> Mapping[str, object]:
        """Every setting by its variable, secrets masked."""
        shown = self.model_dump(mode="json")
        return {self.variable(field): value for field, value in shown.items()}


class _Unreadable(Exception):
    """A variable names a file that cannot be read."""


class _Environment(PydanticBaseSettingsSource):
    """FEIRA_* variables, or files named by FEIRA_*_FILE; a misspelt name is not let pass."""

    def __init__(self, told: type[Settings]) -> None:
        super().__init__(told)
        self.told = told

    @override
    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        variable = self.told.variable(field_name)
        value = os.environ.get(variable) or None
        if value is None and (file := os.environ.get(f"{variable}_FILE")):
            try:
                value = Path(file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeError):
                raise _Unreadable(f"{variable}_FILE names a file that cannot be read.") from None
        return value, field_name, False

    @override
    def __call__(self) -> dict[str, Any]:
        fields = self.told.model_fields
        read = {name: self.get_field_value(field, name)[0] for name, field in fields.items()}
        found = {name: value for name, value in read.items() if value is not None}
        variables = {self.told.variable(name) for name in fields}
        own = f"FEIRA_{self.told.service}_".upper()
        for name in os.environ:
            if name.startswith(own) and name.removesuffix("_FILE") not in variables:
                found[name.removeprefix(own).lower()] = ""
        return {"database": self.told.service} | found
