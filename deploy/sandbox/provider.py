"""The payment provider's door: its API over HTTP, for merchants, buyers and auditors."""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Literal
from urllib.parse import urlsplit

import httpx
import orjson
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.sandbox import payments, paypage
from deploy.sandbox.callbacks import Callback, Courier
from deploy.sandbox.faults import Chance, Faults, Pay, Plan
from deploy.sandbox.ledger import Ledger
from deploy.sandbox.payments import Payment, Refunded, Refused, Signature
from deploy.sandbox.problem import Problem, json, number, read

Endpoint = Callable[[Request], Awaitable[Response]]
LONGEST_KEY = 255


def moment(at: datetime | None = None) -> str:
    at = at or datetime.now(UTC)
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _sendable(url: str) -> str:
    try:
        sent_to = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError(str(error)) from error
    # Two readers must agree on it: the one that sends, and the one that picks the lane by host.
    read = urlsplit(url)
    if read.scheme not in {"http", "https"} or not (
        read.hostname and sent_to.host and read.port != 0
    ):
        raise ValueError("must be an http or https URL")
    return url


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is out of the calendar") from error


class NewPayment(BaseModel):
    """A merchant asks for money."""

    model_config = ConfigDict(strict=True, extra="forbid")

    merchant_order: Annotated[str, Field(min_length=1, max_length=128)]
    amount: Annotated[int, Field(ge=1, le=10**12)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    callback_url: Annotated[str, Field(max_length=2048), AfterValidator(_sendable)]
    expires_at: Annotated[AwareDatetime, AfterValidator(_in_utc)] | None = None
    capture: Literal["immediate", "manual"] = "immediate"
    signature: Signature = "hmac-sha256"


class Capture(BaseModel):
    """A merchant takes what was set aside: all of it, whether or not it says how much that is."""

    model_config = ConfigDict(strict=True, extra="forbid")

    amount: Annotated[int, Field(ge=1, le=10**12)] | None = None


class NewRefund(BaseModel):
    """A merchant gives money back."""

    model_config = ConfigDict(strict=True, extra="forbid")

    amount: Annotated[int, Field(ge=1, le=10**12)]
    reason: Annotated[str, Field(max_length=500)] = ""


class Provider:
    """Takes payments, tells of them, gives money back."""

    def __init__(self, ledger: Ledger, courier: Courier, key: str, url: str) -> None:
        self._ledger = ledger
        self._courier = courier
        self._bearer = f"Bearer {key}".encode()
        self._url = url
        self._chance = Chance(Faults())

    def routes(self) -> list[Route]:
        payment = "/payments/{payment_id}"
        return [
            Route("/payments", self._merchant(self.create), methods=["POST"]),
            Route("/payments", self._merchant(self.find), methods=["GET"]),
            Route(payment, self._merchant(self.show), methods=["GET"]),
            Route(f"{payment}/capture", self._merchant(self.capture), methods=["POST"]),
            Route(f"{payment}/void", self._merchant(self.void), methods=["POST"]),
            Route(f"{payment}/refunds", self._merchant(self.refund), methods=["POST"]),
            Route(f"{payment}/refunds/{{refund_id}}", self._merchant(self.show_refund)),
            Route(f"{payment}/pay", self.pay, methods=["POST"]),
            Route(f"{payment}/pay", self.show_page, methods=["GET"]),
            Route(f"{payment}/page", self.pay_on_page, methods=["POST"]),
            Route("/ledger", self.totals, methods=["GET"]),
            Route("/ledger/entries", self.entries, methods=["GET"]),
            Route("/faults", self.order_faults, methods=["POST"]),
            Route("/faults", self.show_faults, methods=["GET"]),
            Route("/faults", self.end_faults, methods=["DELETE"]),
        ]

    def resume(self) -> None:
        """After a restart, call back about whatever was not answered before it."""
        for payment in self._ledger.unanswered():
            self._call_back(payment, Plan("succeeded", lost=False, leaves=(0.0,)))

    async def create(self, request: Request) -> Response:
        wish = await read(request, NewPayment)
        under = _under(request, wish)
        made = self._ledger.made_under("payments", under)
        if made is None:
            made = f"pay_{secrets.token_hex(12)}"
            asked = payments.Created(
                payment_id=made,
                at=moment(),
                merchant_order=wish.merchant_order,
                amount=wish.amount,
                currency=wish.currency,
                callback_url=wish.callback_url,
                expires_at=moment(wish.expires_at) if wish.expires_at else None,
                capture=wish.capture,
                signature=wish.signature,
                key=under.key,
                fingerprint=under.fingerprint,
            )
            self._ledger.record(asked)
        asked = self._ledger.payment(made).asked
        return json({**self._named(asked), "status": "pending"}, HTTPStatus.CREATED)

    async def find(self, request: Request) -> Response:
        merchant_order = request.query_params.get("merchant_order")
        if not merchant_order:
            raise Problem(
                HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_query", "merchant_order must be given"
            )
        now = moment()
        found = [self._view(payment, now) for payment in self._ledger.of_order(merchant_order)]
        return json({"payments": found})

    async def show(self, request: Request) -> Response:
        return json(self._view(self._payment(request), moment()))

    async def pay(self, request: Request) -> Response:
        wish = await read(request, Pay)
        now = moment()
        return json(self._view(self._pay(self._payment(request), wish, now), now))

    async def show_page(self, request: Request) -> Response:
        """Where a buyer with a browser pays."""
        payment = self._payment(request)
        return paypage.page(payment, payment.status_at(moment()))

    async def pay_on_page(self, request: Request) -> Response:
        """A buyer pressed one of the page's two buttons; a second press changes nothing."""
        payment, now = self._payment(request), moment()
        if payment.status_at(now) == "pending":
            outcome = "succeed" if "succeed" in request.query_params else "fail"
            payment = self._pay(payment, Pay(outcome=outcome), now)
        return paypage.page(payment, payment.status_at(now))

    def _pay(self, payment: Payment, wish: Pay, now: str) -> Payment:
        plan = self._chance.plan(wish)
        notify_id = f"ntf_{secrets.token_hex(12)}"
        payment = self._ledger.record(
            payments.settle(payment, plan.outcome, notify_id=notify_id, lost=plan.lost, now=now)
        )
        self._call_back(payment, plan)
        return payment

    async def capture(self, request: Request) -> Response:
        wish = await read(request, Capture)
        payment = self._payment(request)
        if wish.amount not in (None, payment.asked.amount):
            raise Refused("mismatch", "not_the_amount", "a payment is captured whole")
        now = moment()
        fact = payments.capture(payment, notify_id=f"ntf_{secrets.token_hex(12)}", now=now)
        if fact:
            plan = self._chance.plan(Pay(outcome="succeed"))
            payment = self._ledger.record(replace(fact, lost=plan.lost))
            self._call_back(payment, plan)
        return json(self._view(payment, now))

    async def void(self, request: Request) -> Response:
        payment = self._payment(request)
        now = moment()
        fact = payments.void(payment, now=now)
        return json(self._view(self._ledger.record(fact) if fact else payment, now))

    async def refund(self, request: Request) -> Response:
        wish = await read(request, NewRefund)
        under = _under(request, wish)
        payment = self._payment(request)
        made = self._ledger.made_under(payment.asked.payment_id, under)
        if made is None:
            made = f"ref_{secrets.token_hex(12)}"
            fact = payments.refund(
                payment, wish.amount, wish.reason, refund_id=made, under=under, now=moment()
            )
            payment = self._ledger.record(fact)
        fact = next(known for known in payment.refunds if known.refund_id == made)
        return json(_refund_view(payment, fact), HTTPStatus.CREATED)

    async def show_refund(self, request: Request) -> Response:
        payment = self._payment(request)
        for refund in payment.refunds:
            if refund.refund_id == request.path_params["refund_id"]:
                return json(_refund_view(payment, refund))
        raise Refused("missing", "no_such_refund", "no refund of this payment has this id")

    async def totals(self, _: Request) -> Response:
        return json(self._ledger.totals(moment()))

    async def entries(self, request: Request) -> Response:
        cursor = number(request, "cursor", 0, 10**12)
        page, following = self._ledger.page(cursor, number(request, "limit", 500, 1_000) or 1)
        now = moment()
        entries = [
            {
                "payment_id": payment.asked.payment_id,
                "merchant_order": payment.asked.merchant_order,
                "status": payment.status_at(now),
                "captured": payment.captured,
                "refunded": payment.refunded,
                "currency": payment.asked.currency,
            }
            for payment in page
        ]
        return json({"entries": entries, "next_cursor": following})

    async def order_faults(self, request: Request) -> Response:
        self._chance = Chance(await read(request, Faults))
        return await self.show_faults(request)

    async def show_faults(self, _: Request) -> Response:
        return json(self._chance.faults.model_dump())

    async def end_faults(self, _: Request) -> Response:
        self._chance = Chance(Faults())
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def _merchant(self, act: Endpoint) -> Endpoint:
        """Wrap what only the merchant may ask, and what may fail under it on demand."""

        async def guarded(request: Request) -> Response:
            given = request.headers.get("Authorization", "").encode("latin-1")
            if not hmac.compare_digest(given, self._bearer):
                raise Problem(HTTPStatus.UNAUTHORIZED, "wrong_key", "the API key is not known")
            failing = self._chance.http_error()
            if failing != "before":
                response = await act(request)
                await _keep_silent(request, self._chance.silence())
                if failing is None:
                    return response
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE, "fault", "out of order on demand; ask again"
            )

        return guarded

    def _payment(self, request: Request) -> Payment:
        return self._ledger.payment(request.path_params["payment_id"])

    def _call_back(self, payment: Payment, plan: Plan) -> None:
        asked, settled = payment.asked, payment.settled
        if settled is None:
            return
        told: dict[str, object] = {
            "notify_id": settled.notify_id,
            "payment_id": asked.payment_id,
            "merchant_order": asked.merchant_order,
            "status": settled.outcome,
            "amount": asked.amount + plan.wrong_amount,
            "currency": asked.currency,
            "occurred_at": settled.at,
        }

        def taken() -> None:
            now = self._ledger.payment(asked.payment_id)
            if now.settled == settled and not now.answered:
                self._ledger.record(payments.Answered(asked.payment_id, moment()))

        true = Callback(
            asked.callback_url, orjson.dumps(told), taken, asked.signature, replay=plan.replay
        )
        for trick in plan.tricks:
            # Who lies says that there is money, whatever happened.
            body = orjson.dumps(told | {"status": "succeeded"})
            self._courier.send(replace(true, body=body, taken=_nothing, trick=trick, replay=False))
        for after in () if plan.lost else plan.leaves:
            self._courier.send(true, after=after)

    def _named(self, asked: payments.Created) -> dict[str, object]:
        return {
            "payment_id": asked.payment_id,
            "merchant_order": asked.merchant_order,
            "amount": asked.amount,
            "currency": asked.currency,
            "created_at": asked.at,
            "expires_at": asked.expires_at,
            "pay_url": f"{self._url}/payments/{asked.payment_id}/pay",
        }

    def _view(self, payment: Payment, now: str) -> dict[str, object]:
        return {
            **self._named(payment.asked),
            "status": payment.status_at(now),
            "captured": payment.captured,
            "refunded": payment.refunded,
            "occurred_at": payment.settled.at if payment.settled else None,
            "notify_id": payment.settled.notify_id if payment.settled else None,
            "refunds": [_refund_view(payment, refund) for refund in payment.refunds],
        }


def _refund_view(payment: Payment, refund: Refunded) -> dict[str, object]:
    return {
        "refund_id": refund.refund_id,
        "payment_id": refund.payment_id,
        "merchant_order": payment.asked.merchant_order,
        "status": "succeeded",
        "amount": refund.amount,
        "currency": payment.asked.currency,
        "reason": refund.reason,
        "occurred_at": refund.at,
    }


async def _keep_silent(request: Request, seconds: float) -> None:
    """Say nothing for a while, or until nobody listens any more."""
    if seconds:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while (await request.receive())["type"] != "http.disconnect":
                    pass


def _nothing() -> None:
    """Nobody is told of what a trick came to."""


def _under(request: Request, wish: BaseModel) -> payments.Request:
    key = request.headers.get("Idempotency-Key", "")
    if not 1 <= len(key) <= LONGEST_KEY:
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            "key_required",
            f"an Idempotency-Key of 1 to {LONGEST_KEY} characters is required",
        )
    canonical = wish.model_dump_json().encode()
    return payments.Request(key, hashlib.blake2b(canonical, digest_size=16).hexdigest())
