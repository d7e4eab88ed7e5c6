"""Hot routes on the wire: however a request comes, it is answered as by the ordinary route."""

import asyncio
import json
from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

import pytest
from fastapi import APIRouter, FastAPI
from starlette.responses import Response, StreamingResponse
from starlette.types import Scope

from shared.platform.web import wire
from shared.platform.web.auth import public
from shared.platform.web.hot import Answer, HotRoute, HotRoutes
from tests.services.platform.issuer import Issuer
from tests.services.platform.stall import StallSettings, assemble
from tests.support.serving import serving

HOT, ORDINARY = "/orders", "/unhurried/orders"
WISH = json.dumps({"lines": [{"sku": "egg-tart", "quantity": 2}]}).encode()
LARGE = json.dumps({"lines": [{"sku": "egg-tart", "quantity": 2}], " ": 100_000 * "x"}).encode()


@pytest.fixture(scope="module")
async def issuer() -> AsyncGenerator[Issuer]:
    async with Issuer.open() as issuer:
        yield issuer


@pytest.fixture(scope="module")
async def port(issuer: Issuer) -> AsyncGenerator[int]:
    settings = StallSettings(
        kafka="nowhere:1",
        mongo="mongodb://nowhere",  # pyright: ignore[reportArgumentType] # as it stands outside
        issuer=issuer.url,
        jwks=issuer.jwks,
        database="stall",
        port=0,
        origins="https://fair.example",
    )
    async with serving(assemble(settings)) as url:
        yield urlsplit(url).port or 0


