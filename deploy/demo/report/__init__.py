"""The report: the festival on one page that needs nothing but a browser, in its four languages."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from deploy.demo.effort import Effort
from deploy.demo.festival import Outcome
from deploy.demo.figures import CHANNELS
from deploy.demo.report.plots import COLOURS, draw
from shared.events.ids import Locale
from shared.events.text import Text

HERE = Path(__file__).parent
LOCALES: tuple[Locale, ...] = get_args(Locale)
BEST = 15
"""Products in the table of best sellers."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the page says, in four languages; the browser shows one of them."""

    known: dict[str, Sequence[str]]

    def __call__(self, name: str, *facts: object) -> Markup:
        """The words called *name*; a name nobody has translated is said as it is."""
        said = self.known.get(name, [name] * len(LOCALES))
        return self._each([words.format(*facts) for words in said])

    def of(self, text: Text) -> Markup:
        """A text that comes in four languages by itself."""
        return self._each([text.in_locale(locale) for locale in LOCALES])

    @staticmethod
    def _each(said: Sequence[str]) -> Markup:
        if len(set(said)) == 1:
            return escape(said[0])
        return Markup().join(
            Markup('<span lang="{}">{}</span>').format(locale, words)
            for locale, words in zip(LOCALES, said, strict=True)
        )


def write(path: Path, outcome: Outcome, parts: Sequence[Effort]) -> None:
    """Write the report of *outcome*, played on these *parts* of a stack."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined
    )
    filters = cast("dict[str, Any]", environment.filters)
    filters |= {"mop": _mop, "share": _share, "whole": _whole, "ms": _ms, "mib": _mib}
    page = environment.get_template("page.html").render(
        say=Words(json.loads((HERE / "words.json").read_text())),
        locales=LOCALES,
        channels=CHANNELS,
        colours=COLOURS,
        outcome=outcome,
        figures=outcome.figures,
        programme=outcome.festival.programme,
        goods=[each for each in outcome.figures.goods if each.sold.units][:BEST],
        plots={name: Markup(svg) for name, svg in draw(outcome.figures, outcome.festival).items()},  # noqa: S704 - drawn here
        kept=outcome.figures.captured - outcome.figures.refunded,
        cash=outcome.figures.channels["booth"].gmv,
        tempers=Counter(buyer.temper for buyer in outcome.cast.buyers).most_common(),
        letters=Counter(letter.language for letter in outcome.books.letters),
        refused=_refused(outcome),
        parts=parts,
    )
    path.write_text(page)


def _refused(outcome: Outcome) -> list[tuple[str, int]]:
    """Why wishes were refused, the commonest first."""
    ended = Counter(outcome.figures.outcomes)
    for granted in ("confirmed", "expired", "cancelled"):
        del ended[granted]
    return ended.most_common()


def _mop(amount: float | None) -> str:
    return "–" if amount is None else f"{amount / 100:,.2f}"


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _whole(number: float) -> str:
    return f"{number:,.0f}"


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:,.0f} ms"


def _mib(size: int) -> str:
    return f"{size / 2**20:,.0f} MiB"
