"""The provider's book: every payment in memory, every fact first in an append-only file."""

import os
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from deploy.sandbox.payments import (
    Answered,
    Captured,
    Created,
    Fact,
    Payment,
    Refunded,
    Refused,
    Request,
    Settled,
    Voided,
    evolve,
)

FACTS: dict[str, type[Fact]] = {
    "created": Created,
    "settled": Settled,
    "captured": Captured,
    "answered": Answered,
    "voided": Voided,
    "refunded": Refunded,
}
NAMES = {kind: name for name, kind in FACTS.items()}


class BrokenBook(Exception):
    """The file holds a line that is no fact of ours."""


class Ledger:
    """All payments, changed only by recording a fact."""

    def __init__(self, path: Path | None = None) -> None:
        self._payments: dict[str, Payment] = {}
        self._by_order: dict[str, list[str]] = {}
        self._requests: dict[tuple[str, str], tuple[str, str]] = {}
        self._file: int | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._replay(path)
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def record(self, fact: Fact) -> Payment:
        if self._file is not None:
            line = orjson.dumps([NAMES[type(fact)], fact], option=orjson.OPT_APPEND_NEWLINE)
            written = os.write(self._file, line)
            if written != len(line):
                os.ftruncate(self._file, os.fstat(self._file).st_size - written)
                raise OSError("the ledger's file took half a line; is the disk full?")
        return self._apply(fact)

    def payment(self, payment_id: str) -> Payment:
        payment = self._payments.get(payment_id)
        if payment is None:
            raise Refused("missing", "no_such_payment", "no payment has this id")
        return payment

    def of_order(self, merchant_order: str) -> list[Payment]:
        return [self._payments[known] for known in self._by_order.get(merchant_order, ())]

    def made_under(self, scope: str, request: Request) -> str | None:
        """Tell what this request made before, if it was here; its key never serves another body."""
        known = self._requests.get((scope, request.key))
        if known is None:
            return None
        fingerprint, made = known
        if fingerprint != request.fingerprint:
            raise Refused("mismatch", "key_reused", "this Idempotency-Key came with another body")
        return made

    def unanswered(self) -> Iterator[Payment]:
        """Settled payments whose merchant should still hear of it."""
        for payment in self._payments.values():
            if payment.settled and not payment.settled.lost and not payment.answered:
                yield payment

    def page(self, cursor: int, limit: int) -> tuple[list[Payment], str | None]:
        end = cursor + limit
        page = list(islice(self._payments.values(), cursor, end))
        return page, str(end) if end < len(self._payments) else None

    def totals(self, now: str) -> dict[str, object]:
        """Add up from the payments themselves: a running total could only agree or lie."""
        captured: Counter[str] = Counter()
        refunded: Counter[str] = Counter()
        by_status: Counter[str] = Counter()
        for payment in self._payments.values():
            by_status[payment.status_at(now)] += 1
            if payment.captured:
                captured[payment.asked.currency] += payment.captured
                refunded[payment.asked.currency] += payment.refunded
        return {
            "captured": dict(captured),
            "refunded": dict(refunded),
            "payments": len(self._payments),
            "by_status": dict(by_status),
        }

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _apply(self, fact: Fact) -> Payment:
        payment_id = fact.payment_id
        payment = evolve(self._payments.get(payment_id), fact)
        self._payments[payment_id] = payment
        match fact:
            case Created():
                self._by_order.setdefault(fact.merchant_order, []).append(payment_id)
                self._requests["payments", fact.key] = fact.fingerprint, payment_id
            case Refunded():
                self._requests[payment_id, fact.key] = fact.fingerprint, fact.refund_id
            case _:
                pass  # the other facts name nothing new
        return payment

    def _replay(self, path: Path) -> None:
        if not path.exists():
            return
        whole = 0
        with path.open("r+b") as file:
            for place, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    break  # the process died in the middle of this line: it was never answered for
                try:
                    self._apply(_fact(line))
                except (ValueError, TypeError, KeyError, Refused) as error:
                    raise BrokenBook(
                        f"{path}, line {place} is not a fact of this ledger"
                    ) from error
                whole += len(line)
            file.truncate(whole)


def _fact(line: bytes) -> Fact:
    name, fields = orjson.loads(line)
    kind: Any = FACTS[name]
    return kind(**fields)
