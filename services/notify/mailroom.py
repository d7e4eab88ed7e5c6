"""The mailroom: what happened becomes messages to those it concerns, one to each."""

import asyncio
from collections.abc import Awaitable, Mapping
from datetime import timedelta

from services.notify import broadcast, message, recipient
from services.notify.broadcast import Broadcast
from services.notify.kept import BROADCASTS, MESSAGES, ORDERS, PRODUCTS, RECIPIENTS
from services.notify.message import Facts, Letter, Message, message_id
from services.notify.queries import Queries
from services.notify.recipient import Recipient
from services.notify.writing import LOCALES, TemplateName, write
from shared.events.catalog import ProductState
from shared.events.ids import Locale
from shared.events.livestream import HostFollowed, HostUnfollowed, SessionStarted
from shared.events.orders import OrderConfirmed, OrderPlaced, RefundPaid
from shared.platform.bus.hearing import Reaction
from shared.platform.change.aggregate import Ref, View
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork

BOOTH = "booth"
"""Where the buyer an order names is the cashier: who paid there is known to nobody."""


class Mailroom:
    """Writes each message once: its id is made of the event, the person and the template."""

    def __init__(self, uow: UnitOfWork, queries: Queries, *, keep: timedelta) -> None:
        """Keep what is written for *keep*."""
        self._uow, self._queries, self._keep = uow, queries, keep

    def learn_names(self, event: ProductState, cause: Cause) -> Reaction:
        return self._uow.change([PRODUCTS(event.sku)], lambda _: [event], cause)

    def learn_buyer(self, event: OrderPlaced, cause: Cause) -> Reaction:
        if event.channel == BOOTH:
            return None
        return self._uow.change([ORDERS(event.order_id)], lambda _: [event], cause)

    def confirm(self, event: OrderConfirmed, cause: Cause) -> Reaction:
        """Tell the buyer that the order is paid."""
        if event.channel == BOOTH:
            return None
        order = ORDERS(event.order_id)
        products = {line.sku: PRODUCTS(line.sku) for line in event.lines}

        def facts(view: View, locale: Locale) -> Mapping[str, object]:
            return {
                "order_id": event.order_id,
                "total": event.total,
                "lines": [
                    {
                        "name": view[products[line.sku]].called(locale),
                        "quantity": line.quantity,
                        "amount": line.payable,
                    }
                    for line in event.lines
                ],
            }

        ref, me = self._refs(event.buyer_id, "order-confirmed", cause)

        def decide(view: View) -> Facts:
            if not view[me].known:
                return [event]
            letter = write("order-confirmed", view[me].locale, facts(view, view[me].locale))
            return [event, *self._queue(view, ref, me, cause.causation, letter)]

        return self._uow.change([order, me, ref, *products.values()], decide, cause)

    def refund(self, event: RefundPaid, cause: Cause) -> Reaction:
        """Tell the buyer that the money is back; whose order it was, its placing has told."""
        after_placing = self._uow.change([ORDERS(event.order_id)], lambda _: [event], cause)
        return asyncio.ensure_future(self._tell_refund(event, after_placing, cause))

    async def _tell_refund(
        self, event: RefundPaid, after_placing: Awaitable[Outcome], cause: Cause
    ) -> None:
        await after_placing
        buyer = await self._queries.buyer(event.order_id)
        if not buyer:
            return
        ref, me = self._refs(buyer, "refund-paid", cause)
        facts = {"order_id": event.order_id, "amount": event.amount}

        def decide(view: View) -> Facts:
            if not view[me].known:
                return []
            letter = write("refund-paid", view[me].locale, facts)
            return self._queue(view, ref, me, cause.causation, letter)

        await self._uow.change([me, ref], decide, cause.also("message"))

    def follow(self, event: HostFollowed, cause: Cause) -> Reaction:
        """Know that a buyer is to hear when a host goes live."""
        me = RECIPIENTS(event.buyer_id)
        return self._uow.change(
            [me], lambda view: recipient.follow_host(view[me], event.host_id), cause
        )

    def unfollow(self, event: HostUnfollowed, cause: Cause) -> Reaction:
        """Know that they are to hear of it no longer."""
        me, target = RECIPIENTS(event.buyer_id), recipient.of_host(event.host_id)
        return self._uow.change([me], lambda view: recipient.unfollow(view[me], target), cause)

    def announce(self, event: SessionStarted, cause: Cause) -> Reaction:
        """Begin to tell everybody who follows the session, its festival or its host."""
        ref = BROADCASTS(cause.causation)
        return self._uow.change(
            [ref], lambda view: broadcast.begin(view[ref], event, "session-started"), cause
        )

    async def go_on(self, running: Broadcast) -> None:
        """Tell the next few followers of a broadcast."""
        told = tuple(await self._queries.followers(running.targets, running.reached))
        ref = BROADCASTS(running.id)
        people = {who: RECIPIENTS(who) for who in told}
        messages = {who: MESSAGES(message_id(running.id, who, running.template)) for who in told}

        def decide(view: View) -> Facts:
            now = view[ref]
            facts: Facts = [broadcast.move(now, running.reached, told)]
            letters = _letters(now)
            for who in told:
                letter = letters[view[people[who]].locale]
                facts += self._queue(view, messages[who], people[who], now.id, letter)
            return facts

        cause = Cause(
            key=f"broadcast:{running.id}:{running.reached}", causation=running.id, patient=True
        )
        await self._uow.change([ref, *people.values(), *messages.values()], decide, cause)

    def _queue(
        self, view: View, ref: Ref[Message], me: Ref[Recipient], because: str, letter: Letter
    ) -> Facts:
        return message.queue(view[ref], view[me], because, letter, view.at, keep=self._keep)

    @staticmethod
    def _refs(
        who: str, template: TemplateName, cause: Cause
    ) -> tuple[Ref[Message], Ref[Recipient]]:
        return MESSAGES(message_id(cause.causation, who, template)), RECIPIENTS(who)


def _letters(running: Broadcast) -> Mapping[Locale, Letter]:
    """The same letter in every language."""
    titles = running.titles
    return {
        locale: write(running.template, locale, {"title": titles.in_locale(locale)})
        for locale in LOCALES
        if titles
    }
