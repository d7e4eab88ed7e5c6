"""Who may call what: every route of every service, tried with every role."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from deploy import SERVICES
from deploy.language.hearers import assembled
from shared.platform.service import Service
from shared.platform.web.auth import Verifier, access_table

ROLES = ("organiser", "merchant", "host", "cashier", "buyer", "operator", "integrator")
OPEN = ("anyone", "signed-in")


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest, stack: dict[str, Any]) -> Service:
    """A service that nothing but tokens reach: its servers are not there."""
    built = assembled(request.param)
    env = stack["env"]
    verifier = Verifier(env["FEIRA_ISSUER"], env["FEIRA_JWKS"], env["FEIRA_AUDIENCE"])
    return Service(built.settings, routers=built.routers, verifier=verifier)


async def test_whoever_is_not_named_is_turned_away_at_every_door(
    service: Service, token: Callable[..., str]
) -> None:
    app = service.app()
    tokens = {role: token(role, f"some-{role}", merchant_id="m01") for role in ROLES}
    tried = 0
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://here"
    ) as client:
        for method, path, allowed in access_table(app):
            if set(allowed) & set(OPEN):
                continue
            place = re.sub(r"\{[^}]+\}", "x1", path)
            sent = {"Idempotency-Key": "k", "If-Match": '"1"'}
            assert (await client.request(method, place, headers=sent)).status_code == 401, place
            for role in set(ROLES) - set(allowed):
                bearer = {**sent, "Authorization": f"Bearer {tokens[role]}"}
                answer = await client.request(method, place, headers=bearer)
                assert answer.status_code == 403, f"{role} {method} {path}: {answer.status_code}"
                tried += 1
    assert tried > 10


async def test_nobody_but_those_meant_is_let_in_without_a_token(service: Service) -> None:
    """What is open is open on purpose; a new open door has to be added here."""
    open_doors = {
        f"{method} {path}"
        for method, path, allowed in access_table(service.app())
        if "anyone" in allowed and method != "GET"
    }
    assert open_doors <= {
        "POST /payments/callbacks/{provider}",
        "POST /customs/callbacks",
        "POST /carrier/callbacks",
        "POST /rooms/{session_id}/heartbeat",
        "POST /rooms/{session_id}/cards",
        "POST /impressions",
    }
