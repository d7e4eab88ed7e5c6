"""Orders at every point of their life, brought there by the rules themselves."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from services.orders.border import entry
from services.orders.ordering import course, parcel, payment, placing, returns
from services.orders.ordering.life import Status
from services.orders.ordering.order import Order
from services.orders.ordering.policy import Policy
from shared.events.duty import Duty, LineDuty
from shared.events.money import Currency, Money
from shared.events.orders import Discount, Import, Line, OrderPlaced, Units

NOW = datetime(2025, 5, 24, 2, tzinfo=UTC)
POLICY = Policy(holds=dict.fromkeys(("online", "live", "booth"), timedelta(minutes=15)))
AFTER_GRACE = NOW + POLICY.grace
LIMIT = POLICY.refund_limit


def off(amount: int) -> Discount:
    """What a coupon takes off a line."""
    money = Money(amount=amount, currency="MOP")
    return Discount(coupon_id="c", funded_by="merchant", amount=money)


TARTS = Line(
    sku="egg-tart",
    merchant_id="m01",
    quantity=3,
    unit_price=Money(amount=4800, currency="MOP"),
    discounts=(off(100),),
    listing_id="l1",
)
WINE = Line(
    sku="wine",
    merchant_id="m02",
    quantity=2,
    unit_price=Money(amount=10_000, currency="MOP"),
    listing_id="l2",
)

Decision = Callable[[Order], Iterable[object]]


def mop(amount: int) -> Money:
    return Money(amount=amount, currency="MOP")


def cny(amount: int) -> Money:
    return Money(amount=amount, currency="CNY")


def units(**wanted: int) -> tuple[Units, ...]:
    """`units(egg_tart=2)`."""
    return tuple(Units(sku=sku.replace("_", "-"), quantity=n) for sku, n in wanted.items())


def told(standing: Order, *decisions: Decision) -> Order:
    """Where an order stands after *decisions*, each taken on what came of the one before."""
    for decide in decisions:
        for fact in decide(standing):
            standing = course.evolve(standing, fact)
    return standing


def paid(standing: Order) -> Iterable[object]:
    return payment.capture(standing, "p", standing.terms.total, NOW, POLICY)


def declared(standing: Order) -> Iterable[object]:
    return entry.declare(standing, "decl-1", "sf-1", AFTER_GRACE, POLICY)


def held(standing: Order) -> Iterable[object]:
    return entry.hold(standing, "the lists differ", ("weight",), AFTER_GRACE, POLICY)


def released(standing: Order) -> Iterable[object]:
    return entry.release(standing, AFTER_GRACE, POLICY)


def rejected(standing: Order) -> Iterable[object]:
    return entry.reject(standing, "not on the positive list", AFTER_GRACE)


def shipped(*what: Units, id: str = "parcel-1", at: datetime = AFTER_GRACE) -> Decision:
    """Send *what*, or all there is."""

    def decide(standing: Order) -> Iterable[object]:
        rest = [Units(sku=sku, quantity=n) for sku, n in parcel.unsent(standing).items()]
        return parcel.ship(
            standing,
            id,
            what or rest,
            carrier="SF",
            waybill=f"sf-{id}",
            merchant_id=None,
            now=at,
            policy=POLICY,
        )

    return decide


def delivered(id: str = "parcel-1", at: datetime = AFTER_GRACE) -> Decision:
    return lambda standing: parcel.deliver(standing, id, at, POLICY)


def returning(*what: Units, id: str = "r", at: datetime = AFTER_GRACE) -> Decision:
    """Ask to give *what* back, and be allowed to."""

    def decide(standing: Order) -> Iterable[object]:
        asked = returns.ask(standing, id, what, "too sweet", at)
        return [*asked, *returns.approve(told(standing, lambda _: asked), id, at)]

    return decide


def arrived(*damaged: Units, id: str = "r", at: datetime = AFTER_GRACE) -> Decision:
    return lambda standing: returns.receive(standing, id, damaged, at, by="ops", policy=POLICY)


PLACED = OrderPlaced(
    order_id="o",
    festival_id="fair",
    buyer_id="ana",
    channel="online",
    lines=(TARTS, WINE),
    total=mop(34_300),
    placed_at=NOW,
    hold_until=NOW + timedelta(minutes=15),
)


def duty(place: int, line: Line, freight: int, consumption: int, vat: int) -> LineDuty:
    """What a line comes to at the border, all of it within the yearly quota."""
    price = line.payable.amount
    return LineDuty(
        line=place,
        sku=line.sku,
        quantity=line.quantity,
        channel="CBEC_BONDED_1210",
        price=price,
        freight=freight,
        insurance=0,
        tariff=0,
        consumption_tax=consumption,
        vat=vat,
        quota=price + freight,
        rules="2025-01-01",
    )


def entering(*duties: LineDuty, currency: Currency = "CNY") -> Import:
    """How an order of these lines enters the mainland."""
    return Import(
        person=f"person-{'a' * 32}",
        consignee=f"consignee-{'a' * 32}",
        year=2025,
        duty=Duty(currency=currency, channel="CBEC_BONDED_1210", lines=duties),
    )


def _from(merchant: str, sku: str, price: int) -> Line:
    return Line(sku=sku, merchant_id=merchant, quantity=1, unit_price=cny(price), listing_id=sku)


BASKET = (
    _from("m01", "cookies", 6086),
    _from("m02", "oil", 10_561),
    _from("m02", "wine", 15_036),
)
IMPORT = entering(
    duty(0, BASKET[0], 384, 0, 589),
    duty(1, BASKET[1], 667, 0, 707),
    duty(2, BASKET[2], 949, 1243, 1616),
)
"""Cookies, oil and wine with a freight of 20.00: the worked figures of the tax tables."""

ENTERING = PLACED.model_copy(
    update={"lines": BASKET, "total": cny(IMPORT.duty.payable), "entry": IMPORT}
)

NOTHING = Order("o")
STANDING = told(NOTHING, lambda _: placing.place(PLACED))
TO_ENTER = told(NOTHING, lambda _: placing.place(ENTERING))
DELIVERED = told(STANDING, paid, shipped(), delivered())

AT: dict[Status, Order] = {
    "new": NOTHING,
    "placed": STANDING,
    "confirmed": told(STANDING, paid),
    "declared": told(TO_ENTER, paid, declared),
    "customs-held": told(TO_ENTER, paid, declared, held),
    "released": told(TO_ENTER, paid, declared, released),
    "part-shipped": told(STANDING, paid, shipped(*units(wine=1))),
    "shipped": told(STANDING, paid, shipped()),
    "delivered": DELIVERED,
    "completed": told(
        DELIVERED, lambda it: placing.complete(it, AFTER_GRACE + POLICY.return_within)
    ),
    "expired": told(STANDING, lambda it: placing.expire(it, PLACED.hold_until)),
    "cancelled": told(STANDING, lambda it: placing.cancel(it, None, NOW)),
    "rejected": told(TO_ENTER, paid, declared, rejected),
}
"""An order at each of its states."""
