"""Which provider it is, and what has to be said for it to be spoken to."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.orders.psp.alipay import Alipay
from services.orders.psp.chosen import chosen
from services.orders.psp.mpay import MPay
from services.orders.psp.sandbox import Sandbox
from services.orders.psp.wechat import WeChat
from services.orders.settings import OrdersSettings
from tests.rules.orders.psp_world import pem_of, public_pem_of

ALL: dict[str, str] = {
    "kafka": "nowhere:9092",
    "mongo": "mongodb://nowhere/",
    "issuer": "http://nowhere",
    "jwks": "http://nowhere/jwks.json",
    "url": "https://orders.example",
    "payments": "http://nowhere",
    **dict.fromkeys(("customs", "carrier"), "http://nowhere"),
    **dict.fromkeys(("customs_key", "customs_secret", "carrier_key", "carrier_checkword"), "k"),
    "vault_keys": f"k:{'A' * 43}",
    "vault_index_key": f"{'B' * 42}A",
    "payments_key_id": "1",
    "payments_secret": "0123456789abcdef0123456789abcdef",
    "payments_account": "us",
    "payments_app": "app",
    "payments_return": "https://feira.example",
}
NEEDED = {
    "sandbox": {"payments_secret"},
    "alipay": {"payments_account", "payments_app", "payments_public_keys"},
    "wechat": {*ALL.keys() & {"payments_key_id", "payments_secret", "payments_account"}}
    | {"payments_app", "payments_public_keys"},
    "mpay": {"payments_account", "payments_key_id", "payments_return", "payments_public_keys"},
}


@pytest.fixture(autouse=True)
def nothing_else_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in OrdersSettings.model_fields:
        monkeypatch.delenv(OrdersSettings.variable(field), raising=False)


def told(provider: str, **other: str) -> OrdersSettings:
    keys = {"payments_key": pem_of("ours"), "payments_public_keys": public_pem_of("theirs")}
    fields: dict[str, Any] = {**ALL, **keys, "payments_provider": provider, **other}
    return OrdersSettings(**fields)


@pytest.mark.parametrize(
    ("provider", "kind"),
    [("sandbox", Sandbox), ("alipay", Alipay), ("wechat", WeChat), ("mpay", MPay)],
)
def test_the_settings_choose_the_provider_and_where_it_calls_back(
    provider: str, kind: type
) -> None:
    settings = told(provider)
    assert type(chosen(settings)) is kind
    assert chosen(settings).name == provider
    assert settings.callback_url == f"https://orders.example/payments/callbacks/{provider}"


@pytest.mark.parametrize("provider", NEEDED)
def test_nothing_starts_without_what_its_provider_needs_and_nothing_else_is_asked_for(
    provider: str,
) -> None:
    every = {name for name in OrdersSettings.model_fields if name.startswith("payments_")}
    for name in every - {"payments_provider", "payments_capture", "payments_key"}:
        try:
            told(provider, **{name: ""})
            missed = False
        except ValidationError as error:
            [complaint] = OrdersSettings.complaints(error)
            assert complaint == (
                f"{OrdersSettings.variable(name)} is not acceptable: {provider} needs it."
            )
            missed = True
        assert missed is (name in NEEDED[provider]), name


@pytest.mark.parametrize(
    ("provider", "wrong"),
    [
        ("alipay", {"payments_key": "canary"}),
        ("alipay", {"payments_public_keys": "canary"}),
        ("sandbox", {"payments_public_keys": "canary"}),
        ("wechat", {"payments_secret": "canary"}),
        ("mpay", {"payments_key": public_pem_of("ours")}),
        ("mpay", {"payments_return": "canary"}),
        ("unionpay", {}),
    ],
)
def test_a_key_that_is_none_is_found_out_at_the_start_and_not_repeated(
    provider: str, wrong: dict[str, str]
) -> None:
    with pytest.raises(ValidationError) as caught:
        told(provider, **wrong)
    complaints = list(OrdersSettings.complaints(caught.value))
    assert any(
        said.startswith(OrdersSettings.variable(name))
        for said in complaints
        for name in wrong or ["payments_provider"]
    )
    assert "canary" not in "".join(complaints)
