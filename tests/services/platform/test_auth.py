"""Who is let in: sound tokens of one issuer, and nothing that only looks like one."""

import asyncio
import hmac
import json
import time
from collections.abc import AsyncGenerator
from functools import partial
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from joserfc.util import urlsafe_b64encode

from shared.platform.web import auth
from shared.platform.web.auth import Caller, Verifier
from shared.platform.web.keys import STALE, KeyRing
from shared.platform.web.problem import Problem
from shared.refusal import Busy
from tests.services.platform.issuer import Issuer, forge, new_key, unsigned
from tests.support.eventually import eventually


class Watch:
    """A clock a test can put forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    def time(self) -> float:
        return time.time() + self.ahead


@pytest.fixture(scope="module")
async def open_issuer() -> AsyncGenerator[Issuer]:
    async with Issuer.open() as issuer:
        yield issuer


@pytest.fixture
def issuer(open_issuer: Issuer) -> Issuer:
    open_issuer.begin()
    return open_issuer


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def keys(issuer: Issuer, watch: Watch) -> KeyRing:
    return KeyRing(issuer.jwks, now=watch.monotonic)


@pytest.fixture
def verifier(issuer: Issuer, keys: KeyRing, watch: Watch) -> Verifier:
    return Verifier(issuer.url, issuer.jwks, "feira", keys=keys, now=watch.time)


async def turned_away(verifier: Verifier, token: str) -> str:
    with pytest.raises(Problem) as caught:
        await verifier.caller(token)
    assert caught.value.status_code == 401
    challenge = (caught.value.headers or {})["WWW-Authenticate"]
    assert challenge.startswith('Bearer realm="feira", error="invalid_token"')
    return caught.value.detail


async def test_a_sound_token_names_its_caller(issuer: Issuer, verifier: Verifier) -> None:
    token = issuer.token("merchant", "host", merchant_id="m01", locale="zh-Hant")

    caller = await verifier.caller(token)

    assert caller == Caller("ana", frozenset({"merchant", "host"}), "m01", "zh-Hant")
    assert not caller.anonymous


@pytest.mark.parametrize("algorithm", auth.ALGORITHMS)
async def test_the_three_algorithms_are_understood(
    algorithm: str, issuer: Issuer, verifier: Verifier
) -> None:
    key = new_key(algorithm, kid=algorithm)
    issuer.published.append(key)

    assert (await verifier.caller(issuer.token("buyer", key=key))).subject == "ana"


async def test_a_known_token_is_not_checked_again(issuer: Issuer, verifier: Verifier) -> None:
    token = issuer.token("buyer")

    first = await verifier.caller(token)

    assert await verifier.caller(token) is first
    assert issuer.fetches == 1


@pytest.mark.parametrize(
    "subject", ["auth0|5f7c8ec7c33c6c004bbafe82", "ana@example.org", "a" * 255]
)
async def test_a_subject_may_be_written_as_issuers_write_them(
    subject: str, issuer: Issuer, verifier: Verifier
) -> None:
    assert (await verifier.caller(issuer.token("buyer", subject=subject))).subject == subject


async def test_an_unknown_locale_is_no_reason_to_turn_anyone_away(
    issuer: Issuer, verifier: Verifier
) -> None:
    assert (await verifier.caller(issuer.token("buyer", locale="fr"))).locale is None


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["another", "feira2"]},
        {"aud": None},
        {"exp": None},
        {"exp": "2999-01-01"},
        {"exp": True},
        {"padding": "x" * 9_000},
        {"subject": ""},
        {"subject": "ana POST /orders:k"},
        {"subject": None},
        {"roles": "organiser"},
        {"roles": [{"$ne": None}]},
        {"merchant_id": {"$ne": None}},
    ],
    ids=str,
)
async def test_claims_that_do_not_hold_are_turned_away(
    claims: dict[str, Any], issuer: Issuer, verifier: Verifier
) -> None:
    await turned_away(verifier, issuer.token("buyer", **claims))


@pytest.mark.parametrize(
    ("claim", "from_now"), [("exp", -31), ("nbf", 7_200), ("iat", 7_200)], ids=str
)
async def test_a_token_out_of_its_time_is_turned_away(
    claim: str, from_now: int, issuer: Issuer, verifier: Verifier
) -> None:
    await turned_away(verifier, issuer.token("buyer", **{claim: int(time.time()) + from_now}))


async def test_a_time_written_as_text_is_turned_away(issuer: Issuer, verifier: Verifier) -> None:
    await turned_away(verifier, issuer.token("buyer", exp=str(int(time.time()) + 7_200)))


@pytest.mark.parametrize("typ", ["JWT", "jwt", "dpop+jwt", None, ["at+jwt"]], ids=str)
async def test_another_sort_of_token_is_turned_away(
    typ: object, issuer: Issuer, verifier: Verifier
) -> None:
    await turned_away(verifier, issuer.token("buyer", header={"typ": typ}))


async def test_a_token_without_a_signature_is_turned_away(
    issuer: Issuer, verifier: Verifier
) -> None:
    for name in ("none", "None", "NONE", "nOnE", "", None):
        header = {"alg": name, "typ": "at+jwt", "kid": "k1"}
        await turned_away(verifier, unsigned(header, issuer.claims("organiser")))


async def test_the_public_key_does_not_serve_as_a_shared_secret(
    issuer: Issuer, verifier: Verifier
) -> None:
    key = RSAKey.generate_key(2048, {"kid": "rsa"})
    issuer.published.append(key)
    for form in (key.as_pem(private=False), json.dumps(key.as_dict(private=False)).encode()):
        header = {"alg": "HS256", "typ": "at+jwt", "kid": "rsa"}
        sign = partial(hmac.digest, form, digest="sha256")
        await turned_away(verifier, forge(header, issuer.claims("organiser"), sign))


@pytest.mark.parametrize("where", ["jwk", "jku", "x5u", "x5c"])
async def test_a_key_the_token_brings_along_is_not_looked_at(
    where: str, issuer: Issuer, verifier: Verifier
) -> None:
    forged = new_key(kid="k1")
    async with Issuer.open() as other:
        other.published = [forged]
        brought: dict[str, Any] = {
            "jwk": forged.as_dict(private=False),
            "jku": other.jwks,
            "x5u": other.jwks,
            "x5c": ["MIIB"],
        }
        await turned_away(
            verifier, issuer.token("organiser", key=forged, header={where: brought[where]})
        )
        assert other.fetches == 0


@pytest.mark.parametrize(
    "kid", ["unheard", "", "../../etc/passwd", "k1' or '1'='1", None, 7], ids=str
)
async def test_a_key_nobody_published_is_turned_away(
    kid: object, issuer: Issuer, verifier: Verifier
) -> None:
    said = await turned_away(verifier, issuer.token("buyer", header={"kid": kid}))
    assert "unknown key" in said


async def test_a_header_that_must_be_understood_and_is_not_is_turned_away(
    issuer: Issuer, verifier: Verifier
) -> None:
    token = issuer.token("buyer", header={"crit": ["exp2"], "exp2": 1})
    await turned_away(verifier, token)


@pytest.mark.parametrize("garbage", ["", "a", "a.b.c", "....", "é.é.é", "x" * 9_000, "e30.e30.e30"])
async def test_garbage_is_turned_away(garbage: str, verifier: Verifier) -> None:
    await turned_away(verifier, garbage)


async def test_a_changed_signature_is_turned_away(issuer: Issuer, verifier: Verifier) -> None:
    head, body, signature = issuer.token("buyer").split(".")
    promoted = json.dumps(issuer.claims("organiser")).encode()
    payload = urlsafe_b64encode(promoted).decode()
    await turned_away(verifier, f"{head}.{payload}.{signature}")
    await turned_away(verifier, f"{head}.{body}.{signature[::-1]}")


async def test_a_remembered_token_still_expires(
    issuer: Issuer, verifier: Verifier, watch: Watch
) -> None:
    token = issuer.token("buyer")
    await verifier.caller(token)

    watch.ahead = 600 + 31

    assert "expired" in await turned_away(verifier, token)


async def test_a_withdrawn_key_ends_the_tokens_it_signed(
    issuer: Issuer, verifier: Verifier, keys: KeyRing, watch: Watch
) -> None:
    token = issuer.token("buyer", exp=int(time.time()) + 86_400)
    await verifier.caller(token)

    issuer.published = [new_key(kid="k2")]
    watch.ahead = 60
    await turned_away(verifier, issuer.token("buyer", header={"kid": "asks again"}))

    await turned_away(verifier, token)


async def test_a_new_key_is_found_at_once_and_made_up_names_are_not_asked_after(
    issuer: Issuer, verifier: Verifier, watch: Watch
) -> None:
    await verifier.caller(issuer.token("buyer"))
    watch.ahead = 31
    successor = new_key(kid="k2")
    issuer.published.append(successor)

    assert await verifier.caller(issuer.token("buyer", key=successor))
    for number in range(50):
        await turned_away(verifier, issuer.token("buyer", header={"kid": f"made-up-{number}"}))

    assert issuer.fetches == 2


async def test_many_who_wait_for_the_keys_make_one_fetch(
    issuer: Issuer, keys: KeyRing, verifier: Verifier
) -> None:
    issuer.delay = 0.1
    tokens = [issuer.token("buyer", subject=f"buyer-{number}") for number in range(40)]

    callers = await asyncio.gather(*(verifier.caller(token) for token in tokens))

    assert {caller.subject for caller in callers} == {f"buyer-{n}" for n in range(40)}
    assert issuer.fetches == 1


async def test_while_the_issuer_is_away_its_keys_serve_for_a_day(
    issuer: Issuer, verifier: Verifier, keys: KeyRing, watch: Watch
) -> None:
    await verifier.caller(issuer.token("buyer"))
    issuer.away = True

    watch.ahead = STALE - 60
    late = int(time.time()) + 10 * 86_400
    assert await verifier.caller(issuer.token("buyer", subject="bea", exp=late))
    assert keys.trouble() is None

    watch.ahead = STALE + 60
    with pytest.raises(Busy):
        await verifier.caller(issuer.token("buyer", subject="cai", exp=late))
    assert keys.trouble()


async def test_without_any_keys_nobody_is_blamed(
    issuer: Issuer, verifier: Verifier, keys: KeyRing, watch: Watch
) -> None:
    issuer.away = True
    with pytest.raises(Busy):
        await verifier.caller(issuer.token("buyer"))
    assert "no keys" in (keys.trouble() or "")

    issuer.away = False
    watch.ahead = 2
    assert await verifier.caller(issuer.token("buyer"))


async def test_keys_are_fetched_from_the_start_and_again(
    issuer: Issuer, verifier: Verifier, keys: KeyRing
) -> None:
    await verifier.start()
    try:
        await eventually(lambda: keys.trouble() is None)
    finally:
        await verifier.stop()


async def test_what_is_remembered_is_bounded(
    issuer: Issuer, keys: KeyRing, verifier: Verifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "_REMEMBERED", 10)
    tokens = [issuer.token("buyer", subject=f"buyer-{number}") for number in range(11)]
    first = await verifier.caller(tokens[0])
    for token in tokens[1:]:
        await verifier.caller(token)

    assert await verifier.caller(tokens[0]) is not first


@pytest.mark.parametrize(
    "junk",
    ["x", 7, {}, {"kty": "oct", "k": "AAAA", "kid": "k1"}, {"kty": "RSA", "kid": "k1"}],
    ids=str,
)
async def test_junk_among_the_keys_does_not_spoil_them(
    junk: object, issuer: Issuer, verifier: Verifier
) -> None:
    issuer.junk = [junk]
    assert await verifier.caller(issuer.token("buyer"))
