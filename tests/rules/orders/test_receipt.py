"""Receipts read right in each language, and always fit the paper."""

import re
import tomllib
from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.orders.counter import receipt
from services.orders.counter.receipt import WIDTH, WORDS, Receipt, SoldBy
from services.orders.counter.seller import Seller
from services.orders.ordering import course, placing
from services.orders.ordering.order import Order
from services.orders.pricing import cash
from shared.events.duty import Duty, LineDuty
from shared.events.ids import Locale
from shared.events.money import Money
from shared.events.orders import Import, OrderPlaced
from shared.events.text import Text
from shared.refusal import Refused
from tests.rules.orders.standing import AT, NOW, PLACED, STANDING, paid, told
from tests.rules.orders.test_till import NOON, TARTS, WINE, Fair, mop

LOCALES: tuple[Locale, ...] = get_args(Locale)


def text(pt: str, hant: str, hans: str, en: str) -> Text:
    return Text.model_validate({"pt": pt, "zh-Hant": hant, "zh-Hans": hans, "en": en})


NAMES = {TARTS: text("Pastel de nata", "葡式蛋撻", "葡式蛋挞", "Egg tart")}
SELLERS = {
    "m01": Seller(
        "m01",
        text(
            "Pastelaria Lisboa, Lda.",
            "里斯本餅店有限公司",
            "里斯本饼店有限公司",
            "Lisboa Bakery Ltd.",
        ),
        "1 Demonstration Street, Macao",
        "+853 0000 0000",
    )
}


def cny(amount: int) -> Money:
    return Money(amount=amount, currency="CNY")


def sold(*lines: tuple[str, int, int], lease: int = 0, price: int = 1_235, **told: Any) -> Order:
    fair = Fair()
    fair.stocks(TARTS, 10, price)
    fair.stocks(WINE, 5, 16_800)
    fair.opens()
    if lease:
        fair.leases(lease)
    fair.sells(*lines, **told)
    return fair.orders["order-s1"]


def three_tarts_and_a_bottle() -> Order:
    """Two tarts out of a lease, one that was free; the bottle's name is not known."""
    return sold((TARTS, 3, 1_235), (WINE, 1, 16_800), lease=2, tendered=mop(30_000))


GOLDEN = {
    "pt": """\
                     Recibo
N.º t1-000001
Vendedor: Pastelaria Lisboa, Lda.
1 Demonstration Street, Macao
+853 0000 0000
Banca b7 · Caixa t1
2025-05-24 12:00:00
------------------------------------------------
Pastel de nata
  3 × 12,35 MOP$                      37,05 MOP$
red-wine
  1 × 168,00 MOP$                    168,00 MOP$
------------------------------------------------
Total                                205,05 MOP$
Arredondamento                         0,05 MOP$
A pagar em numerário                 205,10 MOP$
Recebido                             300,00 MOP$
Troco                                 94,90 MOP$
------------------------------------------------
Guarde este recibo para trocas e devoluções.
Obrigado pela sua visita!
""",
    "zh-Hant": """\
                      收據
編號 t1-000001
賣方：里斯本餅店有限公司
1 Demonstration Street, Macao
+853 0000 0000
攤位 b7 · 收銀機 t1
2025-05-24 12:00:00
------------------------------------------------
葡式蛋撻
  3 × MOP$12.35                        MOP$37.05
red-wine
  1 × MOP$168.00                      MOP$168.00
------------------------------------------------
合計                                  MOP$205.05
進位調整                                MOP$0.05
現金應付                              MOP$205.10
實收                                  MOP$300.00
找續                                   MOP$94.90
------------------------------------------------
請保留本收據，以便退換。
多謝惠顧！
""",
    "zh-Hans": """\
                      收据
编号 t1-000001
卖方：里斯本饼店有限公司
1 Demonstration Street, Macao
+853 0000 0000
摊位 b7 · 收银机 t1
2025-05-24 12:00:00
------------------------------------------------
葡式蛋挞
  3 × MOP12.35                          MOP37.05
red-wine
  1 × MOP168.00                        MOP168.00
------------------------------------------------
合计                                   MOP205.05
进位调整                                 MOP0.05
现金应付                               MOP205.10
实收                                   MOP300.00
找零                                    MOP94.90
------------------------------------------------
请保留本收据，以便退换。
谢谢惠顾！
""",
    "en": """\
                    Receipt
No. t1-000001
Seller: Lisboa Bakery Ltd.
1 Demonstration Street, Macao
+853 0000 0000
Booth b7 · Till t1
2025-05-24 12:00:00
------------------------------------------------
Egg tart
  3 × MOP12.35                          MOP37.05
red-wine
  1 × MOP168.00                        MOP168.00
------------------------------------------------
Total                                  MOP205.05
Rounding                                 MOP0.05
To pay in cash                         MOP205.10
Received                               MOP300.00
Change                                  MOP94.90
------------------------------------------------
Keep this receipt for exchanges and returns.
Thank you for your visit!
""",
}


@pytest.mark.parametrize("locale", LOCALES)
def test_a_receipt_reads_as_it_should(locale: Locale) -> None:
    written = receipt.receipt(three_tarts_and_a_bottle(), locale, NAMES, SELLERS)
    assert written.text == GOLDEN[locale]


