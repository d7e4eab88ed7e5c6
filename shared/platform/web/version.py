"""Which version of a thing was meant: ETag on the way out, If-Match on the way in (RFC 9110)."""

import re
from typing import Annotated, TypeAlias

from fastapi import Depends, Header
from fastapi.dependencies.models import Dependant
from fastapi.params import Depends as Dependency
from starlette.responses import Response

from shared.platform.web.problem import Problem

_TAG = re.compile(r'"([0-9]{1,18})"')


def etag(response: Response, version: int) -> None:
    """Tell with *response* which version it shows."""
    response.headers["ETag"] = f'"{version}"'


async def _if_match(
    tag: Annotated[
        str | None,
        Header(alias="If-Match", description='The ETag last seen, such as "7", or * for any.'),
    ] = None,
) -> int | None:
    if not tag:
        raise Problem(428, "version-missing", "Say with If-Match which version you have seen.")
    return _version(tag)


async def _if_match_given(
    tag: Annotated[str | None, Header(alias="If-Match")] = None,
) -> int | None:
    return _version(tag) if tag else None


def _version(tag: str) -> int | None:
    if tag.strip() == "*":
        return None
    found = _TAG.fullmatch(tag.strip())
    if found is None:
        # A weak tag, a list or another's tag: none of them names a version of ours.
        raise Problem(412, "stale", "That is not an ETag this service gave out.")
    return int(found[1])


if_match: Dependency = Depends(_if_match)
"""The version the caller has seen, None for any (`*`); without If-Match they are told so (428)."""

if_match_given: Dependency = Depends(_if_match_given)
"""The same where If-Match is welcome but not demanded."""

Version: TypeAlias = Annotated[int | None, if_match]
MaybeVersion: TypeAlias = Annotated[int | None, if_match_given]


def takes_version(dependant: Dependant) -> bool:
    """Whether a route looks at If-Match."""
    calls = [inner.call for inner in dependant.dependencies]
    return _if_match in calls or _if_match_given in calls


def demands_version(dependant: Dependant) -> bool:
    """Whether a route refuses to work without If-Match."""
    return any(inner.call is _if_match for inner in dependant.dependencies)
