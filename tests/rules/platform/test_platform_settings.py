"""What a service is told, and what it says when it is told wrong."""

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import AfterValidator, SecretStr

from shared.platform.settings import WRONG_SETTINGS, Address, Settings


def long_enough(seal: SecretStr) -> SecretStr:
    if len(seal) < 20:
        raise ValueError(f"{seal.get_secret_value()} is too short")
    return seal


class OrdersSettings(Settings, service="orders"):
    seal: Annotated[SecretStr, AfterValidator(long_enough)] = SecretStr("x" * 20)
    payments: Address
    payments_key: SecretStr
    hold_minutes: int = 15


TOLD = {
    "FEIRA_KAFKA": "k1:9092,k2:9092",
    "FEIRA_MONGO": "mongodb://ana:canary@m1/?replicaSet=rs0",
    "FEIRA_ISSUER": "https://issuer.example/realms/feira",
    "FEIRA_JWKS": "https://issuer.example/jwks",
    "FEIRA_ORDERS_PAYMENTS": "https://pay.example",
    "FEIRA_ORDERS_PAYMENTS_KEY": "canary-key",
}


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in TOLD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def complaints(capsys: pytest.CaptureFixture[str]) -> list[str]:
    with pytest.raises(SystemExit) as left:
        OrdersSettings.load()
    assert left.value.code == WRONG_SETTINGS
    said = capsys.readouterr()
    assert said.out == ""
    assert "canary" not in said.err
    return said.err.splitlines()


def test_common_settings_have_common_names_and_its_own_carry_the_service(
    told: pytest.MonkeyPatch,
) -> None:
    told.setenv("FEIRA_ORDERS_PORT", "8002")
    told.setenv("FEIRA_ORDERS_HOLD_MINUTES", "20")
    told.setenv("FEIRA_PORT", "1")
    told.setenv("FEIRA_CATALOG_PORT", "2")

    settings = OrdersSettings.load()

    assert settings.kafka == "k1:9092,k2:9092"
    assert settings.issuer == "https://issuer.example/realms/feira"
    assert (settings.port, settings.hold_minutes) == (8002, 20)
    assert (settings.host, settings.database) == ("127.0.0.1", "orders")
    assert (settings.audience, settings.log, settings.log_format) == ("feira", "info", "json")
    assert settings.payments_key.get_secret_value() == "canary-key"


def test_an_empty_variable_is_as_good_as_none(told: pytest.MonkeyPatch) -> None:
    told.setenv("FEIRA_LOG", "")
    told.setenv("FEIRA_ORDERS_DATABASE", "")
    settings = OrdersSettings.load()
    assert (settings.log, settings.database) == ("info", "orders")


def test_a_secret_may_stand_in_a_file(told: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("from-a-file\n")
    told.delenv("FEIRA_ORDERS_PAYMENTS_KEY")
    told.setenv("FEIRA_ORDERS_PAYMENTS_KEY_FILE", str(file))
    assert OrdersSettings.load().payments_key.get_secret_value() == "from-a-file"


def test_a_file_that_is_not_there_is_told(
    told: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told.delenv("FEIRA_ORDERS_PAYMENTS_KEY")
    told.setenv("FEIRA_ORDERS_PAYMENTS_KEY_FILE", "/no/such/canary")
    assert complaints(capsys) == [
        "FEIRA_ORDERS_PAYMENTS_KEY_FILE names a file that cannot be read."
    ]


@pytest.mark.parametrize("variable", TOLD)
def test_what_is_missing_is_named(
    variable: str, told: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told.delenv(variable)
    assert complaints(capsys) == [f"{variable} is not set."]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("FEIRA_KAFKA", "canary"),
        ("FEIRA_KAFKA", "canary:9092,"),
        ("FEIRA_KAFKA", "canary:9092, other:9092"),
        ("FEIRA_MONGO", "postgres://canary"),
        ("FEIRA_ISSUER", "canary.example"),
        ("FEIRA_JWKS", "ftp://canary"),
        ("FEIRA_LOG", "canary"),
        ("FEIRA_LOG_FORMAT", "canary"),
        ("FEIRA_OTLP", "canary:4318"),
        ("FEIRA_ORDERS_PORT", "canary"),
        ("FEIRA_ORDERS_PORT", "65536"),
        ("FEIRA_ORDERS_PORT", "tcp://canary:80"),
        ("FEIRA_ORDERS_DATABASE", "canary/../admin"),
        ("FEIRA_ORDERS_LANES", "0"),
        ("FEIRA_ORDERS_MAX_WAITING", "-1"),
        ("FEIRA_ORDERS_QUEUE_DEADLINE", "never, canary"),
        ("FEIRA_ORDERS_PAYMENTS", "canary"),
    ],
)
def test_what_is_wrong_is_named_and_not_repeated(
    variable: str, value: str, told: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told.setenv(variable, value)
    (said,) = complaints(capsys)
    assert said.startswith(f"{variable} is not acceptable: ")


def test_a_check_that_repeats_a_secret_is_not_let_do_so(
    told: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told.setenv("FEIRA_ORDERS_SEAL", "canary-seal")
    (said,) = complaints(capsys)
    assert said == "FEIRA_ORDERS_SEAL is not acceptable: … is too short."


def test_a_misspelt_name_is_not_let_pass(
    told: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told.setenv("FEIRA_ORDERS_HOLD_MINUETS", "canary")
    (said,) = complaints(capsys)
    assert said.startswith("FEIRA_ORDERS_HOLD_MINUETS is not a setting of orders")
    assert said.endswith("did you mean FEIRA_ORDERS_HOLD_MINUTES?")


def test_secrets_are_masked_wherever_settings_are_shown() -> None:
    settings = OrdersSettings.load()
    shown = settings.redacted()
    assert shown["FEIRA_ORDERS_HOLD_MINUTES"] == 15
    assert shown["FEIRA_ORDERS_PAYMENTS_KEY"] == "**********"
    assert "canary" not in f"{shown}{settings!r}{settings.model_dump_json()}"
