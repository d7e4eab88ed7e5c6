"""Writing letters: templates in four languages, filled in strictly or not at all."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast, get_args

from babel.numbers import format_currency
from jinja2 import FileSystemLoader, StrictUndefined, Template, pass_context, select_autoescape
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from services.notify.message import Letter
from shared.events.ids import Locale
from shared.events.money import Money

TemplateName = Literal["order-confirmed", "refund-paid", "session-started"]

TEMPLATES: tuple[TemplateName, ...] = get_args(TemplateName)
LOCALES: tuple[Locale, ...] = get_args(Locale)
FOLDER = Path(__file__).parent / "templates"

_REGIONS: Mapping[Locale, str] = {
    "pt": "pt_MO",
    "zh-Hant": "zh_Hant_MO",
    "zh-Hans": "zh_Hans_CN",
    "en": "en",
}
"""Whose habits a language follows when it writes numbers."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def write(template: str, locale: Locale, facts: Mapping[str, object]) -> Letter:
    """Write a letter; one that cannot be written whole is not written, and says why."""
    try:
        page = _page(template, locale)
        context = page.new_context({**facts, "locale": locale})
        subject, text = (_block(page, part, context) for part in ("subject", "text"))
    except Exception as error:  # noqa: BLE001 - whatever a template does, a letter is whole or none
        return Letter(template, fault=f"template-{type(error).__name__}")
    if not subject or not text:
        return Letter(template, fault="template-empty")
    if _CONTROLS.search(subject):  # what would be a header of its own is no subject
        return Letter(template, fault="subject-unsafe")
    return Letter(template, subject, text + "\n")


def _block(page: Template, part: str, context: Context) -> str:
    return "".join(page.blocks[part](context)).strip()


@cache
def _page(template: str, locale: Locale) -> Template:
    return _environment().get_template(f"{template}/{locale}.txt")


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        autoescape=select_autoescape(("html",)),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    filters = cast("dict[str, Callable[..., Any]]", environment.filters)
    filters["money"] = _money
    return environment


@pass_context
def _money(context: Context, money: Money) -> str:
    """An amount as the reader's region writes it; every currency we know has two decimals."""
    locale = cast("Locale", context["locale"])
    amount = Decimal(money.amount).scaleb(-2)
    return format_currency(amount, money.currency, locale=_REGIONS[locale])
