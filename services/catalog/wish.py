"""What may be wished for: the base of all wishes, and the shapes of what stands in them."""

from datetime import UTC, date, datetime
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from shared.events.ids import OrganisationId

_FROM, _UNTIL = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def _as_kept(moment: datetime) -> datetime:
    """The same instant in UTC and whole milliseconds, as MongoDB gives it back."""
    utc = moment.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


Instant: TypeAlias = Annotated[AwareDatetime, Field(ge=_FROM, lt=_UNTIL), AfterValidator(_as_kept)]
"""A moment of these times; kept in UTC, so that equal wishes are equal."""

Day: TypeAlias = Annotated[date, Field(ge=_FROM.date(), lt=_UNTIL.date())]

Label: TypeAlias = Annotated[
    str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)
]
"""A few words in one language."""

Line: TypeAlias = Annotated[
    str,
    StringConstraints(
        min_length=1,
        max_length=300,
        strip_whitespace=True,
        pattern=r"^[^\x00-\x1f\x7f\u2028\u2029]+$",
    ),
]
"""One line, as it is printed and shown."""

Slug: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]

Country: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1, two letters."""

Organisations: TypeAlias = Annotated[tuple[OrganisationId, ...], Field(max_length=20)]


class Wish(BaseModel):
    """What somebody asks for, whatever door it came through."""

    model_config = ConfigDict(frozen=True, extra="forbid")
