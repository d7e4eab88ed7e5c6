"""Who asks, as the rules see them."""

from datetime import UTC, datetime
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, AwareDatetime

from services.livestream.directing.session import Asker, Session
from shared.platform.change.cause import Cause
from shared.platform.web.auth import Caller, allow, public
from shared.platform.web.idempotency import because
from shared.refusal import Refused

Director: TypeAlias = Annotated[Caller, allow("host", "organiser")]
"""Who runs sessions; the rules see to it that a host runs their own."""
organiser = allow("organiser")
Organiser: TypeAlias = Annotated[Caller, organiser]
Anybody: TypeAlias = Annotated[Caller, public]
Crew: TypeAlias = Annotated[Caller, allow("buyer", "host", "organiser")]
"""Who may have a part in a session; the rules see to it that they do."""
Insider: TypeAlias = Annotated[Caller, allow("host", "organiser", "operator")]

Because: TypeAlias = Annotated[Cause, because]


def _utc(moment: datetime) -> datetime:
    try:
        whole = moment.microsecond // 1000 * 1000  # what MongoDB keeps
        return moment.astimezone(UTC).replace(microsecond=whole)
    except OverflowError:
        raise ValueError("out of range") from None


Instant: TypeAlias = Annotated[AwareDatetime, AfterValidator(_utc)]


def asker(caller: Caller) -> Asker:
    return Asker(
        caller.subject, organises="organiser" in caller.roles, hosts="host" in caller.roles
    )


def is_insider(caller: Caller, session: Session) -> bool:
    """Whether *caller* runs the session or the festival, and sees what is not public yet."""
    if caller.roles & {"organiser", "operator"}:
        return True
    return "host" in caller.roles and session.host_id == caller.subject


def must_be_insider(caller: Caller, session: Session) -> None:
    """Refuse whoever does not run the session or the festival: to them it is not there."""
    if not is_insider(caller, session):
        raise Refused("session.unknown", "There is no such session.", kind="missing")
