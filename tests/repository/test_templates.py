"""What the content security policy and the escaping rely on."""

import re
from pathlib import Path

import pytest

from tests.repository.test_sizes import ROOT, tracked

TEMPLATES = [name for name in tracked("templates/*.html") if not name.startswith("templates/emails")]
# Receipts are turned into PDF by WeasyPrint and never reach a browser.
PAPER = "templates/receipts/"
FORBIDDEN = {
    r"\|\s*safe\b": "escaping is switched off",
    r"{%-?\s*autoescape\s+false": "escaping is switched off",
    r"<script(?![^>]*\bsrc=)(?![^>]*application/ld\+json)": "an inline script",
    r"\son[a-z]+\s*=\s*[\"']": "an inline handler",
    r"\shx-on": "an inline handler",
    r"javascript:": "an inline script",
}
ON_PAGES = {r"<style\b": "an inline style sheet", r"\sstyle\s*=": "an inline style"}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_has_nothing_inline_and_escapes_everything(name: str) -> None:
    text = re.sub(r"{#.*?#}", "", (ROOT / name).read_text(), flags=re.S)
    rules = FORBIDDEN if name.startswith(PAPER) else FORBIDDEN | ON_PAGES
    for pattern, why in rules.items():
        found = re.search(pattern, text)
        assert not found, f"{name}: {why}: {found and found[0]!r}"


@pytest.mark.parametrize(
    "name", [n for n in TEMPLATES if Path(n).name.startswith("_") and "layouts" not in n]
)
def test_a_fragment_says_what_it_needs(name: str) -> None:
    assert re.match(r"\s*{#-?\s*needs:", (ROOT / name).read_text()), (
        f"{name} does not begin with {{# needs: … #}}"
    )
