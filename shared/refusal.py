"""How a rule says no."""

from typing import Literal

Kind = Literal["missing", "conflict", "forbidden", "limit", "invalid", "stale"]
"""Why not: no such thing; not as things stand; not yours; enough for now; not acceptable as given;
decided on an old picture. One place (`platform/web/problem.py`) knows which HTTP status each is."""


class Refused(Exception):
    """A business no. It fails the one who asked and changes nothing.

    Attributes:
        code: What is wrong, dotted, stable, for programs: `stock.sold-out`.
        kind: Which sort of no it is.
        detail: One sentence for a person.
        facts: What helps the asker to do better, as plain JSON values; `retry_after` in whole
            seconds is told in the header of this name too.
    """

    def __init__(
        self, code: str, detail: str = "", *, kind: Kind = "conflict", **facts: object
    ) -> None:
        super().__init__(code, detail)
        self.code = code
        self.kind: Kind = kind
        self.detail = detail
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


class Busy(Exception):
    """Too much at once: nothing was done, ask again after *retry_after* seconds."""

    def __init__(self, retry_after: float = 1.0) -> None:
        super().__init__(f"busy, retry after {retry_after:g} s")
        self.retry_after = retry_after
