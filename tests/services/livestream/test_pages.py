"""The pages as livestream serves them: what is let in, kept, packed, and left to the service."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from services.livestream.app import assemble
from services.livestream.settings import LivestreamSettings
from tests.support.serving import serving, settings_for

VIDEO = ["https://video.example", "https://*.cdn.example", "http://127.0.0.1:8000"]
INDEX, SCRIPT = "<!doctype html><title>Feira</title>", "export const tarts = 12;\n" * 40


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(INDEX)
    (tmp_path / "assets" / "room-1a2b3c.js").write_text(SCRIPT)
    return tmp_path


@pytest.fixture
async def http(
    stack: dict[str, Any], database: str, built: Path
) -> AsyncIterator[httpx.AsyncClient]:
    settings = settings_for(
        LivestreamSettings,
        stack["env"],
        database=database,
        web=str(built),
        web_catalog="https://catalog.example/api",
        web_orders="https://orders.example",
        web_video="https://video.example/{session_id}/index.m3u8",
        web_video_origins="https://*.cdn.example http://127.0.0.1:8000",
    )
    async with (
        serving(assemble(settings)) as url,
        httpx.AsyncClient(base_url=url, headers={"Accept-Encoding": ""}) as http,
    ):
        yield http


async def test_a_page_may_run_and_reach_nothing_but_what_is_named(http: httpx.AsyncClient) -> None:
    page = await http.get("/")
    assert (page.status_code, page.text) == (200, INDEX)
    policy = dict(
        each.strip().partition(" ")[::2]
        for each in page.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"].split() == [
        "'self'",
        "https://catalog.example",
        "https://orders.example",
        *VIDEO,
    ]
    assert policy["media-src"].split() == ["'self'", "blob:", *VIDEO]
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert page.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "origins", ["https://a.example; script-src *", "'unsafe-inline'", "a.example", "https://*", "*"]
)
def test_nothing_but_origins_gets_into_the_policy(origins: str) -> None:
    with pytest.raises(ValidationError, match="web_video_origins"):
        LivestreamSettings.model_validate({"web_video_origins": origins})


async def test_the_pages_are_told_where_everybody_is_and_that_nobody_hands_out_tokens(
    http: httpx.AsyncClient,
) -> None:
    told = (await http.get("/config.json")).json()
    assert told["catalog"] == "https://catalog.example/api"
    assert told["livestream"] == ""
    assert told["demo"] is False


async def test_what_is_named_by_its_content_is_kept_for_ever_and_the_rest_is_asked_about(
    http: httpx.AsyncClient,
) -> None:
    script, page = await http.get("/assets/room-1a2b3c.js"), await http.get("/")
    assert "immutable" in script.headers["cache-control"]
    assert page.headers["cache-control"] == "no-cache"
    again = await http.get("/", headers={"If-None-Match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_text_comes_packed_to_who_takes_it(http: httpx.AsyncClient) -> None:
    async with http.stream(
        "GET", "/assets/room-1a2b3c.js", headers={"Accept-Encoding": "gzip"}
    ) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert len(raw) < len(SCRIPT)
    assert gzip.decompress(raw).decode() == SCRIPT
    assert (await http.get("/assets/room-1a2b3c.js")).text == SCRIPT


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/assets/../config.py", 404),
        ("POST", "/", 405),
        ("GET", "/rooms/nowhere", 404),
        ("GET", "/livez", 200),
    ],
)
async def test_what_is_no_file_is_the_services_to_answer(
    method: str, path: str, status: int, http: httpx.AsyncClient
) -> None:
    answer = await http.request(method, path)
    assert answer.status_code == status
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
