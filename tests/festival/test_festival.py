"""All services as processes, and a small festival on them: every proof of the demo holds."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from deploy.demo import run
from deploy.demo.festival import Outcome, Size

pytestmark = pytest.mark.timeout(400)

SMALL = Size(buyers=60, sessions=2, seconds=8, hold_seconds=10)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("festival")


@pytest.fixture(scope="module")
def festival(home: Path) -> Outcome:
    """A festival of sixty buyers, two days and two live sessions, held once for all tests."""
    return run.play(SMALL, Console(file=io.StringIO()), home=home)


def test_every_proof_holds(festival: Outcome) -> None:
    wrong = {finding.claim: finding.wrong[:5] for finding in festival.findings if finding.wrong}
    assert wrong == {}


def test_the_proofs_had_something_to_compare(festival: Outcome) -> None:
    books = festival.books
    assert {order.status for order in books.orders.values()} == {
        "confirmed",
        "completed",
        "expired",
        "cancelled",
    }
    assert {wish.channel for wish in books.tries} == {"booth", "live", "online"}
    assert any(wish.clicks > 1 for wish in books.tries)
    assert any(entry.refunded for entry in books.ledger)
    assert any(line.deal_id for order in books.orders.values() for line in order.lines)
    assert {letter.language for letter in books.letters} == {"pt", "zh-Hant", "zh-Hans", "en"}
    assert len(books.records) > 1000
    assert books.calls


def test_everybody_watched_over_an_open_stream(festival: Outcome) -> None:
    assert festival.notebook.viewers == {"sess-1": 30, "sess-4": 30}
    assert festival.notebook.shown_ms


def test_the_report_stands_alone_and_speaks_four_languages(home: Path, festival: Outcome) -> None:
    page = (home / "report.html").read_text()
    assert "http://" not in page.replace("http://www.w3.org/", "").split("<body>")[1]
    best = festival.figures.goods[0].product.names
    assert all(name in page for name in (best.pt, best.zh_hant, best.zh_hans, best.en))
    assert page.count("<svg") == 5
    assert all(finding.compared in page for finding in festival.findings)


def test_nothing_is_left_running(home: Path, festival: Outcome) -> None:
    assert not (home / "stack.json").exists()
    assert list((home / "run").glob("*.json")) == []
