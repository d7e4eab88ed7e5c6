"""Who buys, through the doors: one token a person, and not a trace of a name anywhere else."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from os import urandom
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.orders.indexes import COLLECTIONS
from services.orders.kept import PERSONS
from services.orders.people.identity import Identity, check_digit
from services.orders.people.person import Person
from services.orders.people.real_names import RealNames
from services.orders.people.vault import Unopenable, Vault, read_key, read_keys
from services.orders.queries import Queries
from services.orders.settings import OrdersSettings
from shared.events.ids import new_id
from shared.platform.change.cause import Cause
from shared.platform.core import Core
from shared.platform.web.idempotency import fingerprint
from shared.refusal import Refused
from tests.services.orders.conftest import VAULT, Orders
from tests.services.orders.talking import Process, rare, talking
from tests.support.canary import Canaries
from tests.support.eventually import eventually
from tests.support.serving import Client, settings_for

REPOSITORY = Path(__file__).parents[3]
NAME, OTHER_NAME = "歐陽慎獨", "司馬長風"
OWN_KEYS = read_keys(VAULT["vault_keys"])
CAUSE = re.compile(r"/persons:")
NOWHERE = dict.fromkeys(("payments", "customs", "carrier"), "http://nowhere")
TOLD = VAULT | NOWHERE


def number(born: str = "19900101") -> str:
    """A number that nobody else in this run has."""
    body = f"{110101 + uuid4().int % 700_000}{born}{1 + uuid4().int % 999:03}"
    return body + check_digit(body)


def proof(id_number: str, name: str = NAME, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "id_number": id_number,
        "consent": True,
        "consent_version": "2026-02",
    } | more


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


async def registered(client: Client, id_number: str) -> str:
    answer = await client.post("/persons", proof(id_number))
    assert answer.status_code == 201, answer.text
    return answer.json()["person_token"]


def person(orders: Orders, token: str) -> Person:
    document = orders.kept["persons"].find_one({"_id": token})
    assert document
    return PERSONS.load(document)


async def test_one_person_has_one_token_whichever_account_they_buy_with(orders: Orders) -> None:
    whose = number()
    ana, bea = orders.client("buyer"), orders.client("buyer")
    first = await ana.post("/persons", proof(whose))
    second = await bea.post("/persons", proof(f" {whose.lower()} ", f" {NAME}　"))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert first.json()["last4"] == whose[-4:]
    assert first.headers["cache-control"] == "no-store"
    kept = person(orders, first.json()["person_token"])
    assert len(kept.consents) == 2
    assert kept.adult
    other = await registered(orders.client("buyer"), number())
    assert other != first.json()["person_token"]


async def test_a_wish_that_is_repeated_acts_once_and_no_other_one_takes_its_key(
    orders: Orders,
) -> None:
    whose, buyer, key = number(), orders.client("buyer"), uuid4().hex
    first = await buyer.post("/persons", proof(whose), key=key)
    again = await buyer.post("/persons", proof(whose), key=key)
    assert (again.status_code, again.json()) == (201, first.json())
    other = await buyer.post("/persons", proof(whose, consent_version="2026-03"), key=key)
    assert refusal(other) == (422, "idempotency.key-reused")


async def test_what_does_not_hold_is_refused_by_its_name(orders: Orders) -> None:
    buyer, whose = orders.client("buyer"), number()
    tried = {
        "person.id-number": proof(whose[:-1] + "0123456789X"["0123456789X".index(whose[-1]) - 1]),
        "person.name": proof(whose, "歐\n陽"),
        "person.consent": proof(whose, consent=False),
    }
    for code, said in tried.items():
        assert refusal(await buyer.post("/persons", said)) == (422, code)
    assert refusal(await buyer.post("/persons", proof(number("20200101")))) == (403, "person.age")
    for missing in proof(whose):
        said = {name: value for name, value in proof(whose).items() if name != missing}
        assert refusal(await buyer.post("/persons", said)) == (422, "invalid")
    await registered(buyer, whose)
    stranger = await orders.client("buyer").post("/persons", proof(whose, OTHER_NAME))
    assert refusal(stranger) == (409, "person.name-differs")


async def test_who_wants_to_be_forgotten_is_and_cannot_be_opened_any_more(orders: Orders) -> None:
    whose, buyer = number(), orders.client("buyer")
    token = await registered(buyer, whose)
    before = person(orders, token)
    stranger = await orders.client("buyer").ask("DELETE", f"/persons/{token}")
    assert refusal(stranger) == (404, "person.unknown")
    nobody = f"person-{'a' * 32}"
    assert refusal(await buyer.ask("DELETE", f"/persons/{nobody}")) == (404, "person.unknown")
    assert (await buyer.ask("DELETE", f"/persons/{token}")).status_code == 204
    assert (await buyer.ask("DELETE", f"/persons/{token}")).status_code == 204
    gone = person(orders, token)
    assert (gone.sealed, gone.consents[0].buyer_id) == (None, before.consents[0].buyer_id)
    assert gone.consents[0].withdrawn_at == gone.erased_at
    kept = base64.b64encode(before.sealed.ciphertext if before.sealed else b"").decode()
    assert kept not in str(orders.kept["persons"].find_one({"_id": token}))
    assert await registered(buyer, whose) == token
    assert (await orders.client("operator").ask("DELETE", f"/persons/{token}")).status_code == 204
    assert person(orders, token).sealed is None


@dataclass
class Office:
    """Real names as no door leads to them: how customs asks, and with which keys."""

    real_names: RealNames
    vault: Vault


@asynccontextmanager
async def office(stack: dict[str, Any], orders: Orders, **keys: bytes) -> AsyncIterator[Office]:
    """An office whose vault has those keys, the first in force; by default the service's own."""
    settings = settings_for(OrdersSettings, stack["env"], database=orders.kept.name, **TOLD)
    vault = Vault(keys or OWN_KEYS, read_key(VAULT["vault_index_key"]))
    core = Core(settings, COLLECTIONS)
    await core.mongo.start()
    await core.uow.start()
    try:
        yield Office(RealNames(core.uow, Queries(core.mongo), vault), vault)
    finally:
        await core.uow.stop()
        await core.mongo.stop()


