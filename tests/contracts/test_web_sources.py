"""The sources of the pages: what they depend on is pinned, and from no host in particular."""

import json
import re
from pathlib import Path

WEB = Path(__file__).parents[2] / "web"
PINNED = re.compile(r"\d+\.\d+\.\d+")


def test_every_package_is_pinned_and_checked_by_its_hash_whatever_registry_it_comes_from() -> None:
    wished = json.loads((WEB / "package.json").read_text())
    for version in (wished["dependencies"] | wished["devDependencies"]).values():
        assert PINNED.fullmatch(version), version
    locked = json.loads((WEB / "package-lock.json").read_text())["packages"]
    assert len(locked) > 10
    for name, package in locked.items():
        assert "resolved" not in package, name
        assert not name or package["integrity"].startswith("sha512-"), name


def test_no_page_has_a_script_or_a_style_in_its_text() -> None:
    page = (WEB / "index.html").read_text()
    assert "<style" not in page
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    for source in (WEB / "src").rglob("*.ts"):
        assert not re.search(r'\sstyle="', source.read_text()), source
