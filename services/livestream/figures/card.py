"""The card of a product in one session: who had it in view, who tapped it. Rules, pure."""

from dataclasses import dataclass, replace

from services.livestream.figures.sketch import EMPTY, grown
from shared.events.ids import derived_id
from shared.platform.change.aggregate import Note


@dataclass(frozen=True, slots=True)
class CardMeasured(Note):
    """What one replica counted of one product's card in some seconds, as sketches of viewers.

    Attributes:
        exposed: Who had it in view; whoever tapped it is among them.
        clicked: Who tapped it, to order.
    """

    card_id: str
    session_id: str
    sku: str
    exposed: bytes = EMPTY
    clicked: bytes = EMPTY


@dataclass(frozen=True, slots=True)
class Card:
    """What was counted of a product's card, whether pinned or on deal; its id is of both."""

    id: str
    session_id: str = ""
    sku: str = ""
    exposed: bytes = EMPTY
    clicked: bytes = EMPTY


def card_id(session_id: str, sku: str) -> str:
    """The id of a product's card in one session."""
    return derived_id(session_id, sku)


def evolve(card: Card, fact: object) -> Card:
    match fact:
        case CardMeasured(card_id=card.id):
            return replace(
                card,
                session_id=fact.session_id,
                sku=fact.sku,
                exposed=grown(card.exposed, fact.exposed),
                clicked=grown(card.clicked, fact.clicked),
            )
        case _:
            return card
