"""Endpoints: systems say where they want to be told, and keep it to themselves."""

from typing import Any

import pytest

from services.notify.app import assemble
from shared.events.ids import new_id
from shared.events.orders import OrderConfirmed
from tests.services.notify.conftest import Notify, new_name, settings_of
from tests.services.notify.receiver import Receiver
from tests.support.serving import Client, serving

TYPES = [OrderConfirmed.type]


async def test_the_secret_is_told_once_to_the_wish_that_made_it(
    notify: Notify, receiver: Receiver
) -> None:
    owner, endpoint, key = notify.client("integrator"), new_name("endpoint"), new_id()
    wish = {"url": receiver.url, "types": TYPES}
    first = await owner.put(f"/endpoints/{endpoint}", wish, key=key)
    assert first.status_code == 201
    secret = first.json()["secret"]
    assert secret.startswith("whsec_")
    # The answer was lost on the way and the wish is made again: it is the same wish.
    assert (await owner.put(f"/endpoints/{endpoint}", wish, key=key)).json()["secret"] == secret
    again = await owner.put(f"/endpoints/{endpoint}", wish)
    assert again.status_code == 200
    assert "secret" not in again.json()
    shown = await owner.get(f"/endpoints/{endpoint}")
    assert "secret" not in shown.json()
    assert secret not in (await owner.get("/endpoints")).text
    rotated = (await owner.post(f"/endpoints/{endpoint}/secret")).json()["secret"]
    assert rotated != secret
    late = await owner.put(f"/endpoints/{endpoint}", wish, key=key)
    assert "secret" not in late.json()


async def test_an_endpoint_is_there_for_its_owner_alone(notify: Notify, receiver: Receiver) -> None:
    owner, endpoint, _ = await notify.registers(receiver)
    other = notify.client("integrator")
    path, wish = f"/endpoints/{endpoint}", {"url": receiver.url, "types": TYPES}
    assert (await other.get(path)).status_code == 404
    assert (await other.put(path, wish)).status_code == 404
    assert (await other.ask("DELETE", path)).status_code == 404
    for door in ("secret", "ping", f"deliveries/{new_id()}/replay"):
        assert (await other.post(f"{path}/{door}")).status_code == 404
    assert (await other.get(f"{path}/deliveries")).status_code == 404
    assert (await other.get("/endpoints")).json()["items"] == []
    assert [each["endpoint_id"] for each in (await owner.get("/endpoints")).json()["items"]] == [
        endpoint
    ]


@pytest.mark.parametrize("role", ["buyer", "merchant", "host", "cashier", "operator"])
async def test_endpoints_are_for_integrators(notify: Notify, receiver: Receiver, role: Any) -> None:
    somebody = notify.client(role, merchant_id="m01")
    wish = {"url": receiver.url, "types": TYPES}
    assert (await somebody.put("/endpoints/e1", wish)).status_code == 403
    assert (await somebody.get("/endpoints")).status_code == 403


async def test_two_who_change_it_at_the_same_time_do_not_overwrite_each_other(
    notify: Notify, receiver: Receiver
) -> None:
    owner, endpoint, _ = await notify.registers(receiver)
    path, wish = f"/endpoints/{endpoint}", {"url": receiver.url, "types": TYPES}
    seen = (await owner.get(path)).headers["etag"]
    more = wish | {"types": [*TYPES, "feira.orders.order.expired"]}
    blind = await owner.put(path, more)
    assert (blind.status_code, blind.json()["type"]) == (412, "urn:feira:problem:version.missing")
    changed = await owner.put(path, more, If_Match=seen)
    assert changed.status_code == 200
    assert changed.headers["etag"] != seen
    assert (
        await owner.put(path, wish | {"url": receiver.url + "/x"}, If_Match=seen)
    ).status_code == 412
    assert (await owner.get(path)).json()["types"] == sorted(more["types"])
    assert (await owner.ask("DELETE", path, If_Match=seen)).status_code == 412
    assert (await owner.ask("DELETE", path)).status_code == 204
    assert (await owner.get(path)).status_code == 404
    # What was removed stands no longer: there is nothing to have seen.
    assert (await owner.put(path, wish)).status_code == 201


async def test_a_type_that_no_event_has_is_refused(notify: Notify, receiver: Receiver) -> None:
    owner = notify.client("integrator")
    for types in ([], ["feira.orders.order.eaten"], ["*"], ["x"] * 500, "all"):
        wish = {"url": receiver.url, "types": types}
        assert (await owner.put("/endpoints/e1", wish)).status_code == 422


@pytest.fixture(scope="module")
async def strict(notify: Notify, stack: dict[str, Any]) -> Any:
    """Notify as it is outside a test: https at public addresses only."""
    settings = settings_of(stack, notify.postbox, webhook_insecure=False, webhook_allow=())
    async with serving(assemble(settings), "api") as url:
        client = Client(url, notify.token("integrator", new_name("integrator")))
        yield client
        await client.close()
    await notify.mongo.client.drop_database(settings.database)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0/",
        "https://localhost/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:a9fe:a9fe]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[2002:7f00:1::]/",
        "https://[fe80::1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "https://192.168.0.1:8443/",
        "https://100.100.100.200/",
        "https://224.0.0.1/",
        "https://8.8.8.8:22/",
        "https://user:secret@8.8.8.8/",
        "https://8.8.8.8/#x",
        "https://",
        "file:///etc/passwd",
        "ftp://8.8.8.8/",
        "not a url",
        "",
    ],
)
async def test_nobody_registers_what_is_ours(strict: Client, url: str) -> None:
    endpoint = new_name("endpoint")
    answer = await strict.put(f"/endpoints/{endpoint}", {"url": url, "types": TYPES})
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"] == "urn:feira:problem:endpoint.url"
    assert (await strict.get(f"/endpoints/{endpoint}")).status_code == 404


async def test_a_public_address_is_registered(strict: Client) -> None:
    wish = {"url": "https://8.8.8.8:8443/feira?of=me", "types": TYPES}
    assert (await strict.put("/endpoints/e1", wish)).status_code == 201
