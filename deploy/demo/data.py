"""The input: 60 products of 15 merchants, a 1+9+12 programme and its 6 sessions, as written down.

Where a field of the files names its source (`{"value": …, "source": …}`), only the value is read.
"""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from deploy.local.failure import Failure
from shared.events.text import Text

FOLDER = Path(__file__).parent / "data"

EXHIBIT_ONLY = "exhibit_only"
"""The flag of what is shown in the zone and never sold."""

FOR_THE_FAIR = 30
"""Units of each SKU that come on top of what the run-of-show sets aside; the files do not say."""

FOR_SHOW = 3
"""Units of a SKU that no run-of-show has."""


def _said(value: object) -> object:
    """Drop the source of a field that names one."""
    match value:
        case {"value": said}:
            return said  # pyright: ignore[reportUnknownVariableType] - pydantic looks at it next
        case _:
            return value


def _avos(value: object) -> object:
    """Read a decimal text as minor units of a currency with two decimals."""
    return int(Decimal(value) * 100) if isinstance(value, str) else value


Said = BeforeValidator(_said)
Avos = Annotated[int, BeforeValidator(_avos), Field(gt=0)]


class Record(BaseModel):
    """One thing of the files; what the demo has no use for is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Party(Record):
    """An organisation that takes part."""

    party_id: str
    role: str
    names: Text


class Commitment(Record):
    """What the parties promise each other."""

    code: str
    titles: Text


class Memorandum(Record):
    """The agreement signed on the opening day."""

    mou_id: str
    titles: Text
    signatories: tuple[str, ...]
    witnesses: tuple[str, ...]
    commitments: tuple[Commitment, ...]


class Activity(Record):
    """One entry of the 1+9+12."""

    activity_id: str
    kind: Literal["opening", "main", "promotion"]
    titles: Text
    starts_at: Annotated[AwareDatetime, Said]
    ends_at: Annotated[AwareDatetime, Said]


class Zone(Record):
    """Where the 60 are shown, for two days."""

    zone_id: str
    titles: Text
    first_day: Annotated[date, Said]
    last_day: Annotated[date, Said]
    product_count: Annotated[int, Said]
    opening_hours: Annotated[str, Said]

    @property
    def hours(self) -> tuple[str, str]:
        opens, closes = self.opening_hours.split("-")
        return opens, closes


class Slot(Record):
    """One place in a run-of-show."""

    position: int
    sku: str
    role: Literal["traffic", "benefit", "regular", "margin", "image"]
    price: Annotated[Avos, Field(alias="live_price_mop")]
    units: Annotated[int, Field(alias="allocated_qty")]
    per_buyer: Annotated[int, Field(alias="max_per_buyer")]
    seconds: Annotated[int, Field(alias="explain_seconds")]

    @property
    def is_deal(self) -> bool:
        """Whether units are set aside for it; the others are sold off the shelf while pinned."""
        return self.role in ("traffic", "benefit", "image")


class Session(Record):
    """One live session with its run-of-show."""

    session_id: str
    zone_id: str
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    titles: Text
    host_type: Literal["human", "ai", "mixed"]
    lineup: tuple[Slot, ...]


class Merchant(Record):
    """One of the 15."""

    merchant_id: str
    names: Text
    category: str
    country: str
    contact_email: str


class Product(Record):
    """One of the 60."""

    sku: str
    gtin: str
    merchant_id: str
    names: Text
    category: str
    hs_code: str
    price: Annotated[Avos, Field(alias="price_mop")]
    net_content: str
    weight_g: int
    origin: str
    flags: Annotated[tuple[str, ...], Field(alias="compliance_flags")]

    @property
    def is_sold(self) -> bool:
        return EXHIBIT_ONLY not in self.flags


class Header(Record):
    """What the festival is called and when it is."""

    festival_id: str
    titles: Text
    timezone: str
    starts_on: Annotated[date, Said]
    ends_on: Annotated[date, Said]


class Programme(Record):
    """`festival_2025.json`."""

    festival: Header
    parties: tuple[Party, ...]
    mou: Memorandum
    zones: tuple[Zone, ...]
    opening: tuple[Activity, ...]
    main_activities: tuple[Activity, ...]
    promotions: tuple[Activity, ...]
    sessions: tuple[Session, ...]

    @property
    def activities(self) -> tuple[Activity, ...]:
        """The 1, the 9 and the N."""
        return (*self.opening, *self.main_activities, *self.promotions)

    @property
    def zone(self) -> Zone:
        return self.zones[0]


class Goods(Record):
    """`macau_products.json`."""

    currency: str
    merchants: tuple[Merchant, ...]
    products: tuple[Product, ...]


class Festival(Record):
    """The whole input."""

    programme: Programme
    goods: Goods

    @property
    def slots(self) -> dict[str, Slot]:
        """The slot of each SKU that some session shows."""
        return {slot.sku: slot for session in self.programme.sessions for slot in session.lineup}

    def is_on_shelves(self, product: Product) -> bool:
        """Whether booths and the online shelf sell it: showpieces are sold in their room alone."""
        slot = self.slots.get(product.sku)
        return product.is_sold and (slot is None or slot.role != "image")

    @property
    def intake(self) -> dict[str, int]:
        """How many units of each SKU the merchants bring."""
        slots = self.slots
        return {
            product.sku: slots[product.sku].units + min(slots[product.sku].units, FOR_THE_FAIR)
            if product.sku in slots
            else FOR_SHOW
            for product in self.goods.products
        }

    @property
    def products(self) -> dict[str, Product]:
        return {product.sku: product for product in self.goods.products}

    def played(self, sessions: int) -> tuple[Session, ...]:
        """Some of the sessions, spread evenly over the days."""
        planned = self.programme.sessions
        return tuple(planned[n * len(planned) // sessions] for n in range(sessions))

    @property
    def days(self) -> tuple[tuple[datetime, datetime], ...]:
        """When the zone opens and closes, day by day."""
        zone, there = self.programme.zone, self.programme.opening[0].starts_at.tzinfo
        opens, closes = zone.hours
        return tuple(
            (
                datetime.fromisoformat(f"{day}T{opens}").replace(tzinfo=there),
                datetime.fromisoformat(f"{day}T{closes}").replace(tzinfo=there),
            )
            for day in map(date.fromordinal, range(*_span(zone.first_day, zone.last_day)))
        )


def _span(first: date, last: date) -> tuple[int, int]:
    return first.toordinal(), last.toordinal() + 1


def read(folder: Path = FOLDER) -> Festival:
    """Read both files."""
    try:
        return Festival(
            programme=Programme.model_validate_json((folder / "festival_2025.json").read_bytes()),
            goods=Goods.model_validate_json((folder / "macau_products.json").read_bytes()),
        )
    except OSError as error:
        raise Failure(f"The festival's data is missing: {error.filename}.") from error
    except ValidationError as error:
        raise Failure(f"The festival's data in {folder} is not as it should be.") from error
