"""What must be true of every HTML page, checked on each one that any test sees."""

from __future__ import annotations

from collections import Counter
from typing import Any

import html5lib
from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

# html5lib's parser is older than these: it takes them for unknown elements or attributes, which is no error.
_HARMLESS = {"expected-doctype-but-got-chars"}
_UNLABELLED = {"hidden", "submit", "button", "image", "reset"}


class PageError(AssertionError):
    """A page that breaks a promise."""


def check_page(html: str, where: str) -> None:
    """Refuse a page without title or one h1, with an id twice, unlabelled fields, inline code or bad nesting."""
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(html)
    wrong = [
        f"line {line}: {code} {data}"
        for (line, _column), code, data in parser.errors
        if code not in _HARMLESS
    ]
    soup = BeautifulSoup(html, "html.parser")
    wrong += _frame(soup) + _ids(soup) + _fields(soup) + _inline(soup) + _names(soup)
    if wrong:
        raise PageError(f"{where}:\n  " + "\n  ".join(wrong))


def _frame(soup: BeautifulSoup) -> list[str]:
    wrong = []
    if not soup.title or not soup.title.get_text(strip=True):
        wrong.append("no title")
    if len(soup.find_all("h1")) != 1:
        wrong.append(f"{len(soup.find_all('h1'))} h1 headings")
    if len(soup.find_all("main")) != 1:
        wrong.append("not one main")
    if not soup.html or not soup.html.get("lang"):
        wrong.append("no language")
    levels = [int(str(h.name)[1]) for h in soup.find_all(["h1", "h2", "h3", "h4"])]
    wrong += [f"h{a} is followed by h{b}" for a, b in zip(levels, levels[1:], strict=False) if b > a + 1]
    return wrong


def _ids(soup: BeautifulSoup) -> list[str]:
    ids = Counter(str(tag["id"]) for tag in soup.find_all(id=True))
    wrong = [f"id {name} {number} times" for name, number in ids.items() if number > 1]
    for tag in soup.find_all(True):
        for attribute in ("for", "aria-labelledby", "aria-describedby", "aria-controls", "popovertarget"):
            value = tag.get(attribute)
            for name in str(value).split() if value else []:
                if name not in ids:
                    wrong.append(f"{tag.name} {attribute} names no element: {name}")
    return wrong


def _fields(soup: BeautifulSoup) -> list[str]:
    labels = {str(label["for"]) for label in soup.find_all("label") if label.get("for")}
    wrong = []
    for field in soup.find_all(["input", "select", "textarea"]):
        if field.get("type") in _UNLABELLED:
            continue
        named = field.get("aria-label") or field.get("aria-labelledby") or field.get("id") in labels
        if not named and field.find_parent("label") is None:
            wrong.append(f"{field.name} {field.get('name')} has no label")
    return wrong


def _inline(soup: BeautifulSoup) -> list[str]:
    wrong = ["a style element"] if soup.find("style") else []
    for script in soup.find_all("script"):
        if script.get("type") != "application/ld+json" and not script.get("src"):
            wrong.append("an inline script")
    for tag in soup.find_all(True):
        for name, value in tag.attrs.items():
            if name == "style" or name.startswith(("on", "hx-on")):
                wrong.append(f"{tag.name} has {name}")
            if name in ("href", "action", "src") and str(value).strip().lower().startswith("javascript:"):
                wrong.append(f"{tag.name} {name} is a script")
    return wrong


def _names(soup: BeautifulSoup) -> list[str]:
    wrong = [
        f"img without alt: {image.get('src')}" for image in soup.find_all("img") if not image.has_attr("alt")
    ]
    for tag in soup.find_all(["a", "button"]):
        if not _named(tag):
            wrong.append(f"{tag.name} without a name: {str(tag)[:120]}")
    return wrong


def _named(tag: Tag) -> bool:
    if tag.get("aria-label") or tag.get("aria-labelledby") or tag.get_text(strip=True):
        return True
    return any(image.get("alt") for image in tag.find_all("img")) or any(
        svg.get("aria-label") or svg.find("title") for svg in tag.find_all("svg")
    )


class CheckingClient(FlaskClient):
    """A client that looks at every whole HTML page it gets, whatever the test is about."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        answer = super().open(*args, **kwargs)
        whole = answer.mimetype == "text/html" and answer.text.lstrip().lower().startswith("<!doctype")
        if whole and answer.request.method == "GET" and not 300 <= answer.status_code < 400:
            check_page(answer.text, f"{answer.request.method} {answer.request.path} ({answer.status_code})")
        return answer
