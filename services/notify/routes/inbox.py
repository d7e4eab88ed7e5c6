"""HTTP in: a person's messages, whether or not mail reached them."""

from datetime import datetime
from typing import Annotated, Literal, cast

from fastapi import APIRouter
from pydantic import BaseModel

from services.notify.message import Message
from services.notify.people import People
from services.notify.queries import Queries
from shared.events.ids import Id, Locale
from shared.platform.change.cause import Cause
from shared.platform.web.auth import Caller, signed_in
from shared.platform.web.idempotency import because
from shared.platform.web.paging import Page, Paging, paged

Me = Annotated[Caller, signed_in]
Asked = Annotated[Cause, because]


class MessageView(BaseModel):
    """A message; `mail` tells how far it came by mail."""

    message_id: str
    template: str
    locale: Locale
    subject: str
    text: str
    at: datetime
    read_at: datetime | None
    mail: Literal["queued", "sending", "sent", "failed"]


class Inbox(Page[MessageView]):
    """Some of a person's messages, and how many of all are not read (at most 1000 are counted)."""

    unread: int


def inbox(people: People, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["inbox"])

    @router.get("/inbox")
    async def list_messages(me: Me, paging: Annotated[Paging, paged(datetime, str)]) -> Inbox:
        """List your messages, the newest first."""
        found = await queries.inbox(me.subject, paging.after, paging.enough)
        page = paging.page(found, lambda message: (message.queued_at, message.id))
        unread = await queries.unread(me.subject)
        return Inbox(items=list(map(_view, page.items)), next=page.next, unread=unread)

    @router.post("/inbox/{message_id}/reading", status_code=204)
    async def read_message(message_id: Id, me: Me, asked: Asked) -> None:
        """Say that you have read a message."""
        await people.read(me.subject, message_id, asked)

    return router


def _view(message: Message) -> MessageView:
    assert message.queued_at is not None  # noqa: S101 - it is in the inbox
    return MessageView(
        message_id=message.id,
        template=message.template,
        locale=message.locale,
        subject=message.subject,
        text=message.text,
        at=message.queued_at,
        read_at=message.read_at,
        mail=cast("Literal['queued', 'sending', 'sent', 'failed']", message.status),
    )
