"""Who asks, as the rules see them."""

from typing import Annotated, TypeAlias

from services.livestream.session import Asker, Session
from shared.platform.change.cause import Cause
from shared.platform.web.auth import Caller, allow
from shared.platform.web.idempotency import because

Director: TypeAlias = Annotated[Caller, allow("host", "organiser")]
"""Who runs sessions; the rules see to it that a host runs their own."""
Organiser: TypeAlias = Annotated[Caller, allow("organiser")]
Insider: TypeAlias = Annotated[Caller, allow("host", "organiser", "operator")]

Because: TypeAlias = Annotated[Cause, because]


def asker(caller: Caller) -> Asker:
    return Asker(
        caller.subject, organises="organiser" in caller.roles, hosts="host" in caller.roles
    )


def is_insider(caller: Caller, session: Session) -> bool:
    """Whether *caller* runs the session or the festival, and sees what is not public yet."""
    if caller.roles & {"organiser", "operator"}:
        return True
    return "host" in caller.roles and session.host_id == caller.subject
