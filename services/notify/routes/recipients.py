"""HTTP in: how a person is reached, and what they follow. Everybody for themselves."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from services.notify.people import People
from services.notify.queries import Queries
from shared.events.ids import Id, Locale
from shared.platform.change.cause import Cause
from shared.platform.web.auth import Caller, signed_in
from shared.platform.web.idempotency import because
from shared.platform.web.version import Seen, etag

Me = Annotated[Caller, signed_in]
Asked = Annotated[Cause, because]

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"

Email = Annotated[
    str,
    StringConstraints(
        max_length=254,
        pattern=rf"^[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@(?:{_LABEL}\.)*{_LABEL}$",
    ),
]
Name = Annotated[
    str, StringConstraints(max_length=100, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]*$")
]


class Introduction(BaseModel):
    """Where a person wants to be written to, and in which language."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    locale: Locale
    name: Name = ""


class Follows(BaseModel):
    """The sessions and festivals a person follows; hosts, as livestream told, after `host:`."""

    items: list[str]


def recipients(people: People, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["recipients"])

    async def show(me: Caller, response: Response) -> Introduction:
        known, version = await queries.recipient(me.subject)
        etag(response, version)
        return Introduction(email=known.email, locale=known.locale, name=known.name)

    @router.put("/recipients/me")
    async def introduce_yourself(
        me: Me, asked: Asked, seen: Seen, wish: Introduction, response: Response
    ) -> Introduction:
        """Say where to write to you; nobody but you can read it here."""
        await people.introduce(me.subject, wish.email, wish.locale, wish.name, asked, seen=seen)
        return await show(me, response)

    @router.get("/recipients/me")
    async def show_yourself(me: Me, response: Response) -> Introduction:
        """Show what is known of you."""
        return await show(me, response)

    @router.delete("/recipients/me", status_code=204)
    async def be_forgotten(me: Me, asked: Asked) -> None:
        """Be written to no more; address, name, what you follow and all messages are erased."""
        await people.forget(me.subject, asked)

    @router.get("/follows")
    async def list_follows(me: Me) -> Follows:
        """List what you follow."""
        known, _ = await queries.recipient(me.subject)
        return Follows(items=sorted(known.follows))

    @router.put("/follows/{target}", status_code=204)
    async def follow(target: Id, me: Me, asked: Asked) -> None:
        """Be told when a session begins: this one, or any of this festival."""
        await people.follow(me.subject, target, asked)

    @router.delete("/follows/{target}", status_code=204)
    async def unfollow(target: Id, me: Me, asked: Asked) -> None:
        """Be told no longer."""
        await people.unfollow(me.subject, target, asked)

    return router
