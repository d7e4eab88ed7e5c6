"""Those outside: a no that stays one, a no that may be mended, and what is no answer at all."""

import json
from collections.abc import Mapping

import pytest
from pydantic import BaseModel

from services.orders.outside import Declined, KeyedParty, Unreachable
from tests.rules.orders.psp_world import Answering, Asked, Teller


class Done(BaseModel):
    """What is hoped for."""

    number: str


def answering(status: int, said: object) -> Answering:
    def answer(_: Asked) -> tuple[int, Mapping[str, str], bytes]:
        return status, {}, said if isinstance(said, bytes) else json.dumps(said).encode()

    return answer


async def asked(status: int, said: object) -> tuple[Done, Asked]:
    """What comes of one call, and how it was made."""
    async with Teller.listening(answering(status, said)) as teller:
        party = KeyedParty("customs", teller.url, "our-key")
        try:
            done = await party.ask(Done, "POST", "/orders", {"name": "陳安娜"}, "k-1")
        finally:
            await party.stop()
    return done, teller.asked[0]


async def test_a_yes_is_read_and_was_asked_for_under_our_key() -> None:
    done, call = await asked(201, {"number": "n-1", "more": 1})
    assert done == Done(number="n-1")
    assert (call.headers["authorization"], call.headers["idempotency-key"]) == (
        "Bearer our-key",
        "k-1",
    )
    assert json.loads(call.body) == {"name": "陳安娜"}


@pytest.mark.parametrize("status", [404, 409, 422])
async def test_a_no_to_what_was_asked_stays_one_and_says_why(status: int) -> None:
    with pytest.raises(Declined, match=str(status)) as no:
        await asked(status, {"code": "no_such_waybill"})
    assert no.value.code == "no_such_waybill"
    with pytest.raises(Declined) as silent:
        await asked(status, b"<html>")
    assert silent.value.code == str(status), "who does not say why is known by the status"


@pytest.mark.parametrize("status", [302, 400, 401, 403, 408, 425, 429, 500, 503, 599])
async def test_a_no_to_how_it_was_asked_may_be_mended(status: int) -> None:
    with pytest.raises(Unreachable, match=str(status)) as no:
        await asked(status, {"code": "wrong_key"})
    assert type(no.value) is Unreachable


@pytest.mark.parametrize("said", [b"", b"<html>", {"number": {"name": "陳安娜"}}])
async def test_what_is_no_answer_is_not_repeated_to_anybody(said: object) -> None:
    with pytest.raises(Unreachable) as no:
        await asked(200, said)
    assert type(no.value) is Unreachable
    assert no.value.__cause__ is None
    assert "陳安娜" not in f"{no.value!r}"
