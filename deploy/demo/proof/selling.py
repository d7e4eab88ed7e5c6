"""What must agree about goods, orders and money."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus

from deploy.demo.books import Entry, Order, Pool
from deploy.demo.bus import Record
from deploy.demo.notebook import Paid, Try
from deploy.demo.proof.finding import Finding, facts, money, units_sold
from shared.events.orders import DealFunded, OrderCancelled, OrderConfirmed

FINAL = frozenset({"confirmed", "completed", "expired", "cancelled"})


def every_unit_is_in_one_place(
    intake: Mapping[str, int],
    stock: Mapping[str, Pool],
    orders: Iterable[Order],
    unreconciled: Iterable[str],
) -> Finding:
    """Units brought by merchants = sold + held + allocated + free, for each SKU.

    What orders finds when it reconciles the pool with all that moved it is wrong as well.
    """

    def wrong() -> Iterator[str]:
        yield from unreconciled
        sold = units_sold(orders)
        for sku in sorted({*intake, *stock, *sold}):
            pool = stock.get(sku, Pool(0, 0, 0, 0, 0))
            places = pool.free + pool.allocated + pool.held + pool.sold
            brought = intake.get(sku, 0)
            if not brought == pool.received == places:
                yield f"{sku}: {brought} brought, {pool.received} received, {places} found"
            if min(pool.free, pool.allocated, pool.held, pool.sold) < 0:
                yield f"{sku}: less than nothing somewhere: {pool}"
            if pool.held or pool.allocated:
                yield f"{sku}: {pool.held} still held, {pool.allocated} still set aside"
            if pool.sold != sold[sku]:
                yield f"{sku}: {pool.sold} sold by the pool, {sold[sku]} by the orders"

    units, gone = sum(intake.values()), sum(pool.sold for pool in stock.values())
    return Finding(
        "Every unit is in one place",
        f"{len(intake)} SKUs: {units:,} units brought = {gone:,} sold + {units - gone:,} free",
        tuple(wrong()),
    )


def nothing_is_sold_twice(
    intake: Mapping[str, int], orders: Mapping[str, Order], records: Iterable[Record]
) -> Finding:
    """What Kafka says was sold fits what there was, deal by deal, buyer by buyer."""
    records = list(records)
    confirmed = list(facts(OrderConfirmed, records))
    withdrawn = [fact for fact in facts(OrderCancelled, records) if fact.were == "sold"]
    deals = {deal.deal_id: deal for deal in facts(DealFunded, records)}

    def wrong() -> Iterator[str]:
        times = Counter(fact.order_id for fact in confirmed)
        yield from (f"order {order}: confirmed {n} times" for order, n in times.items() if n > 1)
        said, known = set(times), {o.id for o in orders.values() if o.confirmed}
        yield from (f"order {order}: confirmed on Kafka alone" for order in sorted(said - known))
        yield from (f"order {order}: never confirmed on Kafka" for order in sorted(known - said))
        units: Counter[str] = Counter()
        taken: Counter[str] = Counter()
        claims: Counter[tuple[str, str]] = Counter()
        for fact in (*confirmed, *withdrawn):
            for line in fact.lines:
                more = line.quantity if isinstance(fact, OrderConfirmed) else -line.quantity
                units[line.sku] += more
                if line.deal_id:
                    taken[line.deal_id] += more
                    claims[line.deal_id, fact.buyer_id] += more
        for sku, sold in units.items():
            if sold > intake.get(sku, 0):
                yield f"{sku}: {sold} sold of {intake.get(sku, 0)}"
        for deal_id, sold in taken.items():
            funded = deals[deal_id].units if deal_id in deals else 0
            if sold > funded:
                yield f"deal {deal_id}: {sold} sold of {funded}"
        for (deal_id, buyer), claimed in claims.items():
            if deal_id in deals and claimed > deals[deal_id].per_buyer:
                yield f"deal {deal_id}: {buyer} has {claimed}, more than one may"

    sold = sum(line.quantity for fact in confirmed for line in fact.lines)
    return Finding(
        "Nothing is sold twice",
        f"{len(confirmed):,} confirmations with {sold:,} units, {len(deals)} deals and limits",
        tuple(wrong()),
    )


def every_order_is_answered(tries: Sequence[Try], orders: Mapping[str, Order]) -> Finding:
    """Each click has one answer, each wish at most one order, each order an end."""

    def wrong() -> Iterator[str]:
        asked: set[str] = set()
        for wish in tries:
            if len(wish.answers) < wish.clicks:
                yield f"{wish.person_id}: {wish.clicks} clicks, {len(wish.answers)} answers"
            if any(heard.status >= HTTPStatus.INTERNAL_SERVER_ERROR for heard in wish.answers):
                yield f"{wish.person_id}: answered with a fault: {_told(wish)}"
            if len(wish.order_ids) > 1:
                yield f"{wish.person_id}: one wish, several orders: {_told(wish)}"
            if any(heard.again and not heard.order_id for heard in wish.answers):
                yield f"{wish.person_id}: granted, and refused when asked again: {_told(wish)}"
            asked |= wish.order_ids
        yield from (f"order {each}: promised, and gone" for each in sorted(asked - set(orders)))
        yield from (f"order {each}: nobody asked" for each in sorted(set(orders) - asked))
        for order in orders.values():
            if order.status not in FINAL:
                yield f"order {order.id}: still {order.status}"

    clicks = sum(wish.clicks for wish in tries)
    placed = sum(bool(wish.order_ids) for wish in tries)
    return Finding(
        "Every order is answered",
        f"{len(tries):,} wishes with {clicks:,} clicks: {placed:,} orders, "
        f"{len(tries) - placed:,} refusals",
        tuple(wrong()),
    )


def _told(wish: Try) -> str:
    return ", ".join(heard.order_id or heard.code or str(heard.status) for heard in wish.answers)


def money_adds_up(
    tries: Iterable[Try], paid: Iterable[Paid], ledger: Iterable[Entry], orders: Mapping[str, Order]
) -> Finding:
    """Captured = confirmed + refunded, by payment and in sum; purses and tills say the same."""
    ledger, entries = list(ledger), {entry.payment_id: entry for entry in ledger}
    captured = sum(entry.captured for entry in ledger)
    refunded = sum(entry.refunded for entry in ledger)
    online = sum(
        order.total for order in orders.values() if order.sold and order.channel != "booth"
    )

    def wrong() -> Iterator[str]:
        if captured != online + refunded:
            yield f"{money(captured)} captured, not {money(online)} + {money(refunded)}"
        for entry in ledger:
            order = orders.get(entry.order_id)
            buys = order is not None and order.payments.get(entry.payment_id) == "captured"
            keeps = entry.captured - entry.refunded
            if order is None or keeps != (order.total if buys else 0):
                yield f"payment {entry.payment_id}: {money(keeps)} kept for order {entry.order_id}"
        for order in orders.values():
            captures = sum(status == "captured" for status in order.payments.values())
            if captures != order.sold:
                yield f"order {order.id}: {order.status} with {captures} payments captured"
        purses: Counter[str] = Counter()
        for each in paid:
            purses[each.payment_id] += each.amount
        for payment_id in {*purses, *entries}:
            took = entries[payment_id].captured if payment_id in entries else 0
            if purses[payment_id] != took:
                gave = purses[payment_id]
                yield f"payment {payment_id}: {money(gave)} paid, {money(took)} captured"
        till = sum(wish.total for wish in tries if wish.channel == "booth")
        cash = sum(order.total for order in orders.values() if order.channel == "booth")
        if till != cash:
            yield f"tills took {money(till)}, booth orders come to {money(cash)}"

    return Finding(
        "The money adds up",
        f"{len(ledger):,} payments: {money(captured)} captured = {money(online)} confirmed "
        f"+ {money(refunded)} refunded",
        tuple(wrong()),
    )
