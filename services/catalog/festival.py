"""A festival: its days, its programme of 1+9+N activities, its opening and its closing."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, model_validator

from services.catalog.window import Window, window
from services.catalog.wish import Day, Instant, Wish
from shared.events.catalog import (
    Activity,
    FestivalAnnounced,
    FestivalClosed,
    FestivalEvent,
    FestivalOpened,
    FestivalRevised,
    ProgrammePublished,
)
from shared.events.ids import ActivityId
from shared.events.text import Text
from shared.platform.change.aggregate import Note
from shared.refusal import Refused

OPENINGS, MAIN_ACTIVITIES = 1, 9
"""The 1 and the 9 of 1+9+N."""

MOST_ACTIVITIES = 60


def _known(timezone: str) -> str:
    try:
        return ZoneInfo(timezone).key
    except (KeyError, ValueError, OSError):
        raise ValueError("it should be a time zone such as Asia/Shanghai") from None


class Plan(Wish):
    """What a festival is called, and from which day to which it is held."""

    titles: Text
    starts_on: Day
    ends_on: Day
    timezone: Annotated[str, AfterValidator(_known)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.starts_on > self.ends_on:
            raise ValueError("a festival ends on the day it starts, or later")
        return self

    @property
    def days(self) -> Window:
        """From the first midnight to the last, where the festival is."""
        there = ZoneInfo(self.timezone)
        return Window(
            datetime.combine(self.starts_on, time.min, there),
            datetime.combine(self.ends_on + timedelta(days=1), time.min, there),
        )


class Item(Wish):
    """What an activity of the programme is to be."""

    kind: Literal["opening", "main", "promotion"]
    titles: Text
    starts_at: Instant
    ends_at: Instant


@dataclass(frozen=True, slots=True)
class ActivityDrafted(Note):
    """An activity is in the draft of the programme, or is another one there now."""

    festival_id: str
    activity: Activity


@dataclass(frozen=True, slots=True)
class ActivityStruck(Note):
    """An activity is no longer in the draft."""

    festival_id: str
    activity_id: str


@dataclass(frozen=True, slots=True)
class Festival:
    """How a festival stands.

    Attributes:
        starts_on: The first day, as ISO 8601 text: MongoDB knows instants only.
        ends_on: The last day, likewise.
        draft: The programme being worked on.
        programme: The programme as it was last published.
    """

    id: str
    status: Literal["new", "announced", "published", "open", "closed"] = "new"
    titles: Text | None = None
    starts_on: str = ""
    ends_on: str = ""
    timezone: str = ""
    draft: tuple[Activity, ...] = ()
    programme: tuple[Activity, ...] = ()

    @property
    def plan(self) -> Plan | None:
        """What was announced; None of a festival that is not."""
        if self.titles is None:
            return None
        return Plan(
            titles=self.titles,
            starts_on=date.fromisoformat(self.starts_on),
            ends_on=date.fromisoformat(self.ends_on),
            timezone=self.timezone,
        )


def announced(festival: Festival) -> Plan:
    """What was announced; who speaks of a festival that is not there is told so."""
    if festival.plan is None:
        raise Refused("festival.unknown", "There is no such festival.", kind="missing")
    return festival.plan


def running(festival: Festival) -> Plan:
    """The same of a festival that is not over."""
    plan = announced(festival)
    if festival.status == "closed":
        raise Refused("festival.closed", "The festival is over.")
    return plan


def day_of(festival: Festival, moment: datetime) -> str:
    """The calendar day of *moment* where the festival is; in UTC if that was never said."""
    return moment.astimezone(ZoneInfo(festival.timezone or "UTC")).date().isoformat()


def announce(festival: Festival, plan: Plan) -> list[FestivalAnnounced | FestivalRevised]:
    """There will be a festival, or it will be another one; what is published stays inside it."""
    if festival.plan == plan:
        return []
    if festival.plan is not None:
        running(festival)
    _inside(plan, festival.programme)
    said = FestivalAnnounced if festival.plan is None else FestivalRevised
    return [said(festival_id=festival.id, **dict(plan))]


def draft(festival: Festival, activity_id: ActivityId, item: Item) -> list[ActivityDrafted]:
    """Put an activity into the draft, or another in its place."""
    running(festival)
    window(item.starts_at, item.ends_at)
    activity = Activity(activity_id=activity_id, **dict(item))
    if activity in festival.draft:
        return []
    if len(festival.draft) >= MOST_ACTIVITIES and not drafted(festival, activity_id):
        raise Refused("programme.full", f"A programme has {MOST_ACTIVITIES} activities at most.")
    return [ActivityDrafted(festival.id, activity)]


def drafted(festival: Festival, activity_id: str) -> bool:
    """Whether the draft has such an activity."""
    return any(activity.activity_id == activity_id for activity in festival.draft)


def strike(festival: Festival, activity_id: str) -> list[ActivityStruck]:
    """Take an activity out of the draft."""
    running(festival)
    if not drafted(festival, activity_id):
        return []
    return [ActivityStruck(festival.id, activity_id)]


def publish(festival: Festival) -> list[ProgrammePublished]:
    """The programme stands, if it is one opening, nine main activities and N promotions."""
    plan = running(festival)
    kinds = Counter(activity.kind for activity in festival.draft)
    if (kinds["opening"], kinds["main"]) != (OPENINGS, MAIN_ACTIVITIES):
        raise Refused(
            "programme.incomplete",
            f"A programme has {OPENINGS} opening and {MAIN_ACTIVITIES} main activities; "
            f"this one has {kinds['opening']} and {kinds['main']}, "
            f"and {kinds['promotion']} promotions.",
            openings=kinds["opening"],
            main_activities=kinds["main"],
            promotions=kinds["promotion"],
        )
    _inside(plan, festival.draft)
    if festival.draft == festival.programme:
        return []
    return [ProgrammePublished(festival_id=festival.id, activities=festival.draft)]


def _inside(plan: Plan, activities: tuple[Activity, ...]) -> None:
    outside = [
        activity.activity_id
        for activity in activities
        if not Window(activity.starts_at, activity.ends_at).within(plan.days)
    ]
    if outside:
        raise Refused(
            "programme.outside",
            "Not all activities are on days of the festival.",
            activities=outside,
        )


def declare_open(festival: Festival) -> list[FestivalOpened]:
    """The opening ceremony was held."""
    running(festival)
    if festival.status == "announced":
        raise Refused("festival.unpublished", "A festival opens once its programme is published.")
    return [FestivalOpened(festival_id=festival.id)] if festival.status == "published" else []


def declare_closed(festival: Festival) -> list[FestivalClosed]:
    """The festival is over."""
    announced(festival)
    if festival.status == "closed":
        return []
    if festival.status != "open":
        raise Refused("festival.unopened", "A festival closes once it has been opened.")
    return [FestivalClosed(festival_id=festival.id)]


def evolve(festival: Festival, fact: object) -> Festival:
    match fact:
        case FestivalEvent() if fact.festival_id != festival.id:
            return festival
        case FestivalAnnounced() | FestivalRevised():
            return replace(
                festival,
                status="announced" if festival.status == "new" else festival.status,
                titles=fact.titles,
                starts_on=fact.starts_on.isoformat(),
                ends_on=fact.ends_on.isoformat(),
                timezone=fact.timezone,
            )
        case ActivityDrafted(festival_id=festival.id):
            others = _without(festival.draft, fact.activity.activity_id)
            return replace(festival, draft=_in_order((*others, fact.activity)))
        case ActivityStruck(festival_id=festival.id):
            return replace(festival, draft=_without(festival.draft, fact.activity_id))
        case ProgrammePublished():
            status = "published" if festival.status == "announced" else festival.status
            return replace(festival, status=status, programme=fact.activities)
        case FestivalOpened():
            return replace(festival, status="open")
        case FestivalClosed():
            return replace(festival, status="closed")
        case _:
            return festival


def _without(activities: tuple[Activity, ...], activity_id: str) -> tuple[Activity, ...]:
    return tuple(activity for activity in activities if activity.activity_id != activity_id)


def _in_order(activities: tuple[Activity, ...]) -> tuple[Activity, ...]:
    return tuple(sorted(activities, key=lambda one: (one.starts_at, one.activity_id)))
