"""One sale to a mainland buyer, as platform, payment firm and carrier tell customs of it."""

from itertools import count
from typing import Any
from uuid import uuid4

import httpx

from tests.sandbox.world import Merchant, Sandbox

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_people = count(1)


def somebody() -> str:
    """The number of an identity card nobody else in these tests has."""
    body = f"11010519491{next(_people):06d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


class Trade:
    """The documents of one order, filed one by one; by default of 316.83 + 20.00 for 348.38."""

    def __init__(
        self,
        sandbox: Sandbox,
        merchant: Merchant,
        *,
        goods: tuple[int, ...] = (60_86, 105_61, 150_36),
        tax: int = 41_55,
        discount: int = 30_00,
        buyer: str | None = None,
        ebc: str = "m01",
    ) -> None:
        self.http = sandbox.http
        self.no = uuid4().hex[:30]
        buyer = buyer or somebody()
        paid = yuan(sum(goods) + 20_00 + tax - discount)
        parcel = {
            "consignee": "陳安娜",
            "consigneeTelephone": "+8613800138000",
            "consigneeAddress": "北京市朝陽區光華路1號",
            "freight": "20.00",
            "currency": "142",
        }
        self.order: dict[str, Any] = {
            "orderNo": self.no,
            "ebcCode": ebc,
            "goodsValue": yuan(sum(goods)),
            "discount": yuan(discount),
            "taxTotal": yuan(tax),
            "acturalPaid": paid,
            "buyerIdType": "1",
            "buyerIdNumber": buyer,
            "buyerName": "陳安娜",
            "payTransactionId": f"pay_{self.no}",
            "logisticsNo": f"SF{self.no}",
            **parcel,
            "items": [
                {
                    "gnum": place,
                    "itemNo": f"FEI-{place}",
                    "itemName": "杏仁餅",
                    "gcode": "1905310000",
                    "qty": 1,
                    "price": yuan(price),
                    "totalPrice": yuan(price),
                }
                for place, price in enumerate(goods, start=1)
            ],
            "callbackUrl": merchant.url,
        }
        self.payment: dict[str, Any] = {
            "orderNo": self.no,
            "payTransactionId": f"pay_{self.no}",
            "payerIdType": "1",
            "payerIdNumber": buyer,
            "payerName": "陳安娜",
            "amountPaid": paid,
            "currency": "142",
        }
        self.logistics: dict[str, Any] = {
            "orderNo": self.no,
            "logisticsNo": f"SF{self.no}",
            **parcel,
            "packNo": 1,
            "weight": "2.72",
        }

    async def file(self, kind: str, key: str | None = None, **change: object) -> httpx.Response:
        """File one document: orders, payments or logistics."""
        document = {"orders": self.order, "payments": self.payment, "logistics": self.logistics}
        return await self.http.post(
            f"/customs/{kind}",
            json=document[kind] | change,
            headers={"Idempotency-Key": key or str(uuid4())},
        )

    async def filed(self) -> dict[str, Any]:
        """File all three and tell how the order then stands."""
        for kind in ("orders", "payments", "logistics"):
            answer = await self.file(kind)
            assert answer.status_code == 201, answer.text
        return await self.stands()

    async def stands(self) -> dict[str, Any]:
        answer = await self.http.get(f"/customs/orders/{self.no}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def heard(self, merchant: Merchant) -> list[dict[str, Any]]:
        """What customs has told the merchant of this order."""
        return [one.says for one in merchant.heard if one.says.get("orderNo") == self.no]
