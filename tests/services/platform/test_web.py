"""What the HTTP door of any service answers, hot routes and ordinary ones alike."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Header
from fastapi.routing import APIRoute

from shared.platform import trail
from shared.platform.change.cause import Cause
from shared.platform.mongo import Mongo
from shared.platform.web.app import create_app
from shared.platform.web.auth import Caller, Verifier, access_table, allow, public
from shared.platform.web.body import LIMIT
from shared.platform.web.hot import HotRoute
from shared.platform.web.idempotency import because, without_cause
from tests.services.platform.issuer import Issuer
from tests.services.platform.stall import StallSettings, assemble

GOOD = {"lines": [{"sku": "egg-tart", "quantity": 2}]}
BOTH = pytest.mark.parametrize("path", ["/orders", "/unhurried/orders"])


@pytest.fixture(scope="module")
async def issuer() -> AsyncGenerator[Issuer]:
    async with Issuer.open() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def app(issuer: Issuer) -> FastAPI:
    settings = StallSettings(
        kafka="nowhere:1",
        mongo="mongodb://nowhere",  # pyright: ignore[reportArgumentType] # as it stands outside
        issuer=issuer.url,
        jwks=issuer.jwks,
        database="stall",
        origins="https://fair.example",
    )
    return assemble(settings).app()


@pytest.fixture
async def stall(app: FastAPI) -> AsyncGenerator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://stall") as client:
        yield client


@pytest.fixture
def buyer(issuer: Issuer) -> dict[str, str]:
    return {"Authorization": f"Bearer {issuer.token('buyer')}", "Idempotency-Key": "wish-1"}


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem *answer* tells, which has to be this one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["type"] == f"urn:feira:problem:{code}"
    assert told["status"] == status
    assert told["title"]
    assert told["instance"] == f"urn:feira:request:{answer.headers['x-request-id']}"
    return told


# Asking for something.


@BOTH
async def test_a_buyer_orders_two_tarts(
    path: str, stall: httpx.AsyncClient, buyer: dict[str, str]
) -> None:
    answer = await stall.post(path, json=GOOD, headers=buyer)

    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json() | {"fingerprint": ""} == {
        "order_id": "o1",
        "buyer": "ana",
        "cause": f"http:ana:POST {path}:wish-1",
        "fingerprint": "",
        "units": 2,
    }


async def test_a_hot_route_and_an_ordinary_one_take_the_same_wish_for_the_same(
    stall: httpx.AsyncClient, buyer: dict[str, str]
) -> None:
    spaced = json.dumps({"lines": [{"quantity": 2, "sku": "egg-tart"}]}, indent=4)
    headers = buyer | {"Content-Type": "application/json; charset=utf-8"}
    answers = [
        await stall.post("/orders", json=GOOD, headers=buyer),
        await stall.post("/unhurried/orders", json=GOOD, headers=buyer),
        await stall.post("/orders", content=spaced, headers=headers),
        await stall.post("/unhurried/orders", content=spaced, headers=headers),
    ]
    assert len({answer.json()["fingerprint"] for answer in answers}) == 1


@BOTH
async def test_a_path_parameter_is_taken_and_checked(
    path: str, stall: httpx.AsyncClient, buyer: dict[str, str]
) -> None:
    line = {"sku": "egg-tart", "quantity": 1}

    answer = await stall.post(f"{path}/o-7/lines", json=line, headers=buyer)
    assert answer.json()["order_id"] == "o-7"

    answer = await stall.post(f"{path}/{'$ne'}/lines", json=line, headers=buyer)
    told = problem(answer, 422, "invalid")
    assert told["errors"][0]["location"] == "path.order_id"


# Who may.


@BOTH
async def test_without_a_token_one_is_asked_for(path: str, stall: httpx.AsyncClient) -> None:
    answer = await stall.post(path, json=GOOD)
    problem(answer, 401, "token-missing")
    assert answer.headers["www-authenticate"] == 'Bearer realm="feira"'


@BOTH
@pytest.mark.parametrize("value", ["Bearer", "Bearer x.y.z", "Basic YTpi", "bearer  ü", ""])
async def test_what_is_not_a_sound_token_is_turned_away(
    path: str, value: str, stall: httpx.AsyncClient
) -> None:
    answer = await stall.post(path, json=GOOD, headers=[(b"Authorization", value.encode())])
    problem(answer, 401, "token-invalid")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@BOTH
async def test_another_role_is_turned_away(
    path: str, stall: httpx.AsyncClient, issuer: Issuer
) -> None:
    headers = {"Authorization": f"Bearer {issuer.token('host', 'cashier')}"}
    told = problem(await stall.post(path, json=GOOD, headers=headers), 403, "role-missing")
    assert told["detail"] == "This is for: buyer."


async def test_signed_in_routes_serve_any_role_and_public_ones_strangers(
    stall: httpx.AsyncClient, issuer: Issuer
) -> None:
    headers = {"authorization": f"bearer {issuer.token('host')}"}

    assert (await stall.get("/me", headers=headers)).json() == {"subject": "ana", "roles": ["host"]}
    problem(await stall.get("/me"), 401, "token-missing")
    assert (await stall.get("/greeting")).json() == {"hello": "stranger"}
    assert (await stall.get("/greeting", headers=headers)).json() == {"hello": "ana"}
    answer = await stall.get("/greeting", headers={"authorization": "Bearer a.b.c"})
    problem(answer, 401, "token-invalid")


async def test_while_no_keys_can_be_had_callers_are_asked_to_come_back(issuer: Issuer) -> None:
    verifier = Verifier(issuer.url, "http://127.0.0.1:1/jwks", "feira")
    router = APIRouter(dependencies=[allow("buyer")])
    router.add_api_route("/tarts", lambda: "tarts")
    transport = httpx.ASGITransport(create_app("stall", router, verifier=verifier))
    async with httpx.AsyncClient(transport=transport, base_url="http://stall") as stall:
        headers = {"Authorization": f"Bearer {issuer.token('buyer')}"}
        answer = await stall.get("/tarts", headers=headers)
        problem(answer, 503, "busy")
        assert int(answer.headers["retry-after"]) >= 1


def made(*routers: APIRouter) -> FastAPI:
    return create_app("stall", *routers, verifier=Verifier("http://i", "http://i/jwks", "feira"))


def test_a_route_that_serves_nobody_in_particular_cannot_be_made() -> None:
    router = APIRouter()
    router.add_api_route("/till", lambda: 1, name="open_till")
    with pytest.raises(TypeError, match=r"/till.*open_till.*whom it serves"):
        made(router)


def test_a_nested_route_is_held_to_the_same() -> None:
    inner, outer = APIRouter(), APIRouter(prefix="/stall")
    inner.add_api_route("/till", lambda: 1)
    outer.include_router(inner)
    with pytest.raises(TypeError, match="/stall/till"):
        made(outer)


def test_a_web_socket_is_held_to_the_same() -> None:
    router = APIRouter()

    @router.websocket("/chat")
    async def chat() -> None: ...

    with pytest.raises(TypeError, match="/chat"):
        made(router)


def test_an_unsafe_route_without_a_cause_cannot_be_made() -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        router = APIRouter(dependencies=[allow("cashier")])
        router.add_api_route("/till", lambda: 1, methods=[method])
        with pytest.raises(TypeError, match=r"/till.*without a cause"):
            made(router)
        router = APIRouter(dependencies=[allow("cashier"), without_cause("only a test")])
        router.add_api_route("/till", lambda: 1, methods=[method])
        assert made(router)


def test_a_role_nobody_has_cannot_be_allowed() -> None:
    with pytest.raises(TypeError, match="organiser"):
        allow("admin")  # pyright: ignore[reportArgumentType] # that is the test
    with pytest.raises(TypeError):
        allow()


def test_the_access_table_tells_whom_each_route_serves(app: FastAPI) -> None:
    table = {(method, path): roles for method, path, roles in access_table(app)}
    assert table["POST", "/orders"] == ("buyer",)
    assert table["GET", "/me"] == ("signed-in",)
    assert table["GET", "/tarts"] == ("anyone",)
    assert table["GET", "/livez"] == ("anyone",)


def test_two_rules_on_one_route_leave_those_whom_both_serve() -> None:
    router = APIRouter(dependencies=[allow("host", "organiser")])

    @router.get("/rundown", dependencies=[public])
    async def rundown(caller: Annotated[Caller, allow("organiser", "merchant")]) -> None: ...

    assert ("GET", "/rundown", ("organiser",)) in access_table(made(router))


def test_a_rule_counts_however_deep_it_stands() -> None:
    async def till_of(caller: Annotated[Caller, allow("cashier")]) -> str:
        return caller.subject

    router = APIRouter()

    @router.get("/till")
    async def till(till: Annotated[str, Depends(till_of)]) -> None: ...

    assert ("GET", "/till", ("cashier",)) in access_table(made(router))


# Why it acts once.


@BOTH
@pytest.mark.parametrize("key", [None, "", "two words", "x" * 256, "clé", "tab\tbed"])
async def test_a_wish_without_a_usable_key_is_refused(
    path: str, key: str | None, stall: httpx.AsyncClient, buyer: dict[str, str]
) -> None:
    headers = [(b"Authorization", buyer["Authorization"].encode())]
    if key is not None:
        headers.append((b"Idempotency-Key", key.encode()))
    problem(await stall.post(path, json=GOOD, headers=headers), 400, "idempotency-key")


@BOTH
async def test_the_longest_key_is_taken(
    path: str, stall: httpx.AsyncClient, buyer: dict[str, str]
) -> None:
    headers = buyer | {"Idempotency-Key": "~" * 255}
    assert (await stall.post(path, json=GOOD, headers=headers)).status_code == 201


async def test_a_cause_carries_the_trail_of_the_request(
    issuer: Issuer, buyer: dict[str, str]
) -> None:
    seen: list[Cause] = []
    hot, ordinary = APIRouter(route_class=HotRoute), APIRouter()

    @hot.post("/hot", dependencies=[allow("buyer")])
    @ordinary.post("/ordinary", dependencies=[allow("buyer")])
    async def note(asked: Annotated[Cause, because]) -> None:
        seen.append(asked)

    verifier = Verifier(issuer.url, issuer.jwks, "feira")
    transport = httpx.ASGITransport(create_app("stall", hot, ordinary, verifier=verifier))
    async with httpx.AsyncClient(transport=transport, base_url="http://stall") as stall:
        parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        headers = {"X-Request-Id": "r1", "X-Correlation-Id": "c1", "traceparent": parent}
        for path in ("/hot", "/ordinary"):
            answer = await stall.post(path, headers=buyer | headers)
            assert answer.json() is None
            assert answer.headers["x-request-id"] == "r1"
            cause = seen.pop()
            assert cause.causation == "request:r1"
            assert (cause.correlation, cause.traceparent) == ("c1", parent)

        answer = await stall.post(
            "/hot", headers=buyer | {"X-Request-Id": "a b", "traceparent": "x"}
        )
        made_up = answer.headers["x-request-id"]
        assert made_up != "a b"
        assert seen[0].correlation == made_up
        assert seen[0].traceparent.startswith("00-")
    assert trail.current.get() is None


# Versions.


async def test_a_change_says_which_version_it_means(
    stall: httpx.AsyncClient, buyer: dict[str, str]
) -> None:
    async def put(tag: str | None) -> httpx.Response:
        headers = buyer | ({"If-Match": tag} if tag else {})
        return await stall.put("/orders/o1", json=GOOD, headers=headers)

    problem(await put(None), 428, "version-missing")
    problem(await put('"6"'), 412, "order.stale")
    for foreign in ('W/"7"', "7", '"7", "8"', '"abc"', '"٧"'):
        answer = await stall.put(
            "/orders/o1",
            json=GOOD,
            headers=[
                *((k.encode(), v.encode()) for k, v in buyer.items()),
                (b"If-Match", foreign.encode()),
            ],
        )
        problem(answer, 412, "stale")
    answer = await put('"7"')
    assert answer.json()["seen"] == 7
    assert answer.headers["etag"] == '"8"'
    assert (await put("*")).json()["seen"] is None


# How it says no.


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("missing", 404),
        ("conflict", 409),
        ("forbidden", 403),
        ("limit", 429),
        ("invalid", 422),
        ("stale", 412),
    ],
)
async def test_each_kind_of_refusal_has_its_status(
    kind: str, status: int, stall: httpx.AsyncClient
) -> None:
    told = problem(await stall.get(f"/refusals/{kind}"), status, "tart.no")
    assert told["detail"] == "No."


@BOTH
async def test_a_refusal_tells_its_facts_beside_the_standard_members(
    path: str, stall: httpx.AsyncClient, buyer: dict[str, str]
) -> None:
    wish = {"lines": [{"sku": "sold-out", "quantity": 1}]}
    told = problem(await stall.post(path, json=wish, headers=buyer), 409, "stock.sold-out")
    assert told["title"] == "Stock: sold out"
    assert told["sku"] == "sold-out"
    assert told["fact_status"] == "gone"


@BOTH
async def test_when_too_busy_it_says_when_to_come_back(
    path: str, stall: httpx.AsyncClient, buyer: dict[str, str]
) -> None:
    wish = {"lines": [{"sku": "busy", "quantity": 1}]}
    answer = await stall.post(path, json=wish, headers=buyer)
    problem(answer, 503, "busy")
    assert answer.headers["retry-after"] == "3"


@BOTH
async def test_a_fault_of_ours_keeps_its_inside_to_itself(
    path: str, stall: httpx.AsyncClient, buyer: dict[str, str]
) -> None:
    wish = {"lines": [{"sku": "broken", "quantity": 1}]}
    answer = await stall.post(path, json=wish, headers=buyer)
    problem(answer, 500, "fault")
    assert "oven" not in answer.text
    assert "RuntimeError" not in answer.text


async def test_while_the_database_is_away_callers_are_asked_to_come_back() -> None:
    mongo = Mongo("mongodb://127.0.0.1:1/?replicaSet=rs0", "stall")
    hot = APIRouter(route_class=HotRoute, dependencies=[public])
    ordinary = APIRouter(dependencies=[public])

    @hot.get("/hot")
    @ordinary.get("/ordinary")
    async def look() -> object:
        return await mongo["tarts"].find_one({})

    transport = httpx.ASGITransport(made(hot, ordinary))
    async with httpx.AsyncClient(transport=transport, base_url="http://stall") as stall:
        for path in ("/hot", "/ordinary"):
            answer = await stall.get(path)
            problem(answer, 503, "away")
            assert answer.headers["retry-after"] == "2"
            assert "127.0.0.1" not in answer.text
    await mongo.stop()


@BOTH
@pytest.mark.parametrize(
    ("wish", "location"),
    [
        ({"lines": [{"sku": "egg-tart", "quantity": "canary"}]}, "body.lines.0.quantity"),
        ({"lines": [{"sku": {"$ne": "canary"}, "quantity": 1}]}, "body.lines.0.sku"),
        ({"lines": [{"sku": "egg-tart", "quantity": 10}]}, "body.lines.0.quantity"),
        ({"lines": []}, "body.lines"),
        ({"lines": [{"sku": "a", "quantity": 1}], "price": "canary"}, "body.price"),
        ({}, "body.lines"),
        (["canary"], "body"),
    ],
    ids=str,
)
async def test_what_is_wrong_with_a_body_is_told_without_repeating_it(
    path: str, wish: object, location: str, stall: httpx.AsyncClient, buyer: dict[str, str]
) -> None:
    answer = await stall.post(path, json=wish, headers=buyer)
    told = problem(answer, 422, "invalid")
    assert [error["location"] for error in told["errors"]] == [location]
    assert "canary" not in answer.text


@BOTH
@pytest.mark.parametrize("body", [b"{", b"tart", b'{"lines": [}', b'{"lines": []} tart', b"\xff"])
async def test_broken_json_is_called_that(
    path: str, body: bytes, stall: httpx.AsyncClient, buyer: dict[str, str]
) -> None:
    headers = buyer | {"Content-Type": "application/json"}
    problem(await stall.post(path, content=body, headers=headers), 400, "malformed")


@BOTH
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
async def test_what_does_not_say_it_is_json_is_not_read_as_json(
    path: str, kind: str | None, stall: httpx.AsyncClient, buyer: dict[str, str]
) -> None:
    headers = buyer | ({"Content-Type": kind} if kind else {})
    answer = await stall.post(path, content=json.dumps(GOOD).encode(), headers=headers)
    problem(answer, 415, "not-json")


@BOTH
async def test_no_body_is_a_missing_field(
    path: str, stall: httpx.AsyncClient, buyer: dict[str, str]
) -> None:
    told = problem(await stall.post(path, headers=buyer), 422, "invalid")
    assert told["errors"] == [{"location": "body", "message": "Field required"}]


@BOTH
async def test_json_nested_too_deep_is_not_parsed(
    path: str, stall: httpx.AsyncClient, buyer: dict[str, str]
) -> None:
    headers = buyer | {"Content-Type": "application/json"}
    for body in (b"[" * 33 + b"]" * 33, b"[" * 100_000, b'{"a":' * 33 + b"1" + b"}" * 33):
        problem(await stall.post(path, content=body, headers=headers), 400, "too-deep")
    shallow = b"[" * 32 + b"]" * 32
    problem(await stall.post(path, content=shallow, headers=headers), 422, "invalid")


@pytest.mark.parametrize("path", ["/orders", "/unhurried/orders", "/echo"])
async def test_a_body_too_large_is_not_taken(
    path: str, stall: httpx.AsyncClient, buyer: dict[str, str]
) -> None:
    answer = await stall.post(path, content=b"x" * (LIMIT + 1), headers=buyer)
    problem(answer, 413, "too-large")
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("path", ["/orders", "/unhurried/orders", "/echo"])
async def test_a_body_of_unknown_length_is_counted_as_it_comes(
    path: str, stall: httpx.AsyncClient, buyer: dict[str, str]
) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while taken < 64 * LIMIT:
            taken += 65_536
            yield b"x" * 65_536

    answer = await asyncio.wait_for(stall.post(path, content=endless(), headers=buyer), 10)
    problem(answer, 413, "too-large")
    assert taken <= LIMIT + 2 * 65_536


@pytest.mark.parametrize("path", ["/orders", "/unhurried/orders", "/echo"])
async def test_a_body_that_says_it_is_too_large_is_not_even_begun(
    path: str, stall: httpx.AsyncClient, buyer: dict[str, str]
) -> None:
    async def never_sent() -> AsyncIterator[bytes]:
        raise AssertionError("this was not to be read")
        yield b""

    headers = buyer | {"Content-Length": str(LIMIT + 1)}
    problem(await stall.post(path, content=never_sent(), headers=headers), 413, "too-large")


async def test_a_body_of_just_the_limit_is_taken(stall: httpx.AsyncClient) -> None:
    answer = await stall.post("/echo", content=b"x" * LIMIT)
    assert answer.json() == {"bytes": LIMIT}


async def test_paths_and_methods_nobody_knows_are_problems_too(stall: httpx.AsyncClient) -> None:
    problem(await stall.get("/nothing"), 404, "not-found")
    problem(await stall.get("/tarts/"), 404, "not-found")
    answer = await stall.patch("/orders/o1")
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "PUT"


async def test_a_path_names_all_the_methods_it_has() -> None:
    router = APIRouter(dependencies=[public, without_cause("a test")])
    for method in ("GET", "DELETE", "PUT"):
        router.add_api_route("/stalls/{name}", lambda: 1, methods=[method])
    transport = httpx.ASGITransport(made(router))
    async with httpx.AsyncClient(transport=transport, base_url="http://stall") as stall:
        answer = await stall.post("/stalls/s1")
        problem(answer, 405, "method-not-allowed")
        assert answer.headers["allow"] == "DELETE, GET, PUT"


# Pages.


async def test_a_list_is_read_page_by_page_to_its_end(stall: httpx.AsyncClient) -> None:
    seen: list[str] = []
    url = "/tarts?limit=3"
    while url:
        answer = await stall.get(url)
        seen += answer.json()["items"]
        url = answer.links["next"]["url"] if "next" in answer.links else ""
        assert bool(url) == bool(answer.json()["next"])
    assert seen == [f"tart-{number}" for number in range(7)]


@pytest.mark.parametrize(
    "cursor",
    ["x", "", "W10", "WzEsMSwiYSJd!", "WzIsMSwiYSJd", "WzEseyIkbmUiOjF9LCJhIl0", "ä", "A" * 600],
)
async def test_a_cursor_that_was_tampered_with_is_refused(
    cursor: str, stall: httpx.AsyncClient
) -> None:
    problem(await stall.get("/tarts", params={"cursor": cursor}), 400, "cursor")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "many"])
async def test_a_page_has_one_to_a_hundred_items(limit: str, stall: httpx.AsyncClient) -> None:
    problem(await stall.get("/tarts", params={"limit": limit}), 422, "invalid")


# Hot routes.


def test_a_hot_route_takes_only_what_it_can_take_fast() -> None:
    hot = APIRouter(route_class=HotRoute, dependencies=[public, without_cause("a test")])

    async def with_query(a: int) -> None: ...
    async def with_header(a: Annotated[str, Header()]) -> None: ...
    async def with_dependency(a: Annotated[int, Depends(lambda: 1)]) -> None: ...
    def not_async() -> None: ...

    for endpoint in (with_query, with_header, with_dependency, not_async):
        with pytest.raises(TypeError, match="a hot route"):
            hot.add_api_route("/x", endpoint, methods=["POST"])


def test_a_hot_route_cannot_be_given_rules_it_would_not_see() -> None:
    hot, outer = APIRouter(route_class=HotRoute, dependencies=[public]), APIRouter()

    @hot.get("/x")
    async def x() -> None: ...

    outer.include_router(hot, dependencies=[allow("organiser")])
    with pytest.raises(TypeError, match="/x"):
        made(outer)


# What it says about itself.


async def test_every_request_is_counted_by_its_template(
    stall: httpx.AsyncClient, buyer: dict[str, str]
) -> None:
    await stall.post("/orders", json=GOOD, headers=buyer)
    await stall.post("/orders/o1/lines", json={"sku": "a", "quantity": 1}, headers=buyer)
    await stall.get("/no/such/thing")
    await stall.request("BREW", "/me")
    text = (await stall.get("/metrics")).text
    for labels in (
        'method="POST",route="/orders",status="201"',
        'method="POST",route="/orders/{order_id}/lines",status="201"',
        'method="GET",route="unmatched",status="404"',
        'method="other",route="/me",status="405"',
    ):
        assert f"feira_http_request_seconds_count{{{labels}}}" in text
    assert "/no/such/thing" not in text
    assert "BREW" not in text


async def test_pages_of_a_named_origin_may_call_and_others_may_not(
    stall: httpx.AsyncClient,
) -> None:
    for origin, allowed in (("https://fair.example", True), ("https://evil.example", False)):
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        answer = await stall.options("/orders", headers=asked)
        assert (answer.headers.get("access-control-allow-origin") == origin) is allowed
        answer = await stall.get("/tarts", headers={"Origin": origin})
        assert (answer.headers.get("access-control-allow-origin") == origin) is allowed


async def test_the_openapi_page_tells_how_each_route_may_answer(stall: httpx.AsyncClient) -> None:
    page = (await stall.get("/openapi.json")).json()

    for path in ("/orders", "/unhurried/orders"):
        order = page["paths"][path]["post"]
        assert order["security"] == [{"bearer": []}]
        statuses = {"201", "400", "401", "403", "409", "413", "415", "422", "429", "503"}
        assert set(order["responses"]) == statuses
        (key,) = [each for each in order["parameters"] if each["name"] == "Idempotency-Key"]
        assert key["required"]
    change = page["paths"]["/orders/{order_id}"]["put"]
    assert {"404", "412", "428"} <= set(change["responses"])
    assert [each["required"] for each in change["parameters"] if each["name"] == "If-Match"] == [
        True
    ]
    listing = page["paths"]["/tarts"]["get"]
    assert "security" not in listing
    assert set(listing["responses"]) == {"200", "400", "422"}
    assert "/livez" not in page["paths"]
    assert "HTTPValidationError" not in json.dumps(page)


async def test_every_error_of_the_openapi_page_is_a_problem_with_an_example(
    stall: httpx.AsyncClient,
) -> None:
    page = (await stall.get("/openapi.json")).json()
    for name, response in page["components"]["responses"].items():
        content = response["content"]["application/problem+json"]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
        assert content["example"]["status"] == int(name.removeprefix("Problem"))
    assert page["components"]["securitySchemes"]["bearer"]["bearerFormat"] == "JWT"


def test_no_route_of_the_stall_slipped_past_the_api_routes(app: FastAPI) -> None:
    paths = {route.path for route in app.routes if isinstance(route, APIRoute)}
    assert {"/orders", "/tarts", "/readyz", "/metrics"} <= paths
