"""Which version of a thing was meant: ETag on the way out, If-Match on the way in (RFC 9110).

Who reads it again says with If-None-Match which version they know.

A PUT creates, or replaces what the caller has seen. Without If-Match they have seen nothing, so
what stands is not overwritten; who wishes for what stands already changes nothing and need not have
seen it; `*` is meant whatever stands.
"""

import re
from collections.abc import Sequence
from typing import Annotated, TypeAlias, TypeVar

from fastapi import Depends, Header
from fastapi.dependencies.models import Dependant
from fastapi.params import Depends as Dependency
from starlette.responses import Response

from shared.platform.change.aggregate import AnyRef, View
from shared.platform.web.problem import Problem
from shared.refusal import Refused

F = TypeVar("F")

NEW = 0
"""Seen by one who saw nothing: the thing is meant to be new."""

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


async def _seen(
    tag: Annotated[
        str | None,
        Header(alias="If-Match", description="To replace it, the ETag last seen, or * for any."),
    ] = None,
) -> int | None:
    return _version(tag) if tag else NEW


async def _if_none_match(
    tag: Annotated[
        str | None,
        Header(alias="If-None-Match", description="The ETag last seen: what it names is known."),
    ] = None,
) -> int | None:
    found = _TAG.fullmatch((tag or "").strip().removeprefix("W/"))
    return int(found[1]) if found else None  # a list or another's tag is none that is known


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

seen: Dependency = Depends(_seen)
"""The version a PUT was written on, None for any (`*`); NEW without If-Match."""

known: Dependency = Depends(_if_none_match)
"""The version a reader has already (If-None-Match), None if they have none of ours."""

Version: TypeAlias = Annotated[int | None, if_match]
MaybeVersion: TypeAlias = Annotated[int | None, if_match_given]
Seen: TypeAlias = Annotated[int | None, seen]
Known: TypeAlias = Annotated[int | None, known]


def meant(
    view: View, ref: AnyRef, seen: int | None, said: Sequence[F], *, stands: bool = True
) -> Sequence[F]:
    """What is *said* of *ref*, unless it was wished for on an old picture of it.

    *stands* is false for what is kept but nobody is shown: removed, or not in there yet.
    """
    if said and seen == NEW and stands and view.version(ref):
        raise Refused(
            "version.missing",
            "It stands already: say with If-Match which version you have seen.",
            kind="stale",
            version=view.version(ref),
        )
    if said and seen != NEW:
        view.expect(ref, seen)
    return said


def takes_version(dependant: Dependant) -> bool:
    """Whether a route looks at If-Match."""
    return any(
        inner.call in {_if_match, _if_match_given, _seen} for inner in dependant.dependencies
    )


def demands_version(dependant: Dependant) -> bool:
    """Whether a route refuses to work without If-Match."""
    return any(inner.call is _if_match for inner in dependant.dependencies)
