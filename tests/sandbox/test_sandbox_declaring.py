"""Orders' own adapter against the sandbox's customs; the payment firm files for itself."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from services.orders.border.customs import SandboxCustoms
from services.orders.border.documents import (
    Consignee,
    Documents,
    Item,
    Paid,
    Person,
    Sale,
    Shipped,
    build,
    mismatches,
)
from services.orders.outside import Declined, Unreachable
from shared.platform.clock import utc_now
from tests.sandbox.trade import Trade, somebody
from tests.sandbox.world import KEY, SECRET, Merchant, Sandbox
from tests.support.eventually import eventually


async def trouble(sandbox: Sandbox, **what: object) -> None:
    assert (await sandbox.http.post("/customs/faults", json=what)).status_code == 200


ANA = "陳安娜"
DOOR = Consignee(ANA, "+8613800138000", "北京市朝陽區光華路1號")


async def documents(sandbox: Sandbox, merchant: Merchant, **paid_as: Any) -> Documents:
    """The documents of a sale that is paid; the carrier's is filed."""
    trade = Trade(sandbox, merchant)
    await trade.file("logistics")
    payment = await sandbox.asked(merchant, 348_38, **({"currency": "CNY"} | paid_as))
    await sandbox.pay(payment, lost=True)
    buyer = Person(ANA, trade.order["buyerIdNumber"])
    items = tuple(
        Item(f"FEI-{place}", "杏仁餅", "1905310000", 1, price)
        for place, price in enumerate((60_86, 105_61, 150_36), start=1)
    )
    sale = Sale(trade.no, "m01", items, 316_83, 20_00, 41_55, 30_00, 348_38, buyer, DOOR)
    shipped = Shipped(trade.logistics["logisticsNo"], DOOR, 1, 2_720, 20_00)
    return build(sale, Paid(payment, buyer, 348_38), shipped)


@pytest.fixture
async def customs(sandbox: Sandbox, merchant: Merchant) -> AsyncGenerator[SandboxCustoms]:
    customs = SandboxCustoms(str(sandbox.http.base_url), KEY, SECRET, merchant.url)
    yield customs
    await customs.stop()


async def test_orders_files_asks_and_hears_in_the_tongue_of_customs(
    sandbox: Sandbox, merchant: Merchant, customs: SandboxCustoms
) -> None:
    made = await documents(sandbox, merchant)
    number = made.order.sale.order_no
    receipt = await customs.submit(made, "k")
    assert receipt == await customs.submit(made, "k")
    assert receipt.order_no == number
    [heard] = await eventually(lambda: merchant.all(1))
    told = customs.read_callback(heard.headers, heard.body, utc_now())
    assert told == await customs.query(number)
    assert (told.status, told.order_no, told.fields) == ("released", number, ())
    assert await customs.query("nothing") is None


async def test_customs_finds_exactly_what_orders_finds(
    sandbox: Sandbox, merchant: Merchant, customs: SandboxCustoms
) -> None:
    changes: list[Callable[[Sale], Sale]] = [
        lambda sale: replace(sale, buyer=replace(sale.buyer, name="李四")),
        lambda sale: replace(sale, buyer=replace(sale.buyer, id_number=somebody())),
        lambda sale: replace(sale, freight=20_01, actual_paid=348_39),
        lambda sale: replace(sale, consignee=Consignee("李四", "+853", "澳門")),
        lambda sale: replace(
            sale, consignee=replace(sale.consignee, phone="1"), discount=0, actual_paid=378_38
        ),
    ]
    for change in changes:
        made = await documents(sandbox, merchant)
        made = replace(made, order=replace(made.order, sale=change(made.order.sale)))
        found = mismatches(made.order, made.payment, made.logistics)
        await customs.submit(made, str(uuid4()))
        standing = await customs.query(made.order.sale.order_no)
        assert standing is not None
        assert standing.status == "held"
        assert found
        assert set(standing.fields) == set(found)


async def test_the_payment_firm_files_what_it_knows_whatever_it_is_told(
    sandbox: Sandbox, merchant: Merchant, customs: SandboxCustoms
) -> None:
    async def held(made: Documents) -> set[str]:
        await customs.submit(made, str(uuid4()))
        standing = await customs.query(made.order.sale.order_no)
        assert standing is not None
        return {one.field for one in standing.fields}

    assert await held(await documents(sandbox, merchant, currency="MOP")) == {"currency"}
    refunded = await documents(sandbox, merchant)
    await sandbox.refund(refunded.order.payment_no, 48_38)
    assert await held(refunded) == {"acturalPaid"}
    await trouble(sandbox, other_payer_percent=100)
    assert await held(await documents(sandbox, merchant)) == {"buyerName", "buyerIdNumber"}


async def test_orders_knows_a_no_from_no_answer(
    sandbox: Sandbox, merchant: Merchant, customs: SandboxCustoms
) -> None:
    made = await documents(sandbox, merchant)
    unpaid = replace(made.payment.paid, payment_no=await sandbox.asked(merchant))
    with pytest.raises(Declined, match="nothing_paid"):
        await customs.submit(
            replace(made, payment=replace(made.payment, paid=unpaid)), str(uuid4())
        )
    stranger = SandboxCustoms(str(sandbox.http.base_url), "no", SECRET, merchant.url)
    with pytest.raises(Unreachable, match="401") as refused:
        await stranger.submit(made, "k")
    await stranger.stop()
    assert ANA not in repr(refused.value)
    for when in ("before", "after"):
        await trouble(sandbox, **{f"http_{when}_percent": 100})
        with pytest.raises(Unreachable, match="503"):
            await customs.submit(made, "again")
        with pytest.raises(Unreachable, match="503"):
            await customs.query(made.order.sale.order_no)
    await trouble(sandbox)
    assert await customs.submit(made, "again")
