"""What is said to customs and carrier, and which of their words are believed."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest

from services.orders.border.carrier import SandboxCarrier
from services.orders.border.customs import SandboxCustoms, Standing, order_message
from services.orders.border.documents import Mismatch, build
from services.orders.border.tracking import ShipmentStatus
from services.orders.outside import Forged
from tests.rules.orders.test_documents import PAID, SALE, SHIPPED

NOW = datetime(2025, 5, 26, 2, tzinfo=UTC)
CUSTOMS = SandboxCustoms("http://customs", "key", "secret", "http://us/customs/callbacks")
CARRIER = SandboxCarrier("http://carrier", "key", "checkword", "http://us/carrier/callbacks")
HELD = {
    "orderNo": "F1",
    "status": "held",
    "code": "DOCUMENTS_DIFFER",
    "fields": [{"field": "acturalPaid", "documents": ["order", "payment"]}],
    "missing": [],
    "revision": 4,
    "occurredAt": "2025-05-26T02:00:00.000Z",
}
NODE = {
    "id": "1748224800000000000",
    "mailno": "SF0000000000001",
    "orderid": "F1",
    "acceptTime": "2025-05-26 09:59:58",
    "acceptAddress": "北京",
    "remark": "Signed for",
    "opCode": "80",
}


def signed(body: bytes, secret: bytes = b"secret", at: datetime = NOW) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    made = hmac.new(secret, f"{stamp}.nonce.".encode() + body, hashlib.sha256).hexdigest()
    return {
        "x-sandbox-timestamp": stamp,
        "x-sandbox-nonce": "nonce",
        "x-sandbox-signature": made,
    }


def pushed(message: str, checkword: str = "checkword", at: datetime = NOW) -> dict[str, str]:
    stamp = str(int(at.timestamp() * 1000))
    signed = f"{message}{stamp}{checkword}".encode()
    digest = hashlib.md5(signed).digest()  # noqa: S324 - as the carrier signs
    return {
        "msgData": message,
        "timestamp": stamp,
        "msgDigest": base64.b64encode(digest).decode(),
    }


def route(*nodes: object) -> str:
    return json.dumps({"Body": {"WaybillRoute": nodes}}, ensure_ascii=False)


def test_the_order_document_is_written_as_customs_spells_it() -> None:
    assert order_message(build(SALE, PAID, SHIPPED).order) == {
        "orderNo": "0E5KQ2T9W8Y7H6G5F4D3S2A1Z",
        "ebcCode": "m01",
        "goodsValue": "316.83",
        "freight": "20.00",
        "discount": "30.00",
        "taxTotal": "41.55",
        "acturalPaid": "348.38",
        "currency": "142",
        "buyerIdType": "1",
        "buyerIdNumber": "11010519491231002X",
        "buyerName": "陳安娜",
        "payTransactionId": "pay_1",
        "logisticsNo": "SF0000000000001",
        "consignee": "陳安娜",
        "consigneeTelephone": "+8613800138000",
        "consigneeAddress": "北京市朝陽區光華路1號",
        "note": "",
        "items": [
            {
                "gnum": place,
                "itemNo": sku,
                "itemName": name,
                "gcode": hs,
                "qty": 1,
                "price": price,
                "totalPrice": price,
            }
            for place, sku, name, hs, price in (
                (1, "FEI-BAK-001", "傳統杏仁餅", "1905310000", "60.86"),
                (2, "FEI-OIL-001", "特級初榨橄欖油", "1509200000", "105.61"),
                (3, "FEI-WIN-001", "葡萄牙珍藏紅葡萄酒", "2204210000", "150.36"),
            )
        ],
    }


def test_customs_is_believed_if_it_has_just_signed_what_it_says() -> None:
    body = json.dumps(HELD).encode()
    assert CUSTOMS.read_callback(signed(body), body, NOW) == Standing(
        orderNo="F1",
        status="held",
        code="DOCUMENTS_DIFFER",
        fields=(Mismatch("acturalPaid", ("order", "payment")),),
        revision=4,
        occurredAt=NOW,
    )


def test_what_customs_has_not_signed_or_signed_long_ago_or_never_says_is_forged() -> None:
    body = json.dumps(HELD).encode()
    early, late = NOW - timedelta(seconds=301), NOW + timedelta(seconds=301)
    nonsense = json.dumps(HELD | {"status": "perhaps"}).encode()
    for headers, said in (
        (signed(body), body.replace(b"held", b"released")),
        (signed(body, b"guessed"), body),
        (signed(body, at=early), body),
        (signed(body, at=late), body),
        (signed(body) | {"x-sandbox-timestamp": "soon"}, body),
        ({}, body),
        (signed(nonsense), nonsense),
        (signed(b"[]"), b"[]"),
    ):
        with pytest.raises(Forged):
            CUSTOMS.read_callback(headers, said, NOW)


def test_a_pushed_node_is_read_in_the_time_of_beijing() -> None:
    [node] = CARRIER.read_callback(json.dumps(pushed(route(NODE))).encode(), NOW)
    assert (node.id, node.waybill_no, node.place) == (NODE["id"], "SF0000000000001", "北京")
    assert node.status is ShipmentStatus.DELIVERED
    assert node.at == datetime(2025, 5, 26, 1, 59, 58, tzinfo=UTC)


def test_a_digest_is_that_of_message_time_and_checkword() -> None:
    push = pushed("{}", at=datetime(2025, 1, 1, tzinfo=UTC))
    assert (push["timestamp"], push["msgDigest"]) == ("1735689600000", "Dm5fabCeEStl/oio/9VcWw==")


def test_what_the_carrier_has_not_signed_or_signed_long_ago_or_never_says_is_forged() -> None:
    message = route(NODE)
    early, late = NOW - timedelta(seconds=301), NOW + timedelta(seconds=301)
    for push in (
        pushed(message) | {"msgData": route(NODE | {"opCode": "631"})},
        pushed(message) | {"timestamp": str(int(NOW.timestamp() * 1000) + 1)},
        pushed(message, "guessed"),
        pushed(message, at=early),
        pushed(message, at=late),
        pushed(route(NODE | {"acceptTime": "yesterday"})),
        pushed(route(NODE | {"acceptTime": 1748224798})),
        pushed("[]"),
        {"msgData": message},
    ):
        with pytest.raises(Forged):
            CARRIER.read_callback(json.dumps(push).encode(), NOW)
