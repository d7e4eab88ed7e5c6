"""Tokens of the local issuer, checked the way the services check them."""

import stat
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.failure import Failure
from deploy.local.home import Home
from deploy.local.issuer import Issuer, app
from deploy.local.stack import Stack
from shared.platform.web.auth import Verifier
from shared.platform.web.problem import Problem


@pytest.fixture
def page(running: Stack) -> dict[str, Any]:
    return running.up("issuer")


def verifier(page: dict[str, Any], now: Callable[[], float] = time.time) -> Verifier:
    return Verifier(page["issuer"]["url"], page["issuer"]["jwks"], "feira", now=now)


async def test_a_merchants_token_is_taken_for_what_it_says(
    running: Stack, page: dict[str, Any]
) -> None:
    token = Issuer.load(running.home).token(
        "merchant", "ana", merchant_id="m01", locale="pt", hours=1
    )
    caller = await verifier(page).caller(token)
    assert (caller.subject, caller.roles) == ("ana", {"merchant"})
    assert (caller.merchant_id, caller.locale) == ("m01", "pt")


async def test_a_token_ends_when_it_was_said_to(running: Stack, page: dict[str, Any]) -> None:
    token = Issuer.load(running.home).token("host", "rui", hours=0.5)
    in_a_while = verifier(page, now=lambda: time.time() + 3600)
    with pytest.raises(Problem, match="expired"):
        await in_a_while.caller(token)


async def test_tokens_outlive_the_key_they_were_signed_with(
    running: Stack, page: dict[str, Any]
) -> None:
    issuer = Issuer.load(running.home)
    old = issuer.token("cashier", "till-1")
    issuer.rotate()
    new = issuer.token("cashier", "till-2")
    assert [(await verifier(page).caller(token)).subject for token in (old, new)] == [
        "till-1",
        "till-2",
    ]


async def test_a_token_of_another_stacks_issuer_is_refused(
    tmp_path: Path, page: dict[str, Any]
) -> None:
    stranger = Issuer.load(tmp_path, url=page["issuer"]["url"])
    with pytest.raises(Problem, match="unknown key"):
        await verifier(page).caller(stranger.token("operator", "mallory"))


async def test_the_issuer_describes_itself_and_shows_no_private_key(page: dict[str, Any]) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        told = await client.get(f"{page['issuer']['url']}/.well-known/openid-configuration")
        keys = await client.get(told.json()["jwks_uri"])
    assert told.json()["issuer"] == page["env"]["FEIRA_ISSUER"]
    assert keys.json()["keys"]
    assert all("d" not in key for key in keys.json()["keys"])


def test_the_key_is_for_its_owner_alone(running: Stack) -> None:
    Issuer.load(running.home)
    key = running.home.root / "issuer" / "key.json"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_two_who_ask_first_at_once_get_one_key(tmp_path: Path) -> None:
    def ask(_: int) -> list[str | None]:
        return [key.kid for key in Issuer.load(tmp_path, url="http://issuer").keys]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert answers == [answers[0]] * 8
    assert len(answers[0]) == 1


def test_a_role_that_is_none_and_a_merchant_without_a_name_are_refused(tmp_path: Path) -> None:
    issuer = Issuer.load(Home(tmp_path), url="http://issuer")
    with pytest.raises(Failure, match="no role 'king'"):
        issuer.token("king", "x")
    with pytest.raises(Failure, match="must say which merchant"):
        issuer.token("merchant", "x")


async def test_a_page_of_this_stack_gets_a_token_for_the_asking_and_no_other_does(
    running: Stack, page: dict[str, Any]
) -> None:
    url, origin = page["issuer"]["url"], page["env"]["FEIRA_ORIGINS"]
    wish = {"role": "buyer", "subject": "ana"}
    async with httpx.AsyncClient(base_url=url) as http:
        for stranger in ({}, {"Origin": "https://elsewhere.example"}):
            answer = await http.post("/demo/tokens", json=wish, headers=stranger)
            assert answer.status_code == 403
            assert "access-control-allow-origin" not in answer.headers
        ours = await http.post("/demo/tokens", json=wish, headers={"Origin": origin})
        odd = await http.post(
            "/demo/tokens", json=wish | {"role": "king"}, headers={"Origin": origin}
        )
    assert odd.status_code == 422
    assert ours.headers["access-control-allow-origin"] == origin
    caller = await verifier(page).caller(ours.json()["token"])
    assert (caller.subject, caller.roles) == ("ana", {"buyer"})


async def test_an_issuer_that_others_can_reach_hands_out_nothing(tmp_path: Path) -> None:
    there = app(Issuer.load(tmp_path, "http://issuer.example"))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(there), base_url="http://issuer.example"
    ) as http:
        answer = await http.post("/demo/tokens", json={"role": "operator", "subject": "eve"})
    assert answer.status_code == 404