@pytest.fixture
def hot(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that were answered without ASGI."""
    seen: list[str] = []
    answer = wire.answer

    async def noted(route: HotRoute, scope: Scope, body: bytes) -> Answer:
        seen.append(scope["path"])
        return await answer(route, scope, body)

    monkeypatch.setattr(wire, "answer", noted)
    return seen


def request(
    path: str,
    issuer: Issuer,
    *more: str,
    body: bytes = WISH,
    version: str = "1.1",
    length: bool = True,
    key: str = "wish",
) -> bytes:
    head = [
        f"POST {path} HTTP/{version}",
        "Host: stall",
        "Content-Type: application/json",
        f"Authorization: Bearer {issuer.token('buyer')}",
        *([f"Idempotency-Key: {key}"] if key else []),
        *([f"Content-Length: {len(body)}"] if length else []),
        *more,
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


async def told(port: int, *pieces: bytes, answers: int = 1) -> list[tuple[int, dict[str, object]]]:
    """Send *pieces* on one connection, and read status and body of so many answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(10):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            found: list[tuple[int, dict[str, object]]] = []
            while len(found) < answers:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                if head.startswith("http/1.1 100 "):
                    continue
                assert "\r\nx-request-id: " in head
                assert "\r\nx-content-type-options: nosniff\r\n" in head
                length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
                body = json.loads(await reader.readexactly(length))
                for changing in ("instance", "cause"):  # the request's id, and its path
                    body.pop(changing, None)
                found.append((int(head.split()[1]), body))
            return found
    finally:
        writer.close()


def wish(sku: str) -> bytes:
    return json.dumps({"lines": [{"sku": sku, "quantity": 1}]}).encode()


@pytest.mark.parametrize(
    "asked",
    [
        (WISH, "wish", 201),
        (wish("sold-out"), "wish", 409),
        (wish("busy"), "wish", 503),
        (wish("broken"), "wish", 500),
        (wish("no sku"), "wish", 422),
        (b"[" * 40 + b"]" * 40, "wish", 400),
        (b"{", "wish", 400),
        (WISH, "", 400),
    ],
)
async def test_a_plain_request_is_answered_at_once_and_like_the_ordinary_one(
    asked: tuple[bytes, str, int], port: int, issuer: Issuer, hot: list[str]
) -> None:
    body, key, status = asked
    [ours] = await told(port, request(HOT, issuer, body=body, key=key))
    assert hot == [HOT]
    assert ours == (await told(port, request(ORDINARY, issuer, body=body, key=key)))[0]
    assert ours[0] == status


@pytest.mark.parametrize("body", [b"", b"{", b"\x00\xff"])
async def test_a_hot_route_that_takes_the_request_reads_it_raw(
    body: bytes, port: int, issuer: Issuer, hot: list[str]
) -> None:
    [ours] = await told(port, request("/notices", issuer, body=body))
    assert hot == ["/notices"]
    assert ours == (200, {"kind": "application/json", "body": body.hex()})
    assert ours == (await told(port, request("/unhurried/notices", issuer, body=body)))[0]


@pytest.mark.parametrize(
    "asked", [("o1", 201), ("not%20an%20id", 422), ("a/b", 404), ("", 404)], ids=str
)
async def test_a_place_in_the_path_is_read_as_the_router_would(
    asked: tuple[str, int], port: int, issuer: Issuer, hot: list[str]
) -> None:
    order, status = asked
    path, body = f"/orders/{order}/lines", json.dumps({"sku": "egg-tart", "quantity": 2}).encode()
    [ours] = await told(port, request(path, issuer, body=body))
    assert hot == ([path] if status == 201 else [])
    assert ours == (await told(port, request(f"/unhurried{path}", issuer, body=body)))[0]
    assert ours[0] == status


def test_a_path_that_an_earlier_route_takes_is_left_to_the_router() -> None:
    fast = APIRouter(route_class=HotRoute, dependencies=[public])
    slow = APIRouter(dependencies=[public])

    @slow.get("/tarts/today")
    async def today() -> None: ...
    @fast.get("/tarts/{kind}")
    async def one(kind: str) -> None: ...
    @fast.get("/pies/{kind}")
    async def pie(kind: str) -> None: ...

    app = FastAPI()
    for router in (slow, fast):
        app.router.routes.extend(router.routes)
    routes = HotRoutes(app)
    assert routes.find("GET", "/tarts/egg") is None
    assert routes.find("GET", "/tarts/today") is None
    found = routes.find("GET", "/pies/pork")
    assert found
    assert (found[0].path, found[1]) == ("/pies/{kind}", {"kind": "pork"})
    assert routes.find("POST", "/pies/pork") is None


def test_a_route_may_word_its_answer_itself_and_one_that_goes_on_is_left_to_the_router() -> None:
    fast = APIRouter(route_class=HotRoute, dependencies=[public])

    @fast.post("/receipts", response_class=Response)
    async def receipt() -> Response: ...
    @fast.get("/prices", response_class=StreamingResponse)
    async def prices() -> Response: ...

    app = FastAPI()
    app.router.routes.extend(fast.routes)
    routes = HotRoutes(app)
    assert routes.find("POST", "/receipts")
    assert routes.find("GET", "/prices") is None


@pytest.mark.parametrize("unusual", ["origin", "expect", "old", "closing", "large", "query"])
async def test_what_is_unusual_goes_the_ordinary_way_and_is_answered_alike(
    unusual: str, port: int, issuer: Issuer, hot: list[str]
) -> None:
    def asked(path: str) -> bytes:
        match unusual:
            case "origin":
                return request(path, issuer, "Origin: https://fair.example")
            case "expect":
                return request(path, issuer, "Expect: 100-continue")
            case "old":
                return request(path, issuer, version="1.0")
            case "closing":
                return request(path, issuer, "Connection: close")
            case "large":
                return request(path, issuer, body=LARGE)
            case _:
                return request(f"{path}?a=b", issuer)

    assert await told(port, asked(HOT)) == await told(port, asked(ORDINARY))
    assert hot == []


async def test_a_body_in_chunks_goes_the_ordinary_way(
    port: int, issuer: Issuer, hot: list[str]
) -> None:
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(WISH), WISH)
    asked = request(HOT, issuer, "Transfer-Encoding: chunked", body=chunks, length=False)
    [(status, _)] = await told(port, asked)
    assert (status, hot) == (201, [])


async def test_a_request_that_comes_in_pieces_is_whole_before_it_is_answered(
    port: int, issuer: Issuer, hot: list[str]
) -> None:
    asked = request(HOT, issuer)
    [(status, placed)] = await told(port, asked[:40], asked[40:-5], asked[-5:])
    assert (status, placed["units"], hot) == (201, 2, [HOT])


async def test_requests_sent_before_the_first_is_answered_are_answered_in_their_order(
    port: int, issuer: Issuer
) -> None:
    asked = [
        request(HOT, issuer, body=wish(sku), key=f"wish-{n}")
        for n, sku in enumerate(("egg-tart", "sold-out", "egg-tart", "busy"))
    ]
    found = await told(port, b"".join(asked), answers=4)
    assert [status for status, _ in found] == [201, 409, 201, 503]


async def test_a_connection_serves_one_request_after_the_other(
    port: int, issuer: Issuer, hot: list[str]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for path in (HOT, ORDINARY, HOT):
        writer.write(request(path, issuer))
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        assert head.startswith(b"http/1.1 201 ")
        await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
    writer.close()
    assert hot == [HOT, HOT]
