"""Reading a long list page by page, from where the last page ended."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query, Request, Response
from fastapi.params import Depends as Dependency
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from shared.platform.web.problem import Problem

T = TypeVar("T")

_FORM = 1
"""The form cursors have now; one of another form is not misread but refused."""

_LONGEST = 512


class Page(BaseModel, Generic[T]):
    """Some of many items; `next` is the cursor of the page after, if there is one."""

    model_config = ConfigDict(frozen=True)

    items: list[T]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page is asked for.

    Attributes:
        limit: How many items it may have.
        after: The place where the last page ended (what the list is sorted by), or None.
    """

    limit: int
    after: tuple[Any, ...] | None
    _place: TypeAdapter[Any]
    _request: Request
    _response: Response

    @property
    def enough(self) -> int:
        """How many items to look for: one more than asked tells whether there is a page after."""
        return self.limit + 1

    def page(self, found: Sequence[T], place: Callable[[T], tuple[Any, ...]]) -> Page[T]:
        """Cut the page from what was *found*, where *place* tells what an item is sorted by."""
        items = list(found[: self.limit])
        if len(found) <= self.limit:
            return Page(items=items)
        cursor = _encode(self._place, place(items[-1]))
        url = self._request.url.include_query_params(limit=self.limit, cursor=cursor)
        self._response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
        return Page(items=items, next=cursor)


def paged(*sorted_by: type) -> Dependency:
    """Take a page of a list sorted by values of these types, the last one unique.

    Used as `paging: Annotated[Paging, paged(datetime, str)]`; then, in the route,
    `found = await queries.orders(paging.after, paging.enough)` and
    `return paging.page(found, lambda order: (order.placed_at, order.id))`.
    """
    shape: Any = tuple.__class_getitem__((int, *sorted_by))
    place: TypeAdapter[Any] = TypeAdapter(shape)

    async def paging(
        request: Request,
        response: Response,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
        cursor: Annotated[
            str | None, Query(description="`next` of the page before; opaque.")
        ] = None,
    ) -> Paging:
        after = None if cursor is None else _decode(place, cursor)
        return Paging(limit, after, place, request, response)

    return Depends(paging)


def _encode(place: TypeAdapter[Any], values: tuple[Any, ...]) -> str:
    json = place.dump_json((_FORM, *values))
    return base64.urlsafe_b64encode(json).rstrip(b"=").decode()


def _decode(place: TypeAdapter[Any], cursor: str) -> tuple[Any, ...]:
    """Read a cursor back; whatever was done to it, only values of the right types come out."""
    try:
        if len(cursor) > _LONGEST:
            raise ValueError(cursor)
        json = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        form, *values = place.validate_json(json)
    except (ValidationError, ValueError, binascii.Error):
        form, values = None, []
    if form != _FORM:
        raise Problem(400, "cursor", "That cursor was not given out here; begin without one.")
    return tuple(values)
