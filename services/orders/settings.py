"""What orders alone must be told."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from services.orders.psp.keys import PrivateKey, PublicKeys
from services.orders.psp.wechat import SECRET_BYTES
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
        hold_seconds: How long units wait for their buyer's money.
        max_open: How many orders of one buyer may wait for money at once, in one festival.
    """

    payments_provider: Literal["sandbox", "alipay", "wechat", "mpay"] = "sandbox"
    payments: Address
    payments_key: SecretStr
    payments_key_id: str = _NO_DEFAULT
    payments_secret: Annotated[SecretStr, Field(validate_default=True)] = SecretStr("")
    payments_public_keys: str = _NO_DEFAULT
    payments_account: str = _NO_DEFAULT
    payments_app: str = _NO_DEFAULT
    payments_return: Annotated[Address | Literal[""], Field(validate_default=True)] = ""
    payments_capture: Literal["immediate", "manual"] = "immediate"
    hold_seconds: Annotated[int, Field(ge=1, le=86_400)] = 900
    max_open: Annotated[int, Field(ge=1, le=1_000)] = 20

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
    def hold(self) -> timedelta:
        return timedelta(seconds=self.hold_seconds)

    @property
    def callback_url(self) -> str:
        """Where the provider tells us what came of a payment."""
        here = self.url or f"http://{self.host}:{self.port}"
        return f"{here}/payments/callbacks/{self.payments_provider}"
