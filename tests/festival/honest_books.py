"""The books of a very small festival that agree in everything, for the proofs to be tried on.

Ten tarts and one panel are brought. A buyer takes a tart out of a deal and pays; somebody buys one
for cash; one is never paid for; one is cancelled and paid for all the same, and the money goes
back; the panel is paid for and withdrawn within the grace; somebody is refused. So two tarts are
sold and eight are free.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from deploy.demo.books import Books, Call, Entry, Letter, Line, Order, Pool, Reader, Sums
from deploy.demo.bus import Record
from deploy.demo.journals import Fact
from deploy.demo.notebook import Heard, Paid, Try
from shared.events import orders as said
from shared.events.base import Event
from shared.events.ids import new_id
from shared.events.money import Money
from shared.events.partition import partition_of
from shared.events.text import Text

TART, PANEL = "FEI-BAK-001", "FEI-CUL-007"
NOW = datetime(2025, 5, 24, 3, tzinfo=UTC)
DEALT, CASH, UNPAID, REGRETTED, WITHDRAWN = (new_id() for _ in range(5))
TARTS = Text.model_validate(
    {"pt": "Pastel de nata", "zh-Hant": "葡式蛋撻", "zh-Hans": "葡式蛋挞", "en": "Egg tart"}
)
PANELS = Text.model_validate({"pt": "Painel", "zh-Hant": "壁畫", "zh-Hans": "壁画", "en": "Panel"})


def mop(amount: int) -> Money:
    return Money(amount=amount, currency="MOP")


def honest_books() -> Books:
    """Everything as it should be."""
    records = tuple(_records())
    return Books(
        intake={TART: 10, PANEL: 1},
        stock={TART: Pool(10, 8, 0, 0, 2), PANEL: Pool(1, 1, 0, 0, 0)},
        unreconciled=(),
        orders={order.id: order for order in _orders()},
        tries=tuple(_tries()),
        paid=(
            Paid("pay-1", DEALT, 4800, "MOP", succeeded=True),
            Paid("pay-2", REGRETTED, 6800, "MOP", succeeded=True),
            Paid("pay-3", WITHDRAWN, 90_000, "MOP", succeeded=True),
        ),
        ledger=(
            Entry("pay-1", DEALT, "succeeded", 4800, 0),
            Entry("pay-2", REGRETTED, "succeeded", 6800, 6800),
            Entry("pay-3", WITHDRAWN, "succeeded", 90_000, 90_000),
        ),
        letters=(
            Letter("<m1>", ("ana@feira.example",), f"Encomenda {DEALT}", TARTS.pt, "pt"),
            Letter("<m2>", ("lee@feira.example",), f"退款 {REGRETTED}", "已退款", "zh-Hant"),
            Letter("<m3>", ("lee@feira.example",), f"訂單 {WITHDRAWN}", PANELS.zh_hant, "zh-Hant"),
            Letter("<m4>", ("lee@feira.example",), f"退款 {WITHDRAWN}", "已退款", "zh-Hant"),
        ),
        readers={
            "ana": Reader("ana@feira.example", "pt"),
            "lee": Reader("lee@feira.example", "zh-Hant"),
        },
        names={TART: TARTS, PANEL: PANELS},
        facts=tuple(
            Fact(each.id, each.type, each.source, each.topic, each.partition, each.key)
            for each in records
        ),
        causes=tuple(("orders", f"cause-{number}") for number in range(6)),
        records=records,
        dead=0,
        calls=tuple(
            Call(each.id, each.type, genuine=True)
            for each in records
            if each.type == said.OrderConfirmed.type
        ),
        told_types=(said.OrderConfirmed.type,),
        reported={
            "all": Sums(3, 3, 101_600),
            "channel live": Sums(1, 1, 4800),
            "channel online": Sums(1, 1, 90_000),
            "channel booth": Sums(1, 1, 6800),
            "session sess-1": Sums(1, 1, 4800),
            f"sku {TART}": Sums(2, 2, 11_600),
            f"sku {PANEL}": Sums(1, 1, 90_000),
        },
        tallies={"sess-1": Sums(1, 1)},
    )


def _orders() -> Iterable[Order]:
    live, shelf = (Line(TART, 1, 4800, "deal-1"),), (Line(TART, 1, 6800, None),)
    yield Order(DEALT, "confirmed", "live", "ana", 4800, live, "sess-1", NOW, {"pay-1": "captured"})
    paid = {"cash": "captured"}
    yield Order(CASH, "completed", "booth", "cashier-m01", 6800, shelf, None, NOW, paid)
    yield Order(UNPAID, "expired", "online", "lee", 6800, shelf, None, NOW, {})
    yield Order(
        REGRETTED, "cancelled", "online", "lee", 6800, shelf, None, NOW, {"pay-2": "refunded"}
    )
    panel, back = (Line(PANEL, 1, 90_000, None),), {"pay-3": "refunded"}
    yield Order(
        WITHDRAWN, "cancelled", "online", "lee", 90_000, panel, None, NOW, back, withdrawn=True
    )


def _tries() -> Iterable[Try]:
    dealt, shelf = ((TART, 1, "deal-1"),), ((TART, 1, None),)
    clicked = [Heard(201, order_id=DEALT) for _ in range(2)]
    clicked.append(Heard(201, order_id=DEALT, again=True))
    yield Try("k1", "ana", "live", NOW, dealt, "sess-1", clicks=3, answers=clicked, total=4800)
    cash = [Heard(201, order_id=CASH)]
    yield Try("k2", "cashier-m01", "booth", NOW, shelf, booth_id="b", answers=cash, total=6800)
    for key, order_id in (("k3", UNPAID), ("k4", REGRETTED)):
        answers = [Heard(201, order_id=order_id)]
        yield Try(key, "lee", "online", NOW, shelf, answers=answers, total=6800)
    panel, answers = ((PANEL, 1, None),), [Heard(201, order_id=WITHDRAWN)]
    yield Try("k6", "lee", "online", NOW, panel, answers=answers, total=90_000)
    yield Try("k5", "lee", "live", NOW, dealt, answers=[Heard(409, "deal.sold-out")])


def _records() -> Iterable[Record]:
    """What Kafka holds, in order."""
    events: list[Event] = [
        said.DealFunded(
            deal_id="deal-1",
            session_id="sess-1",
            sku=TART,
            festival_id="f",
            units=2,
            price=mop(4800),
            per_buyer=1,
        )
    ]
    for order in _orders():
        lines = tuple(
            said.Line(
                sku=line.sku,
                merchant_id="m01",
                quantity=line.units,
                unit_price=mop(line.amount),
                deal_id=line.deal_id,
            )
            for line in order.lines
        )
        events.append(
            said.OrderPlaced(
                order_id=order.id,
                festival_id="f",
                buyer_id=order.buyer_id,
                channel=order.channel,
                lines=lines,
                total=mop(order.total),
                placed_at=NOW,
                hold_until=NOW + timedelta(minutes=15),
            )
        )
        if order.confirmed:
            events.append(
                said.OrderConfirmed(
                    order_id=order.id,
                    festival_id="f",
                    buyer_id=order.buyer_id,
                    channel=order.channel,
                    lines=lines,
                    total=mop(order.total),
                    method="cash" if order.channel == "booth" else "provider",
                )
            )
        if order.withdrawn:
            events.append(
                said.OrderCancelled(
                    order_id=order.id,
                    festival_id="f",
                    buyer_id=order.buyer_id,
                    lines=lines,
                    were="sold",
                    at=NOW,
                )
            )
    for turn, event in enumerate(events, 1):
        yield Record(
            id=new_id(),
            type=event.type,
            source="/feira/orders/0",
            sequence=f"{turn:012d}.00000",
            topic=event.topic,
            partition=partition_of(event.key),
            offset=turn,
            key=event.key,
            value=event.write(),
        )
