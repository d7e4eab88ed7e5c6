"""A buyer in the mainland, and the customs and carrier their goods come by."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from services.orders.border.documents import order_no
from services.orders.people.identity import check_digit
from shared.events.base import instant
from shared.events.catalog import Description, ProductState
from shared.events.ids import new_id
from shared.events.text import Text
from shared.platform.clock import utc_now
from tests.services.orders.conftest import Orders, wish
from tests.support.eventually import eventually
from tests.support.serving import Client

GRACELESS: dict[str, Any] = {"grace_seconds": 0, "look_seconds": 1, "freight": 20_00}
"""Orders that are declared as soon as they are paid for."""

COOKIES = ("传统杏仁饼", "190531", "MO", "300 g", 420, 68_00)
OIL = ("特级初榨橄榄油", "150920", "PT", "500 ml", 950, 118_00)
WINE = ("葡萄牙珍藏红葡萄酒", "220421", "PT", "750 ml", 1350, 168_00)
PANEL = ("限量编号手绘瓷砖壁画", "691390", "MO", "1 pc", 8600, 6880_00)
SALT = ("澳门海盐", "250100", "MO", "200 g", 250, 38_00)
"""Not on the positive list: it enters by general trade alone."""
Product = tuple[str, str, str, str, int, int]


def id_number(born: str = "19900101") -> str:
    """The number of an identity card that nobody else in this run has."""
    body = f"{110101 + uuid4().int % 700_000}{born}{1 + uuid4().int % 999:03}"
    return body + check_digit(body)


@dataclass
class Buyer:
    """Somebody who has said who they are and where they live."""

    client: Client
    person: str
    consignee: str
    receiver: dict[str, str]
    id_number: str


@dataclass
class Border:
    """The service, and everybody outside whom it deals with."""

    orders: Orders
    http: httpx.AsyncClient

    async def offers(self, product: Product, *, units: int = 9, merchant: str = "m01") -> str:
        """A new SKU that catalog has told of, priced in patacas at 0.8950."""
        name, hs_code, origin, content, weight, price = product
        await self.orders.client("operator").put(
            "/rates/MOP/CNY",
            {"rate": "0.8950", "source": "illustrative", "as_of": instant(utc_now())},
        )
        sku = await self.orders.stocks(units, price=price, merchant=merchant)
        names = Text.model_validate(dict.fromkeys(("pt", "zh-Hant", "zh-Hans", "en"), name))
        described = Description(
            merchant_id=merchant,
            names=names,
            category="food",
            hs_code=hs_code,
            origin=origin,
            net_content=content,
            weight_g=weight,
        )
        await self.orders.hears(ProductState(sku=sku, product=described))
        await eventually(lambda: self.orders.kept["products"].find_one({"_id": sku}))
        return sku

    async def buyer(self, **said: str) -> Buyer:
        """A buyer who has registered; what is *said* stands in the place of the usual."""
        client, number = self.orders.client("buyer"), said.get("id_number") or id_number()
        name = said.get("name", "陳安娜")
        proof = {"name": name, "id_number": number, "consent": True, "consent_version": "2026-02"}
        person = await client.post("/persons", proof)
        assert person.status_code == 201, person.text
        receiver = {
            "name": name,
            "phone": said.get("phone", "+8613800138000"),
            "address": said.get("address", "北京市朝陽區光華路1號"),
        }
        consignee = await client.post("/consignees", receiver)
        assert consignee.status_code == 201, consignee.text
        tokens = person.json()["person_token"], consignee.json()["consignee_token"]
        return Buyer(client, *tokens, receiver, number)

    async def asks(
        self, buyer: Buyer, *skus: str, quantity: int = 1, **way: bool
    ) -> httpx.Response:
        """An order of some of each SKU, into the mainland."""
        entry = {"person": buyer.person, "consignee": buyer.consignee, **way}
        wanted = [{"sku": sku, "quantity": quantity} for sku in skus]
        return await buyer.client.post("/orders", wish(skus[0]) | {"lines": wanted, "entry": entry})

    async def pays(self, buyer: Buyer, *skus: str, quantity: int = 1, **way: bool) -> str:
        """The same, and paid for."""
        placed = await self.asks(buyer, *skus, quantity=quantity, **way)
        assert placed.status_code == 201, placed.text
        order_id: str = placed.json()["order_id"]
        begun = await buyer.client.post(f"/orders/{order_id}/payments")
        assert begun.status_code == 201, begun.text
        await self.orders.pays(begun.json()["payment_id"], outcome="succeed")
        return order_id

    async def stands(self, order_id: str, status: str) -> dict[str, Any]:
        """Wait until the order is *status*."""

        def there() -> dict[str, Any]:
            found = self.orders.kept["orders"].find_one({"_id": order_id})
            assert found
            assert found["status"] == status, found
            return found

        return await eventually(there)

    async def trouble(self, who: str, **what: Any) -> None:
        """From now on something goes wrong at customs or with the carrier."""
        answer = await self.http.post(f"/{who}/faults", json=what)
        assert answer.status_code == 200, answer.text

    async def well(self) -> None:
        """All that went wrong is mended."""
        for who in ("customs", "carrier"):
            await self.http.delete(f"/{who}/faults")
        await self.http.delete("/faults")

    async def at_customs(self, order_id: str) -> dict[str, Any]:
        """How the order stands there."""
        return (await self.http.get(f"/customs/orders/{order_no(order_id)}")).json()

    async def decides(self, order_id: str, status: str, code: str | None = None) -> None:
        """An officer decides by hand."""
        path = f"/customs/orders/{order_no(order_id)}/decision"
        answer = await self.http.post(path, json={"status": status, "code": code})
        assert answer.status_code == 200, answer.text

    async def moves(self, order_id: str, steps: int = 1, **how: Any) -> None:
        """The parcel of an order comes further on its way."""
        known = self.orders.kept["orders"].find_one({"_id": order_id}) or {}
        path = f"/carrier/waybills/{known['crossing']['waybill']}/advance"
        for _ in range(steps):
            answer = await self.http.post(path, json=how)
            assert answer.status_code == 200, answer.text

    async def declares(self, order_id: str) -> httpx.Response:
        """Somebody of the house has it declared anew."""
        return await self.orders.client("operator").post(f"/orders/{order_id}/declaration")

    async def timeline(self, order_id: str) -> dict[str, Any]:
        return (await self.orders.client("operator").get(f"/orders/{order_id}/timeline")).json()

    def holds(self, order_id: str) -> list[str]:
        """Why it was held, each time."""
        known = self.orders.kept["orders"].find_one({"_id": order_id}) or {}
        return [step["why"] for step in known["history"] if step["what"] == "customs-held"]

    def declarations(self, order_id: str) -> int:
        """How often the order was said to be declared."""
        known = self.orders.kept["orders"].find_one({"_id": order_id}) or {}
        return sum(step["what"] == "declared" for step in known["history"])

    def year(self, buyer: Buyer) -> int:
        """What a person has taken of their year."""
        found = self.orders.kept["quotas"].find_one({"_id": {"$regex": f"^{buyer.person}/"}})
        orders = found["orders"].values() if found else ()
        return sum(its["amount"] - sum(its["restored"].values()) for its in orders)


@asynccontextmanager
async def border(
    orders: Orders, stack: dict[str, Any], *, mend: bool = True
) -> AsyncGenerator[Border]:
    """Customs and carrier; unless *mend* is false, nothing stays wrong with them."""
    key = stack["env"]["FEIRA_ORDERS_CUSTOMS_KEY"]
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(
        base_url=stack["sandbox"]["customs"], headers=headers, trust_env=False
    ) as http:
        there = Border(orders, http)
        try:
            yield there
        finally:
            if mend:
                await there.well()


def unknown_consignee() -> str:
    """A token nobody was given."""
    return f"consignee-{new_id().replace('-', '')[:32].translate(str.maketrans('0189', 'abcd'))}"
