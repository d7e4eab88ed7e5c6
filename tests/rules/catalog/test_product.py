"""Products: described by whom they belong to, with codes that could be true."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.catalog import merchant as merchants
from services.catalog import organisation as organisations
from services.catalog import product as rules
from services.catalog.merchant import Merchant, Profile
from services.catalog.organisation import Entry, Organisation
from services.catalog.product import Product
from shared.events.catalog import (
    MerchantRegistered,
    MerchantRevised,
    OrganisationRegistered,
    OrganisationRevised,
    ProductRevised,
    ProductSubmitted,
)
from tests.rules.catalog.fair import merchant, particulars, refusal, tart, told


def test_a_product_is_submitted_once_and_revised_after() -> None:
    [event] = rules.describe(Product("TART"), merchant(), particulars(), acting="m01")
    assert isinstance(event, ProductSubmitted)
    assert rules.describe(tart(), merchant(), particulars(), acting="m01") == []
    [event] = rules.describe(tart(), merchant(), particulars(weight_g=1), acting="m01")
    assert isinstance(event, ProductRevised)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"gtin": "2900010000016"}, "product.gtin"),
        ({"gtin": "290001000001"}, "product.gtin"),
        ({"gtin": ""}, "product.gtin"),
        ({"hs_code": "770000"}, "product.hs-code"),
        ({"hs_code": "19053"}, "product.hs-code"),
    ],
)
def test_a_code_that_cannot_be_true_is_refused(wrong: dict[str, Any], code: str) -> None:
    with refusal(code) as no:
        rules.describe(Product("TART"), merchant(), particulars(**wrong), acting=None)
    assert no.value.kind == "invalid"


def test_a_product_needs_no_bar_code() -> None:
    assert rules.describe(Product("TART"), merchant(), particulars(gtin=None), acting=None)


@pytest.mark.parametrize("claimed", ["m01", "m02"])
def test_a_merchant_cannot_touch_anothers_product(claimed: str) -> None:
    with refusal("merchant.another") as no:
        rules.describe(tart(), merchant(), particulars(merchant_id=claimed), acting="m02")
    assert no.value.kind == "forbidden"


def test_a_merchant_cannot_offer_in_anothers_name() -> None:
    with refusal("merchant.another"):
        rules.describe(Product("TART"), merchant(), particulars(), acting="m02")


def test_a_product_stays_with_its_merchant_whoever_asks() -> None:
    with refusal("product.owned"):
        rules.describe(tart(), merchant("m02"), particulars(merchant_id="m02"), acting=None)


def test_a_product_belongs_to_a_merchant_that_has_joined() -> None:
    with refusal("merchant.unknown"):
        rules.describe(Product("TART"), Merchant("m01"), particulars(), acting=None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"weight_g": 0},
        {"origin": "Macau"},
        {"category": "Baked goods"},
        {"net_content": " "},
        {"colour": "yellow"},
    ],
)
def test_what_a_product_cannot_be_is_not_even_a_wish(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        particulars(**wrong)


def test_how_a_product_stands_is_what_was_said_last() -> None:
    revised = rules.describe(tart(), merchant(), particulars(weight_g=7), acting=None)
    state = rules.tell(told(tart(), rules.evolve, revised))
    assert (state.sku, state.product.weight_g) == ("TART", 7)
    with pytest.raises(ValueError, match="never been described"):
        rules.tell(Product("TART"))


def test_a_merchant_and_an_organisation_are_registered_once_and_revised_after() -> None:
    profile = merchant().profile
    assert isinstance(profile, Profile)
    [joined] = merchants.register(Merchant("m01"), profile)
    assert isinstance(joined, MerchantRegistered)
    assert told(Merchant("m01"), merchants.evolve, [joined]) == merchant()
    assert merchants.register(merchant(), profile) == []
    other = profile.model_copy(update={"country": "PT"})
    assert isinstance(merchants.register(merchant(), other)[0], MerchantRevised)

    entry = Entry(names=profile.names, role="witness")
    [registered] = organisations.register(Organisation("o"), entry)
    assert isinstance(registered, OrganisationRegistered)
    standing = told(Organisation("o"), organisations.evolve, [registered])
    assert organisations.register(standing, entry) == []
    other = entry.model_copy(update={"role": "signatory"})
    assert isinstance(organisations.register(standing, other)[0], OrganisationRevised)
