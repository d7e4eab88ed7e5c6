"""What people ask of notify: to be reached, to follow, to have read, to be forgotten."""

from collections.abc import Awaitable, Sequence

from services.notify import message, recipient
from services.notify.kept import MESSAGES, RECIPIENTS
from services.notify.queries import Queries
from services.notify.recipient import Recipient
from shared.events.base import Event
from shared.events.ids import Locale
from shared.platform.change.aggregate import Note, View
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork
from shared.platform.web.version import meant


class People:
    """Everybody for themselves: the subject of the token is the id of the recipient."""

    def __init__(self, uow: UnitOfWork, queries: Queries) -> None:
        self._uow, self._queries = uow, queries

    def introduce(
        self, me: str, email: str, locale: Locale, name: str, cause: Cause, *, seen: int | None
    ) -> Awaitable[Outcome]:
        ref = RECIPIENTS(me)

        def decide(view: View) -> Sequence[Note]:
            facts = recipient.introduce(view[ref], email, locale, name)
            return meant(view, ref, seen, facts, stands=view[ref].known)

        return self._uow.change([ref], decide, cause)

    def forget(self, me: str, cause: Cause) -> Awaitable[Outcome]:
        ref = RECIPIENTS(me)
        return self._uow.change([ref], lambda view: recipient.forget(view[ref], view.at), cause)

    async def erase(self, gone: Recipient) -> None:
        """Take the words out of the next few messages of one who was forgotten."""
        until = gone.erase_until
        assert until is not None  # noqa: S101 - it was found by that
        found = await self._queries.worded(gone.id, until)
        me, messages = RECIPIENTS(gone.id), [MESSAGES(each) for each in found]

        def decide(view: View) -> Sequence[Event | Note]:
            facts = [fact for each in messages for fact in message.erase(view[each])]
            return facts if messages else recipient.erased(view[me], until)

        step = found[0] if found else "done"
        cause = Cause(key=f"forget:{gone.id}:{until.isoformat()}:{step}", patient=True)
        await self._uow.change([me, *messages], decide, cause)

    def follow(self, me: str, target: str, cause: Cause) -> Awaitable[Outcome]:
        ref = RECIPIENTS(me)
        return self._uow.change([ref], lambda view: recipient.follow(view[ref], target), cause)

    def unfollow(self, me: str, target: str, cause: Cause) -> Awaitable[Outcome]:
        ref = RECIPIENTS(me)
        return self._uow.change([ref], lambda view: recipient.unfollow(view[ref], target), cause)

    def read(self, me: str, message_id: str, cause: Cause) -> Awaitable[Outcome]:
        ref = MESSAGES(message_id)
        return self._uow.change([ref], lambda view: message.read(view[ref], me, view.at), cause)