def test_a_receipt_says_the_same_as_data() -> None:
    written = receipt.receipt(three_tarts_and_a_bottle(), "en", NAMES, {})
    assert [(line.name, line.quantity, line.total) for line in written.lines] == [
        ("Egg tart", 3, mop(3_705)),
        ("red-wine", 1, mop(16_800)),
    ]
    assert (written.total, written.rounding, written.paid) == (mop(20_505), 5, mop(20_510))
    assert (written.tendered, written.change) == (mop(30_000), mop(9_490))
    assert (written.sellers, written.booth_id, written.till_id) == (
        (SoldBy(merchant_id="m01", name="m01", address=None, contact=None),),
        "b7",
        "t1",
    )
    assert written.qr == "feira:receipt:t1-000001:order-s1:20510MOP:2025-05-24T12:00:00+08:00"
    assert Receipt.model_validate_json(written.model_dump_json()) == written


def test_each_language_has_each_word_with_the_same_gaps() -> None:
    said = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    assert set(said) == set(LOCALES)
    gaps = {
        locale: {word: sorted(re.findall(r"{\w+}", text)) for word, text in words.items()}
        for locale, words in said.items()
    }
    assert all(each == gaps["pt"] for each in gaps.values())
    assert all(text.strip() for words in said.values() for text in words.values())


def test_simplified_words_are_not_the_traditional_ones() -> None:
    words = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    differ = "據編號賣攤機應實續運稅進調網請換謝顧"
    assert not set(differ) & set("".join(words["zh-Hans"].values()))


@pytest.mark.parametrize(
    ("locale", "currency", "written"),
    [
        ("zh-Hant", "MOP", "MOP$1,234.50"),
        ("zh-Hans", "CNY", "¥1,234.50"),
        ("pt", "MOP", "1 234,50 MOP$"),
    ],
)
def test_money_is_written_as_the_region_writes_it(
    locale: Locale, currency: str, written: str
) -> None:
    assert receipt.money(123_450, currency, locale) == written


def test_rounding_down_is_told_and_no_rounding_is_not() -> None:
    down = receipt.receipt(sold((TARTS, 2, 1_232), price=1_232), "en", {}, {})
    assert "Rounding                                -MOP0.04" in down.text
    assert (down.rounding, down.paid) == (-4, mop(2_460))
    none = receipt.receipt(sold((TARTS, 2, 1_235)), "en", {}, {})
    assert "Rounding" not in none.text
    assert (none.rounding, none.paid) == (0, mop(2_470))


def placed_online() -> OrderPlaced:
    """A box at CNY 60.86 that enters the mainland: freight 20.00, VAT 7.36 (70 % of 13 %)."""
    terms = sold((TARTS, 1, 1_235)).terms
    lines = [line.model_copy(update={"unit_price": cny(6_086)}) for line in terms.lines]
    due = LineDuty(
        line=0,
        sku=TARTS,
        quantity=1,
        channel="CBEC_BONDED_1210",
        price=6_086,
        freight=2_000,
        insurance=0,
        tariff=0,
        consumption_tax=0,
        vat=736,
        quota=8_086,
        rules="2025-01-01",
    )
    duty = Duty(currency="CNY", channel="CBEC_BONDED_1210", lines=(due,))
    who, where = f"person-{'a' * 32}", f"consignee-{'a' * 32}"
    entry = Import(person=who, consignee=where, year=2025, duty=duty)
    return terms.model_copy(
        update={
            "channel": "online",
            "booth_id": None,
            "attribution": None,
            "lines": tuple(lines),
            "entry": entry,
            "total": cny(duty.payable),
        }
    )


def test_what_was_paid_online_is_not_rounded_and_says_so() -> None:
    placed = placed_online()
    paid = course.evolve(Order(placed.order_id), placed)
    paid = course.evolve(paid, placing.confirm(placed, "provider", "p1", NOON)[0])
    written = receipt.receipt(paid, "pt", NAMES, SELLERS)
    assert (written.number, written.paid, written.rounding) == (placed.order_id, cny(8_822), 0)
    assert (written.freight, written.tax) == (cny(2_000), cny(736))
    assert "Portes" in written.text
    assert "Imposto" in written.text
    assert "Pago online" in written.text
    assert "numerário" not in written.text


def test_there_is_no_receipt_for_what_is_not_paid() -> None:
    waiting = course.evolve(Order("order-s1"), placed_online())
    with pytest.raises(Refused, match=r"receipt\.unpaid"):
        receipt.receipt(waiting, "pt", NAMES, SELLERS)
    with pytest.raises(Refused, match=r"order\.unknown"):
        receipt.receipt(Order("x"), "pt", NAMES, SELLERS)


def test_there_is_no_receipt_for_what_was_paid_and_undone() -> None:
    bought = told(STANDING, paid)
    assert receipt.receipt(bought, "pt", {}, {}).paid == PLACED.total
    withdrawn = told(bought, lambda it: placing.cancel(it, None, NOW))
    too_late = told(AT["expired"], paid)
    for undone in (withdrawn, too_late, AT["rejected"]):
        assert any(payment.status == "captured" for payment in undone.payments)
        with pytest.raises(Refused, match=r"receipt\.unpaid"):
            receipt.receipt(undone, "pt", {}, {})


@example("長" * 60)
@example("x" * 49)
@given(st.text(st.characters(exclude_categories=("C", "Z", "M")), min_size=1, max_size=200))
def test_every_row_fits_the_paper_whatever_things_are_called(name: str) -> None:
    called = text(name, name, name, name)
    bought, sellers = three_tarts_and_a_bottle(), {"m01": Seller("m01", called, name, name)}
    for locale in LOCALES:
        written = receipt.receipt(bought, locale, {TARTS: called, WINE: called}, sellers)
        assert all(receipt.columns(row) <= WIDTH for row in written.text.splitlines())


def test_the_receipt_rounds_as_the_till_does() -> None:
    bought = three_tarts_and_a_bottle()
    assert bought.sale
    assert cash.round_cash(Money(amount=20_505, currency="MOP")).due == bought.sale.due
