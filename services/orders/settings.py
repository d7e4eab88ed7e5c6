"""What orders alone must be told."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from services.orders.ordering.policy import Policy
from services.orders.people.vault import Vault, read_key, read_keys
from services.orders.psp.keys import PrivateKey, PublicKeys
from services.orders.psp.wechat import SECRET_BYTES
from shared.events.ids import Channel
from shared.events.money import Currency
from shared.platform.settings import Address, Settings

_NEEDED: Mapping[str, frozenset[str]] = {
    "sandbox": frozenset({"payments_secret"}),
    "alipay": frozenset({"payments_account", "payments_app", "payments_public_keys"}),
    "wechat": frozenset(
        {
            "payments_account",
            "payments_app",
            "payments_key_id",
            "payments_public_keys",
            "payments_secret",
        }
    ),
    "mpay": frozenset(
        {"payments_account", "payments_key_id", "payments_public_keys", "payments_return"}
    ),
}
"""What each provider has to be spoken to with, besides its address and our key."""

_NO_DEFAULT = Field(default="", validate_default=True)


def _keys(told: SecretStr) -> SecretStr:
    read_keys(told.get_secret_value())
    return told


def _key(told: SecretStr) -> SecretStr:
    read_key(told.get_secret_value())
    return told


class OrdersSettings(Settings, service="orders"):
    """FEIRA_ORDERS_*.

    Attributes:
        payments_provider: Who the payment provider is.
        payments: Where it is.
        payments_key: What it knows us by: the sandbox's bearer key; for all others our private
            RSA key in PEM.
        payments_key_id: The id of that key: its serial number at WeChat Pay, its version at MPay.
        payments_secret: What its callbacks are signed with (the sandbox; several with blanks
            between while it changes) or encrypted with (WeChat Pay's APIv3 key).
        payments_public_keys: What it signs with: RSA keys in PEM, each under a line with its id.
        payments_account: Who we are there: seller, merchant or client id.
        payments_app: For which app of ours (Alipay, WeChat Pay).
        payments_return: Where a buyer who has paid comes back to (MPay).
        payments_capture: Whether money is taken as it is paid, or set aside until an order wants
            it (the sandbox alone can).
        customs: Where customs is, and the payment firm that declares to it what it was paid.
        customs_key: What it knows us by.
        customs_secret: What its callbacks are signed with.
        carrier: Where the carrier is.
        carrier_key: What it knows us by.
        carrier_checkword: What its pushes are signed with.
        look_seconds: How long customs and carrier may say nothing before they are asked, and after
            which they are asked again if they are away; doubled each time, up to an hour.
        vault_keys: What wraps the keys of sealed real names, `id:base64[,id:base64…]`; the first is
            in force, the others still open.
        vault_index_key: What persons' tokens are made with, 32 bytes in base64; never to change.
        hold_seconds: How long units wait for their buyer's money, and where another time counts:
        hold_seconds_live: in a live room.
        hold_seconds_booth: at a booth.
        max_open: How many orders of one buyer may wait for money at once, in one festival.
        grace_seconds: How long a buyer may withdraw after paying, while nothing has left.
        ship_hours: How soon goods are to leave, from the payment or the release by customs.
        return_days: How long goods may be returned for no reason, once their buyer has them.
        refund_limit: What one person may give back alone, in minor units of any currency.
        freight: What it costs to send an order into the mainland, in fen.
        lease_seconds: How long a till may sell units on its own, if it does not say.
        lease_grace_seconds: How long after that it may tell what it sold of them.
        stuck_minutes: How late an order may be before it is reported as stuck.
    """

    payments_provider: Literal["sandbox", "alipay", "wechat", "mpay"] = "sandbox"
    payments: Address
    payments_key: SecretStr
    customs: Address
    customs_key: SecretStr
    customs_secret: SecretStr
    carrier: Address
    carrier_key: SecretStr
    carrier_checkword: SecretStr
    payments_key_id: str = _NO_DEFAULT
    payments_secret: Annotated[SecretStr, Field(validate_default=True)] = SecretStr("")
    payments_public_keys: str = _NO_DEFAULT
    payments_account: str = _NO_DEFAULT
    payments_app: str = _NO_DEFAULT
    payments_return: Annotated[Address | Literal[""], Field(validate_default=True)] = ""
    payments_capture: Literal["immediate", "manual"] = "immediate"
    vault_keys: Annotated[SecretStr, AfterValidator(_keys)]
    vault_index_key: Annotated[SecretStr, AfterValidator(_key)]
    hold_seconds: Annotated[int, Field(ge=1, le=86_400)] = 900
    hold_seconds_live: Annotated[int, Field(ge=1, le=86_400)] | None = None
    hold_seconds_booth: Annotated[int, Field(ge=1, le=86_400)] | None = None
    max_open: Annotated[int, Field(ge=1, le=1_000)] = 20
    grace_seconds: Annotated[int, Field(ge=0, le=604_800)] = 1_800
    ship_hours: Annotated[int, Field(ge=1, le=2_000)] = 48
    return_days: Annotated[int, Field(ge=7, le=365)] = 7
    refund_limit: Annotated[int, Field(ge=0)] = 100_000
    freight: Annotated[int, Field(ge=0, le=10**9)] = 0
    look_seconds: Annotated[int, Field(ge=1, le=3_600)] = 30
    lease_seconds: Annotated[int, Field(ge=1, le=86_400)] = 1_800
    lease_grace_seconds: Annotated[int, Field(ge=0, le=86_400)] = 120
    stuck_minutes: Annotated[int, Field(ge=1, le=10_000)] = 5

    @field_validator("vault_index_key")
    @classmethod
    def _wraps_nothing(cls, told: SecretStr, info: ValidationInfo) -> SecretStr:
        keys: SecretStr | None = info.data.get("vault_keys")
        if (
            keys
            and read_key(told.get_secret_value()) in read_keys(keys.get_secret_value()).values()
        ):
            raise ValueError("it should be none of the keys that wrap")
        return told

    @field_validator(
        "payments_key_id",
        "payments_secret",
        "payments_public_keys",
        "payments_account",
        "payments_app",
        "payments_return",
    )
    @classmethod
    def _is_needed(cls, value: str | SecretStr, info: ValidationInfo) -> str | SecretStr:
        """See that the provider can be spoken to with what is said."""
        provider = info.data.get("payments_provider", "")
        said = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not said and info.field_name in _NEEDED.get(provider, ()):
            raise ValueError(f"{provider} needs it")
        if info.field_name == "payments_public_keys" and said:
            PublicKeys.read(said)
        is_apiv3 = info.field_name == "payments_secret" and provider == "wechat"
        if is_apiv3 and len(said.encode()) != SECRET_BYTES:
            raise ValueError(f"WeChat Pay's has {SECRET_BYTES} bytes")
        return value

    @field_validator("payments_key")
    @classmethod
    def _is_key(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        """See that others than the sandbox get a key to sign with."""
        if info.data.get("payments_provider") in _NEEDED.keys() - {"sandbox"}:
            PrivateKey(value.get_secret_value())
        return value

    @property
    def vault(self) -> Vault:
        """The vault with these keys."""
        keys = read_keys(self.vault_keys.get_secret_value())
        return Vault(keys, read_key(self.vault_index_key.get_secret_value()))

    @property
    def stuck_after(self) -> timedelta:
        return timedelta(minutes=self.stuck_minutes)

    @property
    def policy(self) -> Policy:
        """The terms orders are sold on."""
        holds = {
            "online": self.hold_seconds,
            "live": self.hold_seconds_live or self.hold_seconds,
            "booth": self.hold_seconds_booth or self.hold_seconds,
        }
        return Policy(
            holds={channel: timedelta(seconds=holds[channel]) for channel in get_args(Channel)},
            most_open=self.max_open,
            grace=timedelta(seconds=self.grace_seconds),
            ship_within=timedelta(hours=self.ship_hours),
            return_within=timedelta(days=self.return_days),
            freight=self.freight,
            look_after=timedelta(seconds=self.look_seconds),
            refund_limit=dict.fromkeys(get_args(Currency), self.refund_limit),
        )

    @property
    def callback_url(self) -> str:
        """Where the provider tells us what came of a payment."""
        return self._here(f"/payments/callbacks/{self.payments_provider}")

    @property
    def customs_callback_url(self) -> str:
        """Where customs tells us what it makes of an order."""
        return self._here("/customs/callbacks")

    @property
    def carrier_callback_url(self) -> str:
        """Where the carrier tells us how far a parcel is."""
        return self._here("/carrier/callbacks")

    def _here(self, path: str) -> str:
        return f"{self.url or f'http://{self.host}:{self.port}'}{path}"
