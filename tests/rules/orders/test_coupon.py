"""Coupons: who may use one, what it takes off, and that it is never used too often."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.orders.kept import COUPONS
from services.orders.ordering import course, payment, placing
from services.orders.ordering.order import Order
from services.orders.ordering.policy import Policy
from services.orders.pricing import coupon as coupons
from services.orders.pricing.coupon import Coupon, Presented
from services.orders.pricing.discount import discount
from services.orders.pricing.terms import LIMITS, Limits
from shared.events.money import Money
from shared.events.orders import CouponTerms, Line, OrderPlaced
from shared.refusal import Refused

NOW = datetime(2025, 5, 24, 2, tzinfo=UTC)
INSTANT = timedelta(milliseconds=1)
FLAT_85: dict[str, Any] = {
    "festival_id": "fair",
    "scope": "product",
    "funded_by": "merchant",
    "currency": "CNY",
    "merchant_id": "m01",
    "skus": ("cookies", "oil"),
    "pay_percent": 85,
    "total": 10,
    "per_buyer": 2,
    "valid_from": NOW,
    "valid_until": NOW + timedelta(days=1),
}
MINUS_30 = {"pay_percent": None, "minus": 3000}
SHOP = {"scope": "shop", "skus": ()}
PLATFORM = {**SHOP, "funded_by": "platform", "merchant_id": None}


def line(sku: str, price: int, quantity: int = 1, merchant: str = "m01") -> Line:
    money = Money(amount=price, currency="CNY")
    return Line(sku=sku, merchant_id=merchant, quantity=quantity, unit_price=money)


COOKIES, OIL = line("cookies", 6086), line("oil", 10561)
WINE = line("wine", 15036, merchant="m02")


def terms(**other: Any) -> CouponTerms:
    return CouponTerms(**{**FLAT_85, **other})


def issued(id: str = "c", **other: Any) -> Coupon:
    [said] = coupons.issue(Coupon(id), terms(**other))
    return coupons.evolve(Coupon(id), said)


def less(lines: Sequence[Line], *of: Coupon) -> tuple[Line, ...]:
    return discount(lines, [Presented(each) for each in of], "fair", NOW)


def off(lines: Sequence[Line]) -> list[int]:
    return [sum(each.amount.amount for each in line.discounts) for line in lines]


def refusal(ask: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as no:
        ask()
    return no.value


@pytest.mark.parametrize(
    ("shape", "taken"),
    [
        ({}, [913, 1584, 0]),  # 166.47 × 0.85 = 141.4995, to be paid 141.50
        ({"from_items": 2}, [913, 1584, 0]),
        (MINUS_30, [1097, 1903, 0]),
        ({**MINUS_30, "from_amount": 16647}, [1097, 1903, 0]),
        (SHOP, [913, 1584, 0]),
        ({**SHOP, "from_items": 2}, [913, 1584, 0]),
        ({**SHOP, **MINUS_30}, [1097, 1903, 0]),
        ({**PLATFORM, **MINUS_30, "from_amount": 31683}, [576, 1000, 1424]),
    ],
)
def test_each_of_the_eight_shapes_takes_off_what_it_says(
    shape: dict[str, Any], taken: list[int]
) -> None:
    lines = less([COOKIES, OIL, WINE], issued(**shape))
    assert off(lines) == taken
    assert [each.payable.amount for each in lines] == [
        full.unit_price.amount - part
        for full, part in zip((COOKIES, OIL, WINE), taken, strict=True)
    ]


@pytest.mark.parametrize(("price", "paid"), [(10, 9), (30, 26), (50, 43), (9, 8), (1, 1)])
def test_what_is_still_paid_is_rounded_half_up(price: int, paid: int) -> None:
    [bought] = less([line("oil", price)], issued())
    assert bought.payable.amount == paid


def test_the_product_coupon_comes_first_however_they_are_presented() -> None:
    product, shop = issued("p"), issued("s", **SHOP, **MINUS_30, from_amount=14150)
    for pair in permutations((product, shop)):
        lines = less([COOKIES, OIL], *pair)
        assert sum(each.payable.amount for each in lines) == 14150 - 3000
        assert [each.coupon_id for each in lines[0].discounts] == ["p", "s"]
    short = issued("s", **SHOP, **MINUS_30, from_amount=14151)
    no = refusal(lambda: less([COOKIES, OIL], product, short))
    assert (no.code, no.facts["needed"], no.facts["have"]) == ("coupon.threshold", 14151, 14150)


def test_who_bears_a_discount_stands_beside_it() -> None:
    [bought] = less([COOKIES], issued("p"), issued("s", **PLATFORM, **MINUS_30))
    assert [(each.funded_by, each.amount.amount) for each in bought.discounts] == [
        ("merchant", 913),
        ("platform", 3000),
    ]


def test_a_coupon_takes_off_no_more_than_there_is() -> None:
    [bought] = less([line("oil", 1999)], issued(**MINUS_30))
    assert bought.payable.amount == 0


def test_a_coupon_that_takes_nothing_off_is_not_used() -> None:
    lines = less([OIL], issued(pay_percent=100))
    assert lines == (OIL,)
    assert coupons.used_by(lines) == frozenset()


def test_count_and_sum_are_those_of_the_lines_the_coupon_is_for() -> None:
    no = refusal(lambda: less([line("oil", 1), line("wine", 1, 9)], issued(from_items=2)))
    assert (no.code, no.facts["of"], no.facts["needed"], no.facts["have"]) == (
        "coupon.threshold",
        "items",
        2,
        1,
    )
    assert off(less([line("oil", 100, 2)], issued(from_items=2))) == [30]


def test_one_coupon_of_a_kind_and_each_once() -> None:
    for pair in ((issued("a"), issued("b")), (issued("a"), issued("a"))):
        no = refusal(lambda pair=pair: less([OIL], *pair))
        assert (no.code, no.facts["coupon_ids"]) == ("coupon.stack", [each.id for each in pair])


def test_a_coupon_is_for_its_merchants_goods_and_its_skus_only() -> None:
    for lines in ([WINE], [line("oil", 100, merchant="m02")], [line("tea", 100)]):
        assert refusal(lambda lines=lines: less(lines, issued())).code == "coupon.not-covered"


def test_a_coupon_in_another_currency_takes_nothing_off() -> None:
    no = refusal(lambda: less([OIL], issued(currency="MOP")))
    assert (no.code, no.facts["currency"]) == ("coupon.currency", "MOP")


def test_a_coupon_counts_from_its_first_instant_and_is_over_at_its_last() -> None:
    coupon = Presented(issued())
    ends = NOW + timedelta(days=1)
    for moment in (NOW, ends - INSTANT):
        assert coupons.take(coupon, "fair", moment) == coupon.coupon.terms
    assert refusal(lambda: coupons.take(coupon, "fair", NOW - INSTANT)).code == "coupon.not-yet"
    assert refusal(lambda: coupons.take(coupon, "fair", ends)).code == "coupon.over"


def test_a_buyers_days_count_from_the_claim_and_begin_once() -> None:
    coupon = issued(days_from_claim=3)
    assert refusal(lambda: coupons.take(Presented(coupon), "fair", NOW)).code == "coupon.unclaimed"
    at = NOW + timedelta(hours=23)
    [claimed] = coupons.claim(coupon, "ana", None, at)
    assert claimed == coupons.CouponClaimed("c", "ana", at)
    assert coupons.claim(coupon, "ana", at, at + timedelta(minutes=1)) == []
    mine = Presented(coupon, 0, claimed.claimed_at)
    assert coupons.take(mine, "fair", at + timedelta(days=3) - INSTANT) == coupon.terms
    no = refusal(lambda: coupons.take(mine, "fair", at + timedelta(days=3)))
    assert no.code == "coupon.over"


@pytest.mark.parametrize("days", [None, 3])
def test_what_is_over_or_used_up_is_not_claimed(days: int | None) -> None:
    coupon = issued(days_from_claim=days, total=1)
    late = NOW + timedelta(days=1)
    assert refusal(lambda: coupons.claim(coupon, "ana", None, late)).code == "coupon.over"
    gone = Coupon("c", "issued", coupon.terms, reserved=1)
    assert refusal(lambda: coupons.claim(gone, "ana", None, NOW)).code == "coupon.sold-out"
    unknown = refusal(lambda: coupons.claim(Coupon("c"), "ana", NOW, NOW))
    assert unknown.code == "coupon.unknown"


def test_a_fixed_window_may_be_claimed_and_needs_no_claim() -> None:
    coupon = issued(total=1)
    [claimed] = coupons.claim(coupon, "ana", None, NOW)
    assert coupons.evolve(coupon, claimed) == coupon, "a claim reserves nothing"
    assert coupons.take(Presented(coupon), "fair", NOW) == coupon.terms
    assert coupons.claim(coupon, "ana", NOW, NOW + timedelta(days=9)) == [], "they have it"
    assert coupons.until(terms(), NOW) == NOW + timedelta(days=1)
    assert coupons.until(terms(days_from_claim=3), NOW) == NOW + timedelta(days=3)


@pytest.mark.parametrize(
    ("reserved", "used", "yours", "left"), [(0, 0, 0, 2), (1, 0, 1, 1), (5, 4, 0, 1), (5, 5, 0, 0)]
)
def test_what_is_left_for_a_buyer_is_what_their_limit_and_others_leave(
    reserved: int, used: int, yours: int, left: int
) -> None:
    coupon = Coupon("c", "issued", terms(), reserved=reserved, used=used)
    assert coupons.left_of(Presented(coupon, yours)) == left
    # A limit counts what was used, also when terms of an earlier time let more be.
    assert coupons.left_of(Presented(coupon, 3)) == 0


def test_a_coupon_that_is_held_says_why_it_is_no_use_and_the_lasting_reason_first() -> None:
    coupon = issued(days_from_claim=3, total=3)
    gone = Coupon("c", "issued", coupon.terms, reserved=3)
    [said] = coupons.withdraw(gone)
    off = coupons.evolve(gone, said)
    over = NOW + timedelta(days=3)
    for of, yours, at, state in (
        (coupon, 1, over - INSTANT, "usable"),
        (coupon, 1, over, "expired"),
        (gone, 1, NOW, "sold-out"),
        (gone, 1, over, "expired"),
        (off, 1, over, "withdrawn"),
        (off, 2, over, "used"),
    ):
        assert coupons.standing(Presented(of, yours), NOW, at) == state
    fixed = issued()
    assert coupons.standing(Presented(fixed), NOW, NOW + timedelta(days=1)) == "expired"


def test_a_coupon_says_why_it_is_not_to_be_had() -> None:
    coupon = issued(total=3)
    no = refusal(lambda: coupons.take(Presented(coupon, 2), "fair", NOW))
    assert (no.code, no.kind, no.facts["per_buyer"], no.facts["yours"]) == (
        "coupon.limit",
        "limit",
        2,
        2,
    )
    gone = Coupon("c", "issued", coupon.terms, reserved=1, used=2)
    assert refusal(lambda: coupons.take(Presented(gone), "fair", NOW)).code == "coupon.sold-out"
    for unknown, festival in ((Coupon("c"), "fair"), (coupon, "other")):
        no = refusal(lambda u=unknown, f=festival: coupons.take(Presented(u), f, NOW))
        assert (no.code, no.kind) == ("coupon.unknown", "missing")


def test_a_withdrawn_coupon_is_over_and_stays_what_it_was() -> None:
    coupon = issued()
    [said] = coupons.withdraw(coupon)
    gone = coupons.evolve(coupon, said)
    assert refusal(lambda: coupons.take(Presented(gone), "fair", NOW)).code == "coupon.over"
    assert coupons.withdraw(gone) == []
    told = coupons.tell(gone)
    assert (told.withdrawn, told.left, told.terms) == (True, 10, coupon.terms)
    assert refusal(lambda: coupons.issue(gone, terms())).code == "coupon.known"
    assert refusal(lambda: coupons.withdraw(Coupon("ghost"))).code == "coupon.unknown"


@pytest.mark.parametrize(
    ("promised", "code"),
    [
        ({"pay_percent": None}, "coupon.shape"),
        ({"minus": 100}, "coupon.shape"),
        ({"from_amount": 100}, "coupon.shape"),
        ({"from_items": 2, "from_amount": 100}, "coupon.shape"),
        ({**MINUS_30, "from_items": 2}, "coupon.shape"),
        ({**MINUS_30, "from_items": 2, "from_amount": 100}, "coupon.shape"),
        ({"pay_percent": 19}, "coupon.percent"),
        ({**MINUS_30, "minus": 0}, "coupon.minus"),
        ({**MINUS_30, "minus": 20_001}, "coupon.minus"),
        ({"skus": ()}, "coupon.cover"),
        ({"merchant_id": None}, "coupon.cover"),
        ({"merchant_id": None, "funded_by": "platform"}, "coupon.cover"),
        ({**SHOP, "merchant_id": None}, "coupon.cover"),
        ({**SHOP, "skus": ("oil",)}, "coupon.cover"),
        ({"valid_until": NOW}, "coupon.window"),
        ({"valid_from": datetime(1999, 12, 31, tzinfo=UTC)}, "coupon.window"),
        ({"valid_until": datetime(2200, 1, 2, tzinfo=UTC)}, "coupon.window"),
        ({"total": 10**9 + 1}, "coupon.size"),
        ({"per_buyer": 10**30}, "coupon.size"),
        ({"from_items": 10**9 + 1}, "coupon.size"),
        ({"days_from_claim": 367}, "coupon.size"),
        ({"skus": tuple(f"s{n}" for n in range(501))}, "coupon.size"),
    ],
)
def test_terms_that_promise_what_no_coupon_may_are_refused(
    promised: dict[str, Any], code: str
) -> None:
    no = refusal(lambda: issued(**promised))
    assert (no.code, no.kind) == (code, "invalid")


def test_the_limits_themselves_are_allowed_and_may_be_others() -> None:
    for promised in ({"pay_percent": 20}, {"pay_percent": 100}, {**MINUS_30, "minus": 20_000}):
        assert issued(**promised).status == "issued"
    loose = Limits(least_percent=1)
    assert coupons.issue(Coupon("c"), terms(pay_percent=1), loose)
    assert LIMITS.least_percent == 20


def test_a_coupon_is_written_down_and_read_back() -> None:
    coupon = issued(days_from_claim=3)
    assert COUPONS.load(COUPONS.dump("c", 1, coupon)) == coupon
    with pytest.raises(AssertionError):
        Coupon("c", "issued", terms(), reserved=11)


lines_ = st.lists(
    st.builds(
        line,
        st.sampled_from(["cookies", "oil", "wine", "tea"]),
        st.integers(1, 20_000),
        st.integers(1, 5),
        st.sampled_from(["m01", "m02"]),
    ),
    min_size=1,
    max_size=6,
)
amounts_off = st.one_of(
    st.builds(lambda percent: {"pay_percent": percent}, st.integers(20, 100)),
    st.builds(lambda minus: {"pay_percent": None, "minus": minus}, st.integers(1, 20_000)),
)
shops = st.sampled_from([SHOP, {**SHOP, "merchant_id": "m02"}, PLATFORM])


@settings(max_examples=300)
@given(bought=lines_, product=amounts_off, shop=amounts_off, whose=shops, data=st.data())
def test_whatever_is_bought_discounts_add_up_and_never_go_below_nothing(
    bought: list[Line],
    product: dict[str, Any],
    shop: dict[str, Any],
    whose: dict[str, Any],
    data: st.DataObject,
) -> None:
    both = (issued("p", **product), issued("s", **{**whose, **shop}))
    bought = [*bought, COOKIES, WINE]  # so that either coupon is for something
    lines = less(bought, *both)
    full = [each.unit_price.amount * each.quantity for each in bought]
    taken = off(lines)
    assert all(0 <= part <= whole for part, whole in zip(taken, full, strict=True))
    assert sum(each.payable.amount for each in lines) == sum(full) - sum(taken)
    base = sum(
        w
        for w, each in zip(full, bought, strict=True)
        if each.merchant_id == "m01" and each.sku in FLAT_85["skus"]
    )
    of_product = sum(
        d.amount.amount for each in lines for d in each.discounts if d.coupon_id == "p"
    )
    percent = product["pay_percent"]
    assert of_product == (
        min(product["minus"], base) if percent is None else base - (2 * base * percent + 100) // 200
    )
    for each, was in zip(lines, bought, strict=True):
        assert each.model_copy(update={"discounts": ()}) == was
    shuffled = less(data.draw(st.permutations(bought)), *both)
    assert sum(off(shuffled)) == sum(taken), "the order of lines changes no sum"


BUYERS = ("ana", "rui")
POLICY = Policy(holds={})


class CouponMachine(RuleBasedStateMachine):
    """Orders with a coupon, placed, paid, given up and withdrawn from in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.coupon = issued(total=3, per_buyer=2)
        self.orders: dict[str, Order] = {}

    def yours(self, buyer: str) -> int:
        return sum(
            order.terms.buyer_id == buyer and order.status in ("placed", "confirmed")
            for order in self.orders.values()
            if self.coupon.id in coupons.used_by(order.lines)
        )

    def happen(self, facts: Sequence[object]) -> None:
        for fact in facts:
            self.coupon = coupons.evolve(self.coupon, fact)
            self.orders = {name: course.evolve(it, fact) for name, it in self.orders.items()}

    @rule(buyer=st.sampled_from(BUYERS), presented=st.booleans())
    def place(self, buyer: str, presented: bool) -> None:  # noqa: FBT001 - hypothesis names it
        mine = [Presented(self.coupon, self.yours(buyer))] if presented else []
        try:
            lines = discount([COOKIES, OIL], mine, "fair", NOW)
        except Refused:
            full = self.coupon.left == 0 or self.yours(buyer) == 2
            assert full or self.coupon.status == "withdrawn"
            return
        order_id = f"o-{len(self.orders)}"
        self.orders[order_id] = Order(order_id)
        placed = OrderPlaced(
            order_id=order_id,
            festival_id="fair",
            buyer_id=buyer,
            channel="online",
            lines=lines,
            total=Money(amount=sum(each.payable.amount for each in lines), currency="CNY"),
            placed_at=NOW,
            hold_until=NOW + timedelta(minutes=15),
        )
        self.happen(placing.place(placed))

    @rule(data=st.data(), how=st.sampled_from(["pay", "pay", "expire", "cancel"]))
    def end(self, data: st.DataObject, how: str) -> None:
        if not self.orders:
            return
        order = self.orders[data.draw(st.sampled_from(sorted(self.orders)))]
        for _ in range(2):  # whatever is said may be said twice
            standing = self.orders[order.id]
            try:
                if how == "pay":
                    self.happen(
                        payment.capture(standing, f"{order.id}-p", order.terms.total, NOW, POLICY)
                    )
                elif how == "expire":
                    self.happen(placing.expire(standing, NOW + timedelta(hours=1)))
                else:
                    self.happen(placing.cancel(standing, None, NOW))
            except Refused:
                assert standing.status != "placed"

    @rule(chance=st.integers(0, 9))
    def withdraw(self, chance: int) -> None:
        if chance == 0:
            self.happen(coupons.withdraw(self.coupon))

    @invariant()
    def nobody_and_all_together_never_use_it_too_often(self) -> None:
        assert self.coupon.reserved + self.coupon.used <= 3
        assert all(self.yours(buyer) <= 2 for buyer in BUYERS)

    @invariant()
    def it_says_what_orders_say(self) -> None:
        using = [o for o in self.orders.values() if coupons.used_by(o.lines)]
        assert self.coupon.reserved == sum(order.status == "placed" for order in using)
        assert self.coupon.used == sum(order.status == "confirmed" for order in using)
        assert coupons.tell(self.coupon).left == 3 - self.coupon.reserved - self.coupon.used


CouponMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestCoupon = CouponMachine.TestCase


def test_a_wish_that_becomes_several_orders_uses_a_coupon_as_often() -> None:
    two = Presented(issued(total=2, per_buyer=2))
    coupons.may_use(two, 2)
    for presented, refusal in (
        (Presented(issued(total=1)), r"coupon\.sold-out"),
        (Presented(issued(), yours=1), r"coupon\.limit"),
    ):
        coupons.may_use(presented, 1)
        with pytest.raises(Refused, match=refusal):
            coupons.may_use(presented, 2)
