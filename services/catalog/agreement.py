"""An agreement between organisations: valid only when all its parties have signed."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from services.catalog.organisation import Organisation
from services.catalog.wish import Organisations, Wish
from shared.events.catalog import (
    AgreementConcluded,
    AgreementDrafted,
    AgreementEvent,
    AgreementRevised,
    AgreementSigned,
    Commitment,
)
from shared.events.text import Text
from shared.refusal import Refused

FEWEST_PARTIES = 2


class Draft(Wish):
    """What is to be agreed, by whom, before whom."""

    titles: Text
    parties: Organisations
    witnesses: Organisations = ()
    commitments: Annotated[tuple[Commitment, ...], Field(max_length=50)] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """Which office signed for a party, and when. Offices are kept, not persons."""

    party: str
    office: str | None
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How an agreement stands."""

    id: str
    status: Literal["new", "draft", "partially-signed", "concluded"] = "new"
    draft: Draft | None = None
    signatures: tuple[Signature, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """The parties that have not signed."""
        signed = {signature.party for signature in self.signatures}
        return (
            tuple(party for party in self.draft.parties if party not in signed)
            if (self.draft)
            else ()
        )


def draft(
    agreement: Agreement, wanted: Draft, named: dict[str, Organisation]
) -> list[AgreementDrafted | AgreementRevised]:
    """The text stands, or another does as long as nobody has signed; *named* are those in it."""
    if agreement.draft == wanted:
        return []
    if agreement.signatures:
        raise Refused("agreement.signed", "What has been signed is not changed any more.")
    _check(wanted, named)
    said = AgreementDrafted if agreement.status == "new" else AgreementRevised
    return [
        said(
            agreement_id=agreement.id,
            titles=wanted.titles,
            parties=wanted.parties,
            witnesses=wanted.witnesses,
            commitments=wanted.commitments,
        )
    ]


def _check(wanted: Draft, named: dict[str, Organisation]) -> None:
    everybody = (*wanted.parties, *wanted.witnesses)
    codes = [commitment.code for commitment in wanted.commitments]
    if len(wanted.parties) < FEWEST_PARTIES:
        raise Refused("agreement.parties", "It takes two parties to agree.", kind="invalid")
    if len(set(everybody)) != len(everybody):
        raise Refused(
            "agreement.twice", "Nobody is in it twice, as party or as witness.", kind="invalid"
        )
    if len(set(codes)) != len(codes):
        raise Refused("agreement.commitments", "Each commitment stands once.", kind="invalid")
    unknown = sorted(name for name in everybody if named[name].status == "new")
    if unknown:
        raise Refused(
            "organisation.unknown",
            "Not all of them are registered.",
            kind="invalid",
            organisations=unknown,
        )


def sign(
    agreement: Agreement, party: str, office: str, now: datetime
) -> list[AgreementSigned | AgreementConcluded]:
    """An office signs for a party; with the last signature the agreement is valid."""
    if agreement.draft is None:
        raise Refused("agreement.unknown", "There is no such agreement.", kind="missing")
    if party not in agreement.draft.parties:
        raise Refused("agreement.no-party", "It is no party of this agreement.", kind="invalid")
    if party not in agreement.missing:
        raise Refused("agreement.signed-already", "This party has signed already.")
    signed = AgreementSigned(agreement_id=agreement.id, party=party, office=office, signed_at=now)
    if evolve(agreement, signed).missing:
        return [signed]
    concluded = AgreementConcluded(agreement_id=agreement.id, parties=agreement.draft.parties)
    return [signed, concluded]


def evolve(agreement: Agreement, fact: object) -> Agreement:
    match fact:
        case AgreementEvent() if fact.agreement_id != agreement.id:
            return agreement
        case AgreementDrafted() | AgreementRevised():
            text = Draft(
                titles=fact.titles,
                parties=fact.parties,
                witnesses=fact.witnesses,
                commitments=fact.commitments,
            )
            return replace(agreement, status="draft", draft=text)
        case AgreementSigned():
            signature = Signature(fact.party, fact.office, fact.signed_at)
            return replace(
                agreement,
                status="partially-signed",
                signatures=(*agreement.signatures, signature),
            )
        case AgreementConcluded():
            return replace(agreement, status="concluded")
        case _:
            return agreement
