"""Shanghai: on which day, and in which year, something happens as China's customs count."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

_ZONE = ZoneInfo("Asia/Shanghai")


def day_of(moment: datetime) -> date:
    """The day, by which rates and rules are found. *moment* knows its zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} does not say in which zone it is")
    return moment.astimezone(_ZONE).date()


def year_of(moment: datetime) -> int:
    """The calendar year, for which a person's limit counts."""
    return day_of(moment).year