async def test_customs_is_told_who_it_is_and_that_is_written_down_first(
    stack: dict[str, Any], orders: Orders
) -> None:
    whose, buyer = number(), orders.client("buyer")
    token = await registered(buyer, whose)
    async with office(stack, orders) as customs:
        shown = await customs.real_names.reveal(token, "customs", "order o1", Cause(new_id()))
        assert shown == Identity(NAME, whose)
        kept = person(orders, token)
        assert kept.disclosures == 1
        assert kept.last_disclosure
        assert (kept.last_disclosure.by, kept.last_disclosure.reason) == ("customs", "order o1")
        await buyer.ask("DELETE", f"/persons/{token}")
        with pytest.raises(Refused) as no:
            await customs.real_names.reveal(token, "customs", "order o2", Cause(new_id()))
    assert no.value.code == "person.erased"
    assert person(orders, token).disclosures == 1


async def test_records_come_under_a_new_key_while_both_are_known(
    stack: dict[str, Any], orders: Orders
) -> None:
    whose, new = number(), urandom(32)
    token = await registered(orders.client("buyer"), whose)
    async with office(stack, orders, new=new, **OWN_KEYS) as rotating:
        await eventually(lambda: all_are_rewrapped(rotating))
        sealed = person(orders, token).sealed
        assert sealed
        assert sealed.key_id == "new"
        assert rotating.vault.open(token, sealed) == Identity(NAME, whose)
    async with office(stack, orders) as without:
        with pytest.raises(Unopenable):
            without.vault.open(token, sealed)
    async with office(stack, orders, **OWN_KEYS, new=new) as back:
        await eventually(lambda: all_are_rewrapped(back))
        assert await back.real_names.reveal(token, "customs", "o", Cause(new_id()))


