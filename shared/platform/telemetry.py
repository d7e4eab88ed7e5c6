"""How a service is watched: log lines on stdout, and the steps its durations are counted in."""

import json
import logging
import re
import sys
from collections.abc import Mapping
from typing import BinaryIO, Literal

import orjson
import structlog
from structlog.typing import EventDict, Processor
from typing_extensions import override

from shared.platform import trail

Level = Literal["debug", "info", "warning"]

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: the steps all durations are counted in, so that one dashboard reads them all."""

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}

_PRIVATE = re.compile(
    "authorization|cookie|token|secret|password|api_?key|signature"
    "|email|phone|address|recipient|real_?name|id_?number|passport|birth"
)
"""Names of things that are nobody else's business; their values are never written."""

_ECHO = re.compile(r"input_value=.*?, input_type=", re.DOTALL)
"""Where pydantic repeats what a person sent."""

_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))} | {
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}


def configure_logs(
    service: str,
    level: Level = "info",
    form: Literal["json", "text"] = "json",
    out: BinaryIO | None = None,
) -> None:
    """Write all log lines of the process, ours and the libraries', to *out*, by default stdout."""

    def name_service(_logger: object, _method: str, line: EventDict) -> EventDict:
        line["service"] = service
        return line

    steps: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        name_service,
        _add_trail,
        structlog.stdlib.add_logger_name,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _keep_private,
        _as_json if form == "json" else _as_text,
    ]
    structlog.configure(
        processors=steps,
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.BytesLoggerFactory(out or sys.stdout.buffer),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=_LEVELS[level], handlers=[_Handover()], force=True)
    logging.captureWarnings(capture=True)
    # At debug these write commands, URLs and payloads: other people's data.
    for library in ("pymongo", "motor", "httpx", "httpcore", "asyncio", "aiokafka", "uvicorn"):
        logging.getLogger(library).setLevel(logging.WARNING)


class _Handover(logging.Handler):
    """Hands what libraries log through the standard library to the same writer."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        line = structlog.get_logger(record.name)
        level = min(max(record.levelno // 10 * 10, logging.DEBUG), logging.CRITICAL)
        line.log(level, record.getMessage(), exc_info=record.exc_info)


def _add_trail(_logger: object, _method: str, line: EventDict) -> EventDict:
    if (now := trail.current.get()) is not None:
        line["request_id"] = now.request_id
        line["correlation_id"] = now.correlation_id
        line["trace_id"] = now.trace_id
    return line


def _keep_private(_logger: object, _method: str, line: EventDict) -> EventDict:
    if "exception" in line:
        line["exception"] = _ECHO.sub("input_value=…, input_type=", str(line["exception"]))
    return {name: _masked(name, value) for name, value in line.items()}


def _masked(name: str, value: object) -> object:
    if _PRIVATE.search(name.lower()):
        return "***"
    if isinstance(value, Mapping):
        return {str(inner): _masked(str(inner), thing) for inner, thing in value.items()}
    return value


def _as_json(_logger: object, _method: str, line: EventDict) -> bytes:
    try:
        return orjson.dumps(line, default=repr, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        # A number too large or half a character; slower, but what happened is still told.
        return json.dumps(line, default=repr).encode()


def _as_text(_logger: object, _method: str, line: EventDict) -> bytes:
    """One line for a person; what came from outside cannot begin another one."""
    exception = str(line.pop("exception", ""))
    time, level, event = line.pop("timestamp"), line.pop("level"), line.pop("event")
    rest = " ".join(f"{name}={value}" for name, value in sorted(line.items()))
    text = f"{time} {level:7} {event}  {rest}".translate(_CONTROLS)
    traceback = "".join(f"\n    | {row.translate(_CONTROLS)}" for row in exception.splitlines())
    return (text + traceback).encode(errors="backslashreplace")
