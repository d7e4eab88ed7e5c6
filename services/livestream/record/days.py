"""Days: the law counts them where the buyers are, in China's one time zone."""

from datetime import UTC, date, datetime, timedelta, timezone

_BEIJING = timezone(timedelta(hours=8))


def day_of(moment: datetime) -> date:
    """The day it is in China at *moment*."""
    return moment.astimezone(_BEIJING).date()


def first_moment(day: date) -> datetime:
    """When *day* begins in China."""
    return datetime(day.year, day.month, day.day, tzinfo=_BEIJING).astimezone(UTC)


def years_after(day: date, years: int) -> date:
    """The same day *years* later; where there is no 29 February, 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def years_between(born: date, day: date) -> int:
    """How old somebody *born* on a day is on another."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
