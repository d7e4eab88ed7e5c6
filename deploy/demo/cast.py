"""The cast: who takes part, each a person with a token of their own; and how buyers behave.

Chance is seeded, so the same festival has the same people with the same tempers; when they meet at
the stock is up to the machine.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal, TypeVar

from deploy.demo.data import Festival, Session
from deploy.local.issuer import Issuer
from shared.events.ids import Locale

Temper = Literal[
    "prompt",  # pays at once
    "impatient",  # clicks twice
    "forgetful",  # never pays
    "unlucky",  # the first payment fails, the second succeeds
    "broke",  # every payment fails
    "slow-news",  # pays; the provider's callback comes late
    "told-twice",  # pays; the callback comes three times
    "untold",  # pays; the callback never comes
    "pays-twice",  # starts two payments and pays both
    "regretful",  # pays, then cancels before the callback has come
]

# Of 100 buyers. Half of them are as everybody hopes.
TEMPERS: dict[Temper, int] = {
    "prompt": 53,
    "impatient": 14,
    "forgetful": 8,
    "unlucky": 6,
    "broke": 3,
    "slow-news": 5,
    "told-twice": 5,
    "untold": 2,
    "pays-twice": 2,
    "regretful": 2,
}

LOCALES: dict[Locale, int] = {"zh-Hans": 62, "zh-Hant": 18, "pt": 9, "en": 11}


APPETITE = (0.05, 0.4)
"""How likely it is that an ordinary product pleases: from the least hungry to the hungriest."""

BROWSE, FOLLOW = 0.12, 0.1
"""How many of all buy off the online shelf too, and how many want to be told of their session."""

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a token."""

    id: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Cashier(Person):
    """Somebody at the till of a booth."""

    booth_id: str
    merchant_id: str


@dataclass(frozen=True, slots=True)
class Buyer(Person):
    """Somebody who watches and buys."""

    email: str
    locale: Locale
    temper: Temper
    session_id: str
    appetite: float
    """How likely it is that something on offer pleases."""
    browses: bool
    """Whether something is bought off the online shelf too."""
    follows: bool
    """Whether to be told when the session begins."""
    seed: int


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody."""

    organiser: Person
    integrator: Person
    merchants: dict[str, Person]
    hosts: dict[str, Person]
    cashiers: tuple[Cashier, ...]
    buyers: tuple[Buyer, ...]

    def audience(self, session_id: str) -> list[Buyer]:
        return [buyer for buyer in self.buyers if buyer.session_id == session_id]


def gather(
    festival: Festival, sessions: Sequence[Session], issuer: Issuer, *, buyers: int, seed: int
) -> Cast:
    """Give everybody a part and a token."""
    merchants = [merchant.merchant_id for merchant in festival.goods.merchants]
    return Cast(
        organiser=Person("organiser", issuer.token("organiser", "organiser")),
        integrator=Person("integrator", issuer.token("integrator", "integrator")),
        merchants={
            name: Person(
                f"merchant-{name}",
                issuer.token("merchant", f"merchant-{name}", merchant_id=name),
            )
            for name in merchants
        },
        hosts={
            session.session_id: Person(name, issuer.token("host", name))
            for session in sessions
            for name in [f"host-{session.session_id}"]
        },
        cashiers=tuple(
            Cashier(name, issuer.token("cashier", name), f"booth-{merchant}", merchant)
            for merchant in merchants
            for name in [f"cashier-{merchant}"]
        ),
        buyers=tuple(_buyers(sessions, issuer, buyers, Random(seed))),  # noqa: S311 - chance, no secret
    )


def _buyers(
    sessions: Sequence[Session], issuer: Issuer, count: int, chance: Random
) -> Iterator[Buyer]:
    tempers, locales = _dealt(TEMPERS, count, chance), _dealt(LOCALES, count, chance)
    for number, (temper, locale) in enumerate(zip(tempers, locales, strict=True)):
        name = f"buyer-{number:05d}"
        yield Buyer(
            name,
            issuer.token("buyer", name, locale=locale),
            email=f"{name}@feira.example",
            locale=locale,
            temper=temper,
            session_id=sessions[number % len(sessions)].session_id,
            appetite=chance.uniform(*APPETITE),
            browses=chance.random() < BROWSE,
            follows=chance.random() < FOLLOW,
            seed=chance.getrandbits(32),
        )


def _dealt(weights: Mapping[Kind, int], count: int, chance: Random) -> list[Kind]:
    """Deal *count* kinds by their weights, one of each first, and shuffle them."""
    kinds = list(weights)
    dealt = kinds[:count]
    dealt += chance.choices(kinds, weights=list(weights.values()), k=count - len(dealt))
    chance.shuffle(dealt)
    return dealt
