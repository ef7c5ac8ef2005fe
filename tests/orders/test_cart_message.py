"""What can be written on a cake."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakery.core.errors import Invalid
from bakery.orders.cart_message import clean_message, count_graphemes


@pytest.mark.parametrize(
    ("raw", "written"),
    [
        ("Happy 40th, Laila!", "Happy 40th, Laila!"),
        ("  two \t  spaces\u00a0here ", "two spaces here"),
        ("", ""),
        ("   ", ""),
        ("نوروز مبارک", "نوروز مبارک"),
        ("می‌خواهم", "می‌خواهم"),
        ("Zoe\u0301", "Zo\u00e9"),
        ("Việt ♥ Nam", "Việt ♥ Nam"),
        ("I ♥\ufe0f U", "I ♥ U"),
        ("e\u0323\u0302" * 40, unicodedata.normalize("NFC", "e\u0323\u0302" * 40)),
    ],
)
def test_what_can_be_piped_is_kept_in_one_form(raw: str, written: str) -> None:
    assert clean_message(raw, 40) == written


@pytest.mark.parametrize(
    "raw",
    [
        "two\nlines",
        "two\r\nlines",
        "a\u2028b",
        "a\x00b",
        "a\x1bb",
        "a\x7fb",
        "\u202eflipped",
        "in\u200bvisible",
        "\ufeffmark",
        "\ue000",
        "👍",
        "🇦🇺",
        "👨‍👩‍👧",
        "1\ufe0f\u20e3",
        "☺",
        "Z" + "\u0301" * 6,
        "x" * 41,
        "\u202e",
    ],
)
def test_what_cannot_be_piped_is_refused_by_name(raw: str) -> None:
    with pytest.raises(Invalid) as refusal:
        clean_message(raw, 40)
    assert refusal.value.field == "message"


def test_nothing_may_be_written_where_the_limit_is_nothing() -> None:
    assert clean_message(" ", 0) == ""
    with pytest.raises(Invalid):
        clean_message("x", 0)


@given(st.text(max_size=60))
def test_whatever_passes_fits_is_clean_and_stays_as_it_is(raw: str) -> None:
    try:
        text = clean_message(raw, 40)
    except Invalid:
        return
    assert count_graphemes(text) <= 40 and len(text) <= 400
    assert clean_message(text, 40) == text
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Co", "Zl", "Zp") for c in text)
