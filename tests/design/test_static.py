"""What browsers fetch: small, whole, and nothing that is missing."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "static"
TEMPLATES = ROOT / "templates"


def test_our_own_scripts_stay_under_three_hundred_lines() -> None:
    assert sum(len(script.read_text().splitlines()) for script in (STATIC / "js").glob("*.js")) < 300


def test_vendored_scripts_are_the_ones_that_were_checked_in() -> None:
    sums = dict(line.split("  ")[::-1] for line in (STATIC / "vendor/SHA256SUMS").read_text().splitlines())
    scripts = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (STATIC / "vendor").glob("*.js")
    }
    assert scripts == sums


def test_everything_a_stylesheet_asks_for_is_there() -> None:
    missing = [
        f"{sheet.name}: {target}"
        for sheet in (STATIC / "css").glob("*.css")
        for target in re.findall(r'url\("([^"]+)"\)', sheet.read_text())
        if not (sheet.parent / target).is_file()
    ]
    assert missing == []


def test_every_icon_a_template_names_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))
    named = {
        (template.relative_to(TEMPLATES).as_posix(), name)
        for template in TEMPLATES.rglob("*.html")
        for name in re.findall(r'(?:\bicon\(|icon_name=)"([\w-]+)"', template.read_text())
    }
    assert {pair for pair in named if pair[1] not in drawn} == set()


def test_fonts_and_scripts_bring_their_licences() -> None:
    for folder, licences in (("fonts", 2), ("vendor", 1)):
        assert len(list((STATIC / folder).glob("LICENSE-*.txt"))) >= licences


def test_a_page_asks_for_fewer_than_twelve_stylesheets() -> None:
    base = _names(r"for sheet in \(([^)]+)\)", "_head")
    for layout in ("storefront", "backoffice", "kitchen", "plain"):
        assert 2 <= len(base + _names(r"set sheets = [^\n]*?\(([^()]+)\)", layout)) < 12


def _names(pattern: str, layout: str) -> list[str]:
    found = re.search(pattern, (TEMPLATES / f"layouts/{layout}.html").read_text())
    assert found, layout
    return re.findall(r'"(\w+)"', found[1])