async def all_are_rewrapped(office: Office) -> bool:
    due = await office.real_names.to_rewrap()
    await asyncio.gather(*(office.real_names.rewrap(each) for each in due))
    return not due


@pytest.fixture
async def talkative(stack: dict[str, Any], tmp_path: Path) -> AsyncIterator[Process]:
    """Orders at log level debug."""
    async with talking(stack, tmp_path / "orders.log") as process:
        yield process


async def test_no_name_and_no_number_is_anywhere_but_in_the_vault(
    stack: dict[str, Any], talkative: Process, orders: Orders, token: Callable[..., str]
) -> None:
    """Whatever is sent, however often, whatever becomes of it: swept for in every form."""
    name, whose, invalid = rare(), number(), "110105199001010000"
    young, wrong = number("20200101"), proof(whose, rare())
    ana, bea = (Client(talkative.url, token("buyer", f"b-{uuid4().hex}")) for _ in range(2))
    said, key = proof(whose, name), uuid4().hex
    answers = [await ana.post("/persons", said, key=key) for _ in range(2)]
    person_token = answers[0].json()["person_token"]
    tried: list[object] = [
        wrong,
        proof(young, name),
        proof(invalid, name),
        proof(whose, f"{name}\n"),
        proof(whose, name * 20),
        proof(whose * 5, name),
        proof(int(invalid), name),  # pyright: ignore[reportArgumentType] - as a client may
        proof([whose], name),  # pyright: ignore[reportArgumentType]
        said | {"consent": name},
        said | {"consent": False},
        said | {"consent_version": name},
        said | {whose: name, name: {whose: [name]}},
        {"name": name},
        [name, whose],
        whose,
    ]
    answers += [await bea.post("/persons", body) for body in tried]
    answers += [await ana.post("/persons", body, key=key) for body in tried]
    async with httpx.AsyncClient(base_url=talkative.url) as raw:
        for body, kind in [
            (f'{{"name": "{name}", "id_number": {whose}', "application/json"),
            (f'{{"name": "\\ud800{name}", "id_number": "{whose}"}}', "application/json"),
            (f"name={name}&id_number={whose}", "application/x-www-form-urlencoded"),
        ]:
            headers = {
                "Authorization": f"Bearer {token('buyer', 'raw')}",
                "Idempotency-Key": uuid4().hex,
                "Content-Type": kind,
            }
            answers.append(await raw.post("/persons", content=body, headers=headers))
    answers += [await ana.ask("DELETE", f"/persons/{person_token}") for _ in range(2)]
    await ana.close()
    await bea.close()
    sku = await orders.stocks(1)
    await eventually(lambda: talkative.kept["stock"].find_one({"_id": sku}))

    digests = [fingerprint(answer.request.content) for answer in answers if answer.request.content]
    canaries = Canaries(name, whose, invalid, young, wrong["name"], verbatim=digests)
    assert canaries.in_database(talkative.kept) == []
    assert canaries.in_oplog(talkative.kept.client, talkative.since) == []
    assert await canaries.in_topics(stack["kafka"]["url"], talkative.since) == []
    assert await canaries.in_mail(stack["sandbox"]["mail"]) == []
    assert canaries.in_text("log", talkative.log.read_bytes()) == []
    for answer in answers:
        told = f"{answer.headers} {answer.url} {answer.text}"
        assert canaries.in_text(f"answer {answer.status_code}", told) == []
    assert "POST /persons" in str(talkative.kept["journal"].find_one({"changes.cause": CAUSE}))
    assert "/persons" in talkative.log.read_text()
    assert {answer.status_code for answer in answers} == {201, 204, 400, 403, 409, 415, 422}
