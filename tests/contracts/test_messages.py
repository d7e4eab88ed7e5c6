"""What the pages say: complete in four languages, each message with the same places to fill."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import pytest

from shared.events.ids import Locale

WEB = Path(__file__).parents[2] / "web" / "src"
LOCALES = get_args(Locale)
PLACE = re.compile(r"\{(\w+)\}")
CALL = re.compile(r"\bt\(\s*'([a-z][\w.-]*)'")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ONLY_SIMPLIFIED = set("们这个时发会购买还没给单码")
ONLY_TRADITIONAL = set("們這個時發會購買還沒給單碼")


def messages(locale: str) -> Mapping[str, str]:
    return json.loads((WEB / "i18n" / f"{locale}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_says_everything_with_the_same_places(locale: str) -> None:
    own, english = messages(locale), messages("en")
    assert own.keys() == english.keys()
    assert list(own) == sorted(own)
    for key, text in own.items():
        assert text.strip(), key
        assert sorted(PLACE.findall(text)) == sorted(PLACE.findall(english[key])), key


def test_no_page_says_what_no_file_has() -> None:
    said = {
        key for path in WEB.rglob("*.ts") for key in CALL.findall(path.read_text(encoding="utf-8"))
    }
    assert len(said) > 50
    assert said <= messages("en").keys()


def test_the_two_ways_to_write_chinese_are_not_mixed() -> None:
    hant, hans = messages("zh-Hant"), messages("zh-Hans")
    assert not {key for key, text in hant.items() if ONLY_SIMPLIFIED & set(text)}
    assert not {key for key, text in hans.items() if ONLY_TRADITIONAL & set(text)}
    assert all(CHINESE.search(text) or "AI" in text for text in hans.values())
