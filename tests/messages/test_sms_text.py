"""What the baker reads on the phone."""

from __future__ import annotations

import pytest

from bakery.messages.sms_text import LONGEST, Cake, cake_alert, is_plain, parts, thrifty

WALNUT = Cake(1, "8″ (20 cm)", "Walnut Cake", "Happy 40th Laila")


def test_one_cake_reads_as_promised_and_is_one_sms() -> None:
    text = cake_alert("SC-7K3M-Q9", [WALNUT], "Sat 14:00")
    assert text == "CAKE #SC-7K3M-Q9 8″ Walnut 'Happy 40th Laila' Sat 14:00"
    assert parts(text) == 1


def test_several_cakes_share_one_sms_in_plain_typography_when_that_saves_parts() -> None:
    other = Cake(2, "6″ (15 cm)", "Lemon & Olive Oil Celebration Cake", "Congratulations Zohra")
    text = cake_alert("SC-7K3M-Q9", [WALNUT, other], "Sat 14:00")
    assert "2x 6\" Lemon & Olive Oil 'Congratulations Zohra'" in text
    assert is_plain(text) and parts(text) == 1


def test_a_cake_without_words_shows_no_quotes() -> None:
    assert "''" not in cake_alert("SC-7K3M-Q9", [Cake(1, "8″", "Walnut", "")], "Sat 14:00")


@pytest.mark.parametrize("words", ["تولدت مبارک لیلا جان", "Zażółć gęślą jaźń", "Joyeux Noël 🎂"])
def test_the_letters_of_an_inscription_are_never_changed(words: str) -> None:
    assert words in cake_alert("SC-7K3M-Q9", [Cake(1, "8″", "Walnut", words)] * 4, "Sat 14:00")


def test_cakes_that_do_not_fit_are_counted_and_no_inscription_is_cut() -> None:
    long = Cake(1, "8″", "Walnut", "x" * 400)
    text = cake_alert("SC-7K3M-Q9", [long] * 6, "Sat 14:00")
    assert len(text) <= LONGEST
    assert text.count("x" * 400) == 3
    assert text.endswith("+3 more: see the order Sat 14:00")


def test_line_breaks_of_an_inscription_stay_visible() -> None:
    assert "'Happy / Birthday'" in str(Cake(1, "8″", "Walnut", "Happy\nBirthday"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("″" * 70, 1),
        ("″" * 71, 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
    ],
)
def test_parts_are_counted_as_the_network_charges_them(text: str, expected: int) -> None:
    assert parts(text) == expected


def test_typography_stays_where_replacing_it_saves_nothing() -> None:
    assert thrifty("8″ cake") == "8″ cake"
    assert thrifty("8″ cake" + "y" * 90) == '8" cake' + "y" * 90
