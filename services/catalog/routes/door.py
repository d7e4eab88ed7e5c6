"""What the doors of catalog have in common: who may come in, and how an answer is given."""

from typing import Annotated, Any, TypeVar

from fastapi import Response
from pydantic import BaseModel

from shared.events.base import Event
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.web.auth import Caller, allow
from shared.platform.web.idempotency import because
from shared.platform.web.paging import Paging, paged
from shared.platform.web.problem import Problem
from shared.platform.web.version import etag

S = TypeVar("S")

Asked = Annotated[Cause, because]
organiser = allow("organiser")
Organiser = Annotated[Caller, organiser]
Seller = Annotated[Caller, allow("organiser", "merchant")]
ById = Annotated[Paging, paged(str)]


def acting(caller: Caller) -> str | None:
    """For which merchant *caller* acts; None for the organiser, who acts for all."""
    if "organiser" in caller.roles:
        return None
    if caller.merchant_id is None:
        raise Problem(403, "merchant-missing", "The access token does not say for which merchant.")
    return caller.merchant_id


def after(paging: Paging) -> str:
    """The id where the last page ended."""
    return paging.after[0] if paging.after else ""


def put_answers(view: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """What a PUT may answer besides 200, for OpenAPI."""
    return {201: {"model": view, "description": "It is new."}}


def show(
    response: Response, found: tuple[S, int], outcome: Outcome = (), first: type[Event] = Event
) -> S:
    """Tell the version with the answer, and 201 if the *first* fact about it was just said."""
    state, version = found
    etag(response, version)
    if any(type(event) is first for event in outcome):
        response.status_code = 201
    return state


def fields(model: BaseModel | None) -> dict[str, Any]:
    """What a model says, for a view that says more."""
    return dict(model) if model else {}
