"""An organisation: it takes part without selling; an association, a bureau, a delegation."""

from dataclasses import dataclass
from typing import Literal

from services.catalog.wish import Label, Wish
from shared.events.catalog import OrganisationRegistered, OrganisationRevised
from shared.events.text import Text


class Entry(Wish):
    """What an organisation is called and what its part is."""

    names: Text
    role: Label


@dataclass(frozen=True, slots=True)
class Organisation:
    """How an organisation stands."""

    id: str
    status: Literal["new", "registered"] = "new"
    entry: Entry | None = None


def register(
    organisation: Organisation, entry: Entry
) -> list[OrganisationRegistered | OrganisationRevised]:
    """It takes part, or what is known of it is corrected."""
    if organisation.entry == entry:
        return []
    said = OrganisationRegistered if organisation.status == "new" else OrganisationRevised
    return [said(organisation_id=organisation.id, names=entry.names, role=entry.role)]


def evolve(organisation: Organisation, fact: object) -> Organisation:
    match fact:
        case (
            OrganisationRegistered(organisation_id=organisation.id)
            | OrganisationRevised(organisation_id=organisation.id)
        ):
            entry = Entry(names=fact.names, role=fact.role)
            return Organisation(organisation.id, "registered", entry)
        case _:
            return organisation
