"""Hosts over HTTP: organisers vouch for them."""

from datetime import date
from typing import Annotated, Self

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.livestream.directing.floor import Floor
from services.livestream.directing.host import Host, HostVouched, Licence, LicenceKind
from services.livestream.queries import Queries
from services.livestream.routes.callers import Because, organiser
from shared.events.ids import BuyerId
from shared.platform.web.version import Seen, etag


class LicenceWish(BaseModel):
    """What the host's rooms may sell, through the day *until*."""

    model_config = ConfigDict(extra="forbid")

    kind: LicenceKind
    until: date


class HostWish(BaseModel):
    """What an organiser has looked at: identity, age, a guardian's consent, licences."""

    model_config = ConfigDict(extra="forbid")

    verified_until: date
    born_on: date
    guardian_consent: bool = False
    licences: Annotated[tuple[LicenceWish, ...], Field(max_length=20)] = ()


class HostView(HostWish):
    """What is vouched for."""

    host_id: BuyerId

    @classmethod
    def of(cls, host: Host) -> Self:
        return cls.model_validate(
            {
                "host_id": host.id,
                "verified_until": host.verified_until,
                "born_on": host.born_on,
                "guardian_consent": host.guardian_consent,
                "licences": [{"kind": one.kind, "until": one.until} for one in host.licences],
            }
        )


def routes(floor: Floor, queries: Queries) -> APIRouter:
    router = APIRouter(prefix="/hosts", tags=["hosts"])

    @router.put("/{host_id}", dependencies=[organiser])
    async def vouch(
        host_id: BuyerId, wish: HostWish, *, asked: Because, seen: Seen, response: Response
    ) -> HostView:
        """Vouch for a host, or anew on what you have seen (If-Match)."""
        said = HostVouched(
            host_id,
            wish.verified_until,
            wish.born_on,
            wish.guardian_consent,
            tuple(Licence(one.kind, one.until.isoformat()) for one in wish.licences),
        )
        await floor.vouch(said, seen, asked)
        return await shown(host_id, response)

    @router.get("/{host_id}", dependencies=[organiser])
    async def look(host_id: BuyerId, response: Response) -> HostView:
        """Show what is vouched for."""
        return await shown(host_id, response)

    async def shown(host_id: str, response: Response) -> HostView:
        host, version = await queries.host(host_id)
        etag(response, version)
        return HostView.of(host)

    return router
