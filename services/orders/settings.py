"""What orders alone must be told."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from services.orders.vault import Vault, read_key, read_keys
from shared.platform.settings import Address, Settings


def _keys(told: SecretStr) -> SecretStr:
    read_keys(told.get_secret_value())
    return told


def _key(told: SecretStr) -> SecretStr:
    read_key(told.get_secret_value())
    return told


class OrdersSettings(Settings, service="orders"):
    """FEIRA_ORDERS_*.

    Attributes:
        payments: Where the payment provider is.
        payments_key: What it knows us by.
        payments_secret: What its callbacks are signed with.
        vault_keys: What wraps the keys of sealed real names, `id:base64[,id:base64…]`; the first is
            in force, the others still open.
        vault_index_key: What persons' tokens are made with, 32 bytes in base64; never to change.
        hold_seconds: How long units wait for their buyer's money.
        max_open: How many orders of one buyer may wait for money at once, in one festival.
    """

    payments: Address
    payments_key: SecretStr
    payments_secret: SecretStr
    vault_keys: Annotated[SecretStr, AfterValidator(_keys)]
    vault_index_key: Annotated[SecretStr, AfterValidator(_key)]
    hold_seconds: Annotated[int, Field(ge=1, le=86_400)] = 900
    max_open: Annotated[int, Field(ge=1, le=1_000)] = 20

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

    @property
    def vault(self) -> Vault:
        """The vault with these keys."""
        keys = read_keys(self.vault_keys.get_secret_value())
        return Vault(keys, read_key(self.vault_index_key.get_secret_value()))

    @property
    def hold(self) -> timedelta:
        return timedelta(seconds=self.hold_seconds)

    @property
    def callback_url(self) -> str:
        """Where the provider tells us what came of a payment."""
        return f"{self.url or f'http://{self.host}:{self.port}'}/payments/callbacks"
