"""Evidence of a session: who sold, what was put right, what was recorded, until when it is kept."""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, NonNegativeInt, PositiveInt, StringConstraints

from shared.events.ids import Id, MerchantId, Sku
from shared.events.livestream.session import SessionEvent
from shared.events.text import Text


class SellerDisclosed(SessionEvent, type="feira.livestream.session.seller-disclosed"):
    """The room has shown who sells the product that is pinned (SPC 2022 art. 12)."""

    sku: Sku
    merchant_id: MerchantId
    legal_name: Text
    address: str | None = None
    contact: str | None = None
    sequence: PositiveInt
    offset_ms: NonNegativeInt


class CorrectionIssued(SessionEvent, type="feira.livestream.session.correction-issued"):
    """Something said in the room was wrong and has been put right (SAMR and CAC Order 117 art. 31).

    `number` counts the corrections of a session.
    """

    number: PositiveInt
    said: str
    corrected: str
    offset_ms: NonNegativeInt


class RecordingRegistered(SessionEvent, type="feira.livestream.session.recording-registered"):
    """The session is recorded; its offset 0 is *started_at* - *began_at* into the recording."""

    manifest: str
    began_at: AwareDatetime
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None


class AiLabelMissed(SessionEvent, type="feira.livestream.session.ai-label-missed"):
    """The room of an AI host no longer says that it is labelled as one: an incident.

    The label must be shown all along (SAMR and CAC Order 117 art. 37); *since* is when it last was.
    """

    since: AwareDatetime
    offset_ms: NonNegativeInt


class AiLabelRestored(SessionEvent, type="feira.livestream.session.ai-label-restored"):
    """The label of the AI host is shown again."""

    offset_ms: NonNegativeInt


class LegalHoldPlaced(SessionEvent, type="feira.livestream.session.legal-hold-placed"):
    """The evidence is needed in a case: it is kept, whatever the date."""

    reference: Id


class LegalHoldLifted(SessionEvent, type="feira.livestream.session.legal-hold-lifted"):
    """The evidence is no longer needed in a case."""


class EvidenceDeleted(SessionEvent, type="feira.livestream.session.evidence-deleted"):
    """The evidence had been kept for long enough, and is gone."""

    retain_until: date
    at: AwareDatetime
