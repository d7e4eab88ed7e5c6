"""The customs' door: documents from three parties, a decision, and telling of it.

Kept in memory: what is filed are names and identities, which belong on no disk of a sandbox.
After a restart customs knows of no order; whoever then files again under the same keys stands
where it stood.
"""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Literal

import orjson
from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.sandbox.callbacks import Callback, Courier
from deploy.sandbox.counter import Counter, Endpoint, Percent, Trouble
from deploy.sandbox.declarations import (
    ACCEPTED,
    KINDS,
    RELEASED,
    Code,
    Filed,
    Kind,
    LogisticsFiled,
    OrderFiled,
    OrderNo,
    PaymentFiled,
    Text,
    Verdict,
    counted,
    judge,
    person_year,
)
from deploy.sandbox.ledger import Ledger
from deploy.sandbox.payments import Refused
from deploy.sandbox.problem import json, read
from deploy.sandbox.provider import moment

Reason = Annotated[str, StringConstraints(pattern=r"^[A-Z_]{1,40}$")]

CURRENCIES = {"CNY": "142", "HKD": "110", "MOP": "121"}  # the customs' own numbers
OTHER_PERSON = ("王小明", "11010519491231002X")  # the example of GB 11643: nobody


class CustomsTrouble(Trouble):
    """What shall go wrong with orders whose documents are complete; `delay_ms` is the decision's.

    Attributes:
        hold_percent: Held for an inspection, though all is well.
        reject_percent: Rejected under `reject_code`, though all is well.
        other_payer_percent: The payment firm knows the payer as somebody else.
    """

    hold_percent: Percent = 0
    reject_percent: Percent = 0
    reject_code: Reason = "NOT_ON_THE_LIST"
    other_payer_percent: Percent = 0


class Declare(BaseModel):
    """A merchant asks the payment firm to file a payment under the number of an order."""

    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel)

    order_no: OrderNo
    payer_name: Text
    payer_id_number: Code


class Decide(BaseModel):
    """An officer decides by hand."""

    model_config = ConfigDict(strict=True, extra="forbid")

    status: Literal["released", "held", "rejected"]
    code: Reason | None = None


@dataclass(slots=True)
class Case:
    """All that customs knows of one order; never printed, for most of it is personal."""

    order_no: str
    at: str
    filed: dict[Kind, Filed] = field(default_factory=dict[Kind, Filed], repr=False)
    receipts: dict[Kind, str] = field(default_factory=dict[Kind, str])
    verdict: Verdict = ACCEPTED
    revision: int = 0

    @property
    def decided(self) -> bool:
        return self.verdict.status in ("released", "rejected")

    def missing(self) -> list[Kind]:
        return [kind for kind in KINDS if kind not in self.filed]

    def complete(self) -> tuple[OrderFiled, PaymentFiled, LogisticsFiled] | None:
        match [self.filed.get(kind) for kind in KINDS]:
            case [OrderFiled() as order, PaymentFiled() as payment, LogisticsFiled() as logistics]:
                return order, payment, logistics
            case _:
                return None

    def view(self) -> dict[str, object]:
        """Tell where the order stands, naming nobody."""
        return {
            "orderNo": self.order_no,
            "status": self.verdict.status,
            "code": self.verdict.code,
            "fields": [
                {"field": name, "documents": documents} for name, documents in self.verdict.fields
            ],
            "missing": self.missing(),
            "revision": self.revision,
            "occurredAt": self.at,
        }


