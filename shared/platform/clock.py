"""What time it is here; decisions use the database's clock instead (`View.at`)."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The time now, UTC, in whole milliseconds: what MongoDB keeps and the envelope tells."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
