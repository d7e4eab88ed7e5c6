"""A whole cross-border order, and not a trace of who it is for but in the vault and at customs."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from pymongo import MongoClient

from shared.platform.web.idempotency import fingerprint
from tests.services.orders.conftest import Orders
from tests.services.orders.mainland import COOKIES, GRACELESS, Border, border, id_number
from tests.services.orders.talking import Process, rare, talking
from tests.support.canary import Canaries
from tests.support.serving import Client

DEAD = "feira.orders.dead.v1"
"""A topic to which nobody listens."""


@dataclass
class Place:
    """Orders as a process, those who use it, and all that is left behind."""

    at: Border
    process: Process
    stack: dict[str, Any]
    answers: list[httpx.Response]

    @property
    def book(self) -> Path:
        """What the sandbox writes down of payments; all else it keeps in memory."""
        return Path(self.stack["env"]["FEIRA_SANDBOX_STATE"])

    async def sweep(self, canaries: Canaries) -> list[str]:
        """Wherever anything was left since: databases, their log, topics, mail, logs, answers."""
        since = self.process.since
        with MongoClient[dict[str, Any]](self.stack["mongo"]["url"]) as mongo:
            names = set(mongo.list_database_names()) - since.databases
            found = [each for name in names for each in canaries.in_database(mongo[name])]
            found += canaries.in_oplog(mongo, since)
        found += await canaries.in_topics(self.stack["kafka"]["url"], since)
        found += await canaries.in_mail(self.stack["sandbox"]["mail"])
        found += canaries.in_text("log", self.process.log.read_bytes())
        found += canaries.in_text("the provider's book", self.book.read_bytes())
        for answer in self.answers:
            told = f"{answer.headers} {answer.url} {answer.text}"
            found += canaries.in_text(f"answer {answer.status_code}", told)
        return found


@pytest.fixture(scope="module")
async def place(
    stack: dict[str, Any], token: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Place]:
    answers: list[httpx.Response] = []
    clients: list[Client] = []
    log = tmp_path_factory.mktemp("orders") / "orders.log"
    async with (
        AIOKafkaProducer(bootstrap_servers=stack["kafka"]["url"], acks="all") as producer,
        talking(stack, log, **GRACELESS) as process,
    ):
        secrets = [stack["env"][f"FEIRA_ORDERS_PAYMENTS_{name}"] for name in ("KEY", "SECRET")]
        provider = stack["sandbox"]["payments"]
        orders = Orders(process.url, token, producer, provider, *secrets, process.kept, clients)
        async with border(orders, stack) as at:
            yield Place(at, process, stack, answers)
        for client in clients:
            await client.close()


def other(number: str) -> str:
    """*number* with another check digit."""
    return number[:-1] + "0123456789X"["0123456789X".index(number[-1]) - 1]


async def test_who_an_order_is_for_stands_nowhere_in_the_open(place: Place) -> None:
    at, name, number = place.at, rare(), id_number()
    phone = f"139{uuid4().int % 10**8:08d}"
    said = {"name": name, "phone": f"+86{phone}", "address": f"{rare(9)} {uuid4().int % 1000}"}
    words = name, number, phone, said["address"]
    sku = await at.offers(COOKIES)
    buyer = await at.buyer(id_number=number, **said)

    # A customs that finds fault, one that is away, and one that is well again.
    await at.trouble("customs", other_payer_percent=100)
    order_id = await at.pays(buyer, sku)
    await at.stands(order_id, "customs-held")
    await at.trouble("customs", http_after_percent=100)
    place.answers.append(await at.declares(order_id))
    await at.trouble("carrier", http_before_percent=100)
    place.answers.append(await at.declares(order_id))
    await at.well()
    place.answers.append(await at.declares(order_id))
    await at.stands(order_id, "released")
    await at.moves(order_id, 7)
    await at.stands(order_id, "delivered")

    # All that can be said wrongly, and asked for.
    wrong: list[object] = [
        said | {"phone": phone},
        said | {"name": f"{name}\n"},
        said | {"address": said["address"] * 40},
        said | {"address": [said["address"]]},
        {said["address"]: phone},
        [*words],
        phone,
    ]
    bodies: list[bytes] = []
    for body in (*wrong, said):
        for method, path in (("POST", ""), ("PUT", f"/{buyer.consignee}")):
            place.answers.append(await buyer.client.ask(method, f"/consignees{path}", body))
            bodies.append(place.answers[-1].request.content)
    wrong_number = {"name": name, "id_number": other(number), "consent": True}
    place.answers.append(await buyer.client.post("/persons", wrong_number))
    house = at.orders.client("operator")
    for path in ("", "/timeline"):
        for who in (buyer.client, house):
            place.answers.append(await who.get(f"/orders/{order_id}{path}"))
    place.answers.append(await house.get("/orders"))
    for path in (f"/consignees/{buyer.consignee}", f"/persons/{buyer.person}"):
        place.answers += [await buyer.client.ask("DELETE", path) for _ in range(2)]

    # Nor does the journal keep a digest of what was sent that anybody could make again.
    canaries = Canaries(*words, verbatim=map(fingerprint, bodies))
    assert await place.sweep(canaries) == []
    assert {answer.status_code for answer in place.answers} >= {200, 204, 422, 503}
    log = place.process.log.read_text()
    for line in ("real name disclosed", "consignee disclosed", "declaration"):
        assert line in log, "it speaks of what it does"


async def test_a_word_that_is_let_out_is_found_wherever_that_is(place: Place) -> None:
    at, planted, looked = place.at, rare(6), rare(6)
    await at.pays(await at.buyer(), await at.offers(COOKIES))
    place.process.kept["orders"].insert_one({"_id": planted, "status": "completed"})
    await at.orders.producer.send_and_wait(DEAD, b"{}", key=planted.encode())
    with place.process.log.open("a") as log:
        log.write(f"{planted}\n")
    place.answers.append(
        httpx.Response(409, text=planted, request=httpx.Request("GET", "http://x"))
    )
    found = await place.sweep(Canaries(planted))
    places = ("orders, document", "oplog.rs", DEAD, "log: ", "answer 409")
    assert [where for where in places if not any(where in each for each in found)] == []
    assert await place.sweep(Canaries(looked)) == []