class Customs:
    """Takes documents, compares them, decides, tells."""

    def __init__(self, ledger: Ledger, courier: Courier, key: str) -> None:
        self._ledger = ledger
        self._courier = courier
        self._counter = Counter(CustomsTrouble, key)
        self._cases: dict[str, Case] = {}
        self._used: defaultdict[tuple[str, int], int] = defaultdict(int)
        self.watchers: list[Callable[[str, str], None]] = []
        """Told the waybill and the status whenever an order is decided."""

    def routes(self) -> list[Route]:
        guarded = self._counter.guarded
        order = "/customs/orders/{order_no}"
        return [
            Route("/customs/orders", guarded(self._taking(OrderFiled)), methods=["POST"]),
            Route("/customs/payments", guarded(self._taking(PaymentFiled)), methods=["POST"]),
            Route("/customs/logistics", guarded(self._taking(LogisticsFiled)), methods=["POST"]),
            Route(order, guarded(self.show), methods=["GET"]),
            Route(f"{order}/decision", self.decide, methods=["POST"]),
            Route("/payments/{payment_id}/customs", guarded(self.declare), methods=["POST"]),
            *self._counter.routes("/customs/faults"),
        ]

    def file(self, document: Filed) -> dict[str, object]:
        """Take a document; one that says something else corrects the one that came before it.

        Refuses to correct what is decided.
        """
        order_no, kind = document.order_no, document.kind
        case = self._cases.get(order_no) or Case(order_no, moment())
        if case.filed.get(kind) != document:
            if case.decided:
                raise Refused("conflict", "decided", f"the order is {case.verdict.status}")
            self._cases[order_no] = case
            case.filed[kind] = document
            case.receipts[kind] = f"rcp_{secrets.token_hex(12)}"
            case.verdict = ACCEPTED
            case.revision += 1
            self._decide_in_time(case)
        return {
            "orderNo": order_no,
            "document": kind,
            "receiptNo": case.receipts[kind],
            "status": "accepted",
        }

    def released(self, order_no: str) -> bool:
        case = self._cases.get(order_no)
        return case is not None and case.verdict.status == "released"

    async def show(self, request: Request) -> Response:
        return json(self._case(request).view())

    async def decide(self, request: Request) -> Response:
        wish = await read(request, Decide)
        case = self._case(request)
        documents = case.complete()
        if documents is None:
            raise Refused("conflict", "documents_missing", "not all documents have come")
        if case.decided:
            raise Refused("conflict", "decided", f"the order is {case.verdict.status}")
        self._settle(case, Verdict(wish.status, wish.code), documents[0])
        return json(case.view())

    async def declare(self, request: Request) -> Response:
        """File the payment document, as the payment firm: it knows what was paid, and by whom."""
        wish = await read(request, Declare)
        payment = self._ledger.payment(request.path_params["payment_id"])
        paid = payment.captured - payment.refunded
        if not paid:
            raise Refused("conflict", "nothing_paid", "there is no money to declare")

        def file(_: str) -> object:
            payer = wish.payer_name, wish.payer_id_number
            if self._counter.strikes(self._counter.trouble.other_payer_percent):
                payer = OTHER_PERSON
            document = PaymentFiled.model_validate(
                {
                    "orderNo": wish.order_no,
                    "payTransactionId": payment.asked.payment_id,
                    "payerIdType": "1",
                    "payerName": payer[0],
                    "payerIdNumber": payer[1],
                    "amountPaid": f"{paid // 100}.{paid % 100:02d}",
                    "currency": CURRENCIES.get(payment.asked.currency, "000"),
                }
            )
            same = payer == (wish.payer_name, wish.payer_id_number)
            return self.file(document) | {"identity": "same" if same else "different"}

        return self._counter.once(request, f"declare:{payment.asked.payment_id}", wish, file)

    def _taking(self, model: type[Filed]) -> Endpoint:
        async def take(request: Request) -> Response:
            document = await read(request, model)
            return self._counter.once(request, model.kind, document, lambda _: self.file(document))

        return take

    def _case(self, request: Request) -> Case:
        case = self._cases.get(request.path_params["order_no"])
        if case is None:
            raise Refused("missing", "no_such_order", "no document of this order has come")
        return case

    def _decide_in_time(self, case: Case) -> None:
        delay = self._counter.trouble.delay_ms / 1000
        if delay:
            asyncio.get_running_loop().call_later(delay, self._decide, case, case.revision)
        else:
            self._decide(case, case.revision)

    def _decide(self, case: Case, revision: int) -> None:
        documents = case.complete()
        if documents is None or case.revision != revision:
            return  # not yet; or another document came meanwhile, or an officer was quicker
        trouble, strikes = self._counter.trouble, self._counter.strikes
        verdict = judge(*documents, self._used[person_year(documents[0], datetime.now(UTC))])
        if verdict == RELEASED and strikes(trouble.hold_percent):
            verdict = Verdict("held", "INSPECTION")
        elif verdict == RELEASED and strikes(trouble.reject_percent):
            verdict = Verdict("rejected", trouble.reject_code)
        self._settle(case, verdict, documents[0])

    def _settle(self, case: Case, verdict: Verdict, order: OrderFiled) -> None:
        case.verdict, case.at = verdict, moment()
        case.revision += 1
        if verdict.status == "released":
            self._used[person_year(order, datetime.now(UTC))] += counted(order)
        lost = self._counter.strikes(self._counter.trouble.lost_percent)
        if order.callback_url and not lost:
            body = orjson.dumps(case.view())
            self._courier.send(Callback(str(order.callback_url), body, lambda: None))
        for watcher in self.watchers:
            watcher(order.logistics_no, verdict.status)
