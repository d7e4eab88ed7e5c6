"""Names of things: short strings that mean nothing but themselves."""

from typing import Annotated, Literal, TypeAlias

import uuid_utils
from pydantic import StringConstraints

Id: TypeAlias = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$")
]

OrganisationId: TypeAlias = Id
AgreementId: TypeAlias = Id
FestivalId: TypeAlias = Id
ActivityId: TypeAlias = Id
ZoneId: TypeAlias = Id
MerchantId: TypeAlias = Id
ListingId: TypeAlias = Id
Sku: TypeAlias = Id
SessionId: TypeAlias = Id
DealId: TypeAlias = Id
CouponId: TypeAlias = Id
OrderId: TypeAlias = Id
PaymentId: TypeAlias = Id
BuyerId: TypeAlias = Annotated[
    str, StringConstraints(min_length=1, max_length=255, pattern=r"^[A-Za-z0-9._:|@+=~-]+$")
]
"""An opaque reference to a person, as the issuer of tokens writes it (RFC 7519 §4.1.2: `sub`, at
most 255 characters in OpenID Connect); who that is stays with the issuer.
"""
PersonToken: TypeAlias = Annotated[str, StringConstraints(pattern=r"^person-[a-z2-7]{32}$")]
"""One real person in place of their name and ID number, whatever accounts they have. Only the
vault of orders can tell who that is.
"""
ConsigneeToken: TypeAlias = Annotated[str, StringConstraints(pattern=r"^consignee-[a-z2-7]{32}$")]
"""Who receives a parcel, and where, in place of name, phone and address."""
MessageId: TypeAlias = Id
EndpointId: TypeAlias = Id

Channel: TypeAlias = Literal["booth", "live", "online"]
"""Where a sale happens: the offline fair, a live room, or the shelf between them."""

Locale: TypeAlias = Literal["pt", "zh-Hant", "zh-Hans", "en"]


def new_id() -> str:
    """A new id, unique, roughly in order of time (UUID version 7, RFC 9562)."""
    return str(uuid_utils.uuid7())


def derived_id(*parts: str) -> str:
    """An id that the same parts always have (UUID version 5, RFC 9562)."""
    return str(uuid_utils.uuid5(uuid_utils.NAMESPACE_OID, "\0".join(parts)))
