"""What a customer reads back of their wish."""

from __future__ import annotations

import random

from bakery.custom_cakes.in_words import allergen_rows, spec_rows
from bakery.custom_cakes.spec import from_json
from bakery.custom_cakes.wish import read_wish
from tests.custom_cakes.designs import TODAY, design, random_wish, tier


def test_everything_chosen_is_there_and_nothing_that_was_left_open() -> None:
    rows = dict(spec_rows(design(drip="gold", budget_cents=45_000, allergies=["peanuts"]), "AUD"))
    assert rows == {
        "For": "Birthday, Saturday 5 December 2026",
        "Guests": "12",
        "Shape": "Round",
        "Cake": "20 cm across, 10 cm high. Walnut with vanilla buttercream, 3 layers.",
        "Covering": "Buttercream, rose",
        "Drip": "gold",
        "Decoration": "Medium: piped borders",
        "Written on it": "“Happy 40th Laila”",
        "In the colour": "chocolate",
        "Allergies": "Peanuts",
        "Budget": "up to $450.00",
    }


def test_tiers_are_counted_and_a_dummy_and_a_kept_one_are_called_so() -> None:
    tiers = [tier(diameter_cm=30), tier(diameter_cm=24, dummy=True), tier(diameter_cm=18, layers=1)]
    rows = dict(spec_rows(design(tiers=tiers, keeps_top_tier=True), "AUD"))
    assert rows["Tier 2"] == "24 cm across, 10 cm high. A dummy: nobody eats it."
    assert rows["Tier 3"].endswith("1 layer. Kept for later.") and "Cake" not in rows


def test_a_flavour_that_is_not_offered_any_more_is_still_named() -> None:
    stored = design().to_json()
    stored["tiers"][0]["flavour"] = "durian"
    assert "durian with vanilla buttercream" in dict(spec_rows(from_json(stored), "AUD"))["Cake"]


def test_every_cake_that_can_be_built_can_be_said() -> None:
    rng = random.Random(7)
    for _ in range(300):
        wished = read_wish(random_wish(rng), TODAY)
        rows = spec_rows(wished, "AUD")
        assert len(rows) >= 5 and all(name and words for name, words in rows)
        assert len(allergen_rows(wished)) == 14
