"""Paying: money asked for, told of, looked up, sent back. The provider is asked outside changes."""

import structlog

from services.orders import order as rules
from services.orders.checkout import Checkout
from services.orders.order import Order
from services.orders.psp.provider import Expected, Provider, Told, Unreachable
from services.orders.queries import Queries
from shared.platform.change.cause import Cause
from shared.refusal import Busy

log = structlog.get_logger(__name__)


class Paying:
    """What goes on between an order and the payment provider."""

    def __init__(self, checkout: Checkout, queries: Queries, provider: Provider) -> None:
        self._checkout, self._queries, self._provider = checkout, queries, provider

    async def start(self, standing: Order, cause: Cause) -> Expected:
        """Have the provider collect what *standing* costs. Repeated, it is the same payment."""
        amount = rules.check_payable(standing)
        until = standing.hold_until
        assert until is not None, "a placed order is held until some time"  # noqa: S101 - for the types
        try:
            expected = await self._provider.authorise(standing.id, amount, until, cause.key)
        except Unreachable as error:
            log.warning("payment provider away", error=str(error)[:200])
            raise Busy(retry_after=2.0) from error
        await self._checkout.start_payment(standing.id, expected.payment_id, amount, cause)
        return expected

    async def hear(self, told: Told) -> None:
        """Act on what the provider says, by callback or when asked; each outcome once."""
        standing = await self._queries.order(told.merchant_order)
        if told.status == "authorised":
            told = await self._decide(standing, told)
        cause = Cause(
            key=f"payment:{told.payment_id}:{told.status}",
            causation=f"payment:{told.payment_id}",
            correlation=told.merchant_order,
        )
        if told.status == "succeeded":
            await self._checkout.capture(standing, told.payment_id, told.money, cause)
        elif told.status in ("failed", "expired", "voided"):
            await self._checkout.fail(standing.id, told.payment_id, cause)

    async def _decide(self, standing: Order, told: Told) -> Told:
        """Take money that is set aside for an order that waits for it; let any other go."""
        if standing.status == "placed" and told.money == standing.total:
            key = f"capture:{told.payment_id}"
            return await self._provider.capture(told.payment_id, told.money, key)
        return await self._provider.void(told.payment_id)

    async def reconcile(self, standing: Order) -> None:
        """Ask what callbacks have not told of an order's payments."""
        for payment in standing.payments:
            if payment.status == "started":
                await self.hear(await self._provider.query(payment.id))

    async def expire(self, standing: Order) -> None:
        """End an order whose time is up, unless its money came after all.

        Open payments are voided first, so that no money comes for nothing; if the provider is away
        the units are given back all the same, and money that came goes back once that is known.
        """
        for payment in standing.payments:
            if payment.status == "started":
                try:
                    await self.hear(await self._provider.void(payment.id))
                except Unreachable as error:
                    log.warning(
                        "expiring without the provider", order=standing.id, error=str(error)[:200]
                    )
        await self._checkout.expire(standing, Cause(key=f"expire:{standing.id}", patient=True))

    async def send_back(self, standing: Order) -> None:
        """Send back the money that is due; what the provider does not take waits for its turn."""
        refusal: Unreachable | None = None
        for payment in standing.payments:
            if payment.status == "refund-due":
                try:
                    key, all_of_it = f"refund:{payment.id}", payment.amount
                    refund = await self._provider.refund(
                        payment.id, all_of_it, all_of_it, "late", key
                    )
                except Unreachable as error:
                    refusal = error
                else:
                    if refund.status != "succeeded":
                        refusal = Unreachable(f"the refund is {refund.status}")
                        continue
                    cause = Cause(key=key, patient=True)
                    await self._checkout.refunded(standing.id, payment.id, refund.refund_id, cause)
        if refusal:
            again = Cause(f"refund-later:{standing.id}:{standing.refund_tries}", patient=True)
            await self._checkout.put_off(standing, again)
            raise refusal
