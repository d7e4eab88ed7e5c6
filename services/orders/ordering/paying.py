"""Paying: money asked for, told of, looked up, sent back. The provider is asked outside changes."""

from collections.abc import Awaitable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Literal

import structlog

from services.orders.ordering import payment, refund, shortfall
from services.orders.ordering.book import Book, drawer_of
from services.orders.ordering.checkout import Checkout
from services.orders.ordering.order import NoticeHeard, Offer, Order, Refund
from services.orders.ordering.policy import Policy
from services.orders.outside import Declined, Unreachable
from services.orders.psp.provider import Expected, Provider, Told
from services.orders.queries import Queries
from shared.events.base import Event
from shared.events.ids import Id
from shared.events.money import Money
from shared.events.orders import Units
from shared.platform.change.aggregate import Note
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.refusal import Busy, Refused

log = structlog.get_logger(__name__)


class _HeardBefore(Refused):
    """A no, not a change without facts: the outcome may be told again by a notice that is true."""

    def __init__(self) -> None:
        super().__init__("payment.heard", "A notice with this mark was acted on before.")


class Paying:
    """What goes on between an order and the payment provider."""

    def __init__(
        self, book: Book, checkout: Checkout, queries: Queries, provider: Provider, policy: Policy
    ) -> None:
        self._book, self._checkout, self._queries = book, checkout, queries
        self._provider, self._policy = provider, policy

    async def start(self, standing: Order, cause: Cause) -> Expected:
        """Have the provider collect what *standing* costs, which may have changed a moment ago.

        Repeated, it is the same payment, and the same answer even once that is paid.
        """
        if before := payment.offered(standing, cause.key):
            return Expected(payment_id=before.payment_id, pay_url=before.pay_url)
        amount, until = payment.may_start(standing), standing.terms.hold_until
        try:
            expected = await self._provider.authorise(standing.id, amount, until, cause.key)
        except Unreachable as error:
            log.warning("payment provider away", error=str(error)[:200])
            raise Busy(retry_after=2.0) from error
        offer = Offer(cause.key, expected.payment_id, expected.pay_url)
        try:
            await self._book.change(
                standing.id, lambda order, now: payment.start(order, offer, amount, now), cause
            )
        except Refused:
            await self._let_go(expected.payment_id)
            raise
        return expected

    async def _let_go(self, payment_id: str) -> None:
        """Expect no more a payment that nobody is told of; if its money came, it goes back."""
        try:
            told = await self._provider.void(payment_id)
        except Unreachable as error:  # nobody knows where to pay it
            log.warning("payment not voided", payment=payment_id, error=str(error)[:200])
            return
        if told.status in ("authorised", "succeeded"):
            await self.hear(told)

    async def hear(self, told: Told) -> None:
        """Act on what the provider says when it is asked."""
        await self.act(await self._queries.order(told.merchant_order), told)

    async def act(self, standing: Order, told: Told, mark: str = "") -> None:
        """Act on what the provider says of an order's payment; each outcome once.

        *mark* is that of the notice by which it said so of its own accord; it acts once, too.
        """
        if told.status == "authorised":
            told = await self._decide(standing, told)
        elif told.status == "succeeded" and told.money != standing.terms.total:
            told = await self._look_up(told)
        settles = told.status in ("succeeded", "failed", "expired", "voided")
        if not (settles or mark):
            return
        cause = Cause(
            key=f"payment:{told.payment_id}:{told.status if settles else mark}",
            causation=f"payment:{told.payment_id}",
            correlation=told.merchant_order,
        )

        def decide(order: Order, now: datetime) -> Iterable[Event | Note]:
            if mark in order.heard:
                raise _HeardBefore
            if told.status == "succeeded":
                yield from payment.capture(order, told.payment_id, told.money, now, self._policy)
            elif settles:
                yield from payment.fail(order, told.payment_id, now)
            if mark:
                yield NoticeHeard(order.id, mark)

        with suppress(_HeardBefore):
            if told.status == "succeeded":
                await self._book.move(standing, decide, cause)
            else:
                await self._book.change(standing.id, decide, cause)

    def resolve(
        self,
        standing: Order,
        payment_id: str,
        decision: Literal["refund", "accept"],
        cause: Cause,
    ) -> Awaitable[Outcome]:
        """Decide on money that was put aside: [RefundDue], or [OrderConfirmed] and what is over."""
        return self._book.move(
            standing,
            lambda order, now: payment.resolve(order, payment_id, decision, now, self._policy),
            cause,
        )

    async def _decide(self, standing: Order, told: Told) -> Told:
        """Take money that is set aside for an order that waits for it; let any other go."""
        if standing.status == "placed" and told.money == standing.terms.total:
            key = f"capture:{told.payment_id}"
            return await self._provider.capture(told.payment_id, told.money, key)
        return await self._provider.void(told.payment_id)

    async def _look_up(self, told: Told) -> Told:
        """Ask about money nobody expects: no more can go back than the provider's books say came.

        Where they say nothing of it, what was told stands, for somebody to look at.
        """
        try:
            return await self._provider.query(told.payment_id)
        except Declined:
            return told

    async def reconcile(self, standing: Order) -> None:
        """Ask what callbacks have not told of an order's payments.

        One that the provider does not answer for holds up no other of them.
        """
        silence: Unreachable | None = None
        for tried in standing.payments:
            if tried.status == "started":
                try:
                    await self.hear(await self._provider.query(tried.id))
                except Unreachable as error:
                    silence = error
        if silence:
            raise silence

    async def expire(self, standing: Order) -> None:
        """End an order whose time is up, unless its money came after all.

        Open payments are voided first, so that no money comes for nothing; if the provider is away
        the units are given back all the same, and money that came goes back once that is known.
        """
        for tried in standing.payments:
            if tried.status == "started":
                try:
                    await self.hear(await self._provider.void(tried.id))
                except Unreachable as error:
                    log.warning(
                        "expiring without the provider", order=standing.id, error=str(error)[:200]
                    )
        await self._checkout.expire(standing, Cause(key=f"expire:{standing.id}", patient=True))

    # Money that goes back ------------------------------------------------------------------------

    def give_back(
        self,
        standing: Order,
        refund_id: str,
        *,
        amount: Money | None,
        units: tuple[Units, ...],
        damaged: tuple[Units, ...],
        reason: str,
        by: str,
        till_id: Id | None,
        cause: Cause,
    ) -> Awaitable[Outcome]:
        """Give back an amount, or what some units cost: [RefundDue], or [RefundRequested].

        Units that have not left will not leave; those *damaged* are not for sale again.
        Cash is given out at *till_id*, or if None at the till the order was sold at.
        """

        def decide(order: Order, now: datetime) -> Sequence[Event]:
            asked = refund.ask(
                order,
                refund_id,
                amount or refund.price_of(order, units),
                now,
                reason=reason,
                by=by,
                limit=self._policy.refund_limit,
                units=units,
                damaged=damaged,
            )
            return shortfall.given_back(order, asked, now, self._policy)

        return self._book.move(standing, decide, cause, drawer_of(standing, till_id))

    def agree(
        self, standing: Order, refund_id: str, by: str, till_id: Id | None, cause: Cause
    ) -> Awaitable[Outcome]:
        """A second person agrees: [RefundApproved, RefundDue]."""

        def decide(order: Order, now: datetime) -> Sequence[Event]:
            agreed = refund.approve(order, refund_id, by, now)
            return shortfall.given_back(order, agreed, now, self._policy)

        return self._book.move(standing, decide, cause, drawer_of(standing, till_id))

    def deny(
        self, standing: Order, refund_id: str, by: str, reason: str, cause: Cause
    ) -> Awaitable[Outcome]:
        """A second person does not: [RefundDenied]."""
        return self._book.change(
            standing.id, lambda order, now: refund.deny(order, refund_id, by, reason, now), cause
        )

    async def send_back(self, standing: Order) -> None:
        """Send back the money that is due; what the provider does not take waits for its turn."""
        refusal: Unreachable | None = None
        for owed in standing.refunds:
            if owed.status == "due":
                try:
                    await self._send(standing, owed)
                except Unreachable as error:
                    refusal = error
        if refusal:
            # The tries begin anew with each refund; the instant they were due at never comes again.
            again = Cause(f"refund-later:{standing.id}:{standing.refund_at}", patient=True)
            why = str(refusal)[:200]
            await self._book.change(
                standing.id, lambda order, now: refund.put_off(order, now, why), again
            )
            raise refusal

    async def _send(self, standing: Order, owed: Refund) -> None:
        """Have the provider send one refund. Raises Unreachable until it says that it has."""
        [paid] = [each for each in standing.payments if each.id == owed.payment_id]
        key = f"refund:{standing.id}:{owed.id}"
        sent = await self._provider.refund(paid.id, paid.amount, owed.amount, owed.reason, key)
        if sent.status != "succeeded":
            raise Unreachable(f"the refund is {sent.status}")
        await self._book.change(
            standing.id,
            lambda order, now: refund.paid(order, owed.id, now),
            Cause(key=key, patient=True),
        )
