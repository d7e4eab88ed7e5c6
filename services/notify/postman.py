"""The postman: takes due mail to the mail server, each letter by one replica at a time."""

from collections.abc import Awaitable, Callable, Collection, Sequence

from prometheus_client import Counter

from services.notify import message
from services.notify.kept import MESSAGES, RECIPIENTS
from services.notify.mail import Mail, Mailer, Refusal
from services.notify.message import Facts, Message, Patience
from services.notify.queries import Outgoing, Queries
from shared.events.ids import new_id
from shared.platform.change.aggregate import View
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork

MAILS = Counter("feira_notify_mails_total", "Attempts to mail, by how they ended", ["outcome"])


class Postman:
    """Claims, sends, and writes down what came of it; a claim nobody ends lapses."""

    def __init__(
        self, uow: UnitOfWork, queries: Queries, mailer: Mailer, patience: Patience
    ) -> None:
        self._uow, self._queries = uow, queries
        self._mailer, self._patience = mailer, patience

    async def find(
        self, limit: int, without: Collection[str], _lines: Collection[str]
    ) -> Sequence[Outgoing]:
        """What is due; nothing while there is no server, so that no attempts are wasted."""
        return [] if self._mailer.away else await self._queries.outgoing(limit, without)

    async def send(self, outgoing: Outgoing) -> None:
        due, claim = outgoing.message, new_id()
        if await self._claim(due, claim):
            MAILS.labels("dropped").inc()
            return
        try:
            await self._mailer.send(_mail(outgoing))
        except Refusal as no:
            MAILS.labels("refused" if no.permanent else "deferred").inc()
            await (self._refuse if no.permanent else self._defer)(due, claim, no.reason)
        else:
            MAILS.labels("sent").inc()
            await self._change(
                due, claim, "sent", lambda view: message.sent(view[MESSAGES(due.id)])
            )

    def _claim(self, due: Message, claim: str) -> Awaitable[Outcome]:
        """Begin; what comes back says that it ended there and then."""
        me = RECIPIENTS(due.recipient_id)
        return self._uow.change(
            [MESSAGES(due.id), me],
            lambda view: message.claim(
                view[MESSAGES(due.id)], view[me], claim, self._patience, view.at
            ),
            _cause(due, claim, "claim"),
        )

    def _defer(self, due: Message, claim: str, reason: str) -> Awaitable[Outcome]:
        return self._change(
            due,
            claim,
            "defer",
            lambda view: message.defer(
                view[MESSAGES(due.id)], claim, reason, self._patience, view.at
            ),
        )

    def _refuse(self, due: Message, claim: str, reason: str) -> Awaitable[Outcome]:
        return self._change(
            due, claim, "refuse", lambda view: message.refuse(view[MESSAGES(due.id)], claim, reason)
        )

    def _change(
        self, due: Message, claim: str, what: str, decide: Callable[[View], Facts]
    ) -> Awaitable[Outcome]:
        return self._uow.change([MESSAGES(due.id)], decide, _cause(due, claim, what))


def _cause(due: Message, claim: str, what: str) -> Cause:
    return Cause(key=f"mail:{due.id}:{claim}:{what}", causation=due.because, patient=True)


def _mail(outgoing: Outgoing) -> Mail:
    written = outgoing.message
    assert written.queued_at is not None  # noqa: S101 - what is due was queued
    return Mail(
        message_id=written.id,
        email=outgoing.email,
        name=outgoing.name,
        locale=written.locale,
        subject=written.subject,
        text=written.text,
        at=written.queued_at,
    )
