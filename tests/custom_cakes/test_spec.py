"""A design: what it refuses and where, that it is written in one way, and what differs in words."""

import json
import random
from dataclasses import FrozenInstanceError, replace
from datetime import date
from typing import Any

import pytest

from bakery.core.errors import Invalid
from bakery.custom_cakes.differences import differences
from bakery.custom_cakes.spec import CakeDesign, TierDesign, from_json
from bakery.custom_cakes.wish import read_wish
from tests.custom_cakes.designs import TODAY, design, random_wish, tier, wish


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tiers": [tier(), tier(diameter_cm=20.1)]}, "tiers.1.diameter_cm"),
        ({"tiers": [tier(height_cm=0)]}, "tiers.0.height_cm"),
        ({"tiers": [tier(height_cm=-4)]}, "tiers.0.height_cm"),
        ({"tiers": [tier(height_cm="nan")]}, "tiers.0.height_cm"),
        ({"tiers": [tier(height_cm=float("inf"))]}, "tiers.0.height_cm"),
        ({"tiers": [tier(height_cm=None)]}, "tiers.0.height_cm"),
        ({"tiers": [tier(height_cm=True)]}, "tiers.0.height_cm"),
        ({"tiers": [tier(height_cm=[10])]}, "tiers.0.height_cm"),
        ({"tiers": [tier(diameter_cm=None)]}, "tiers.0.diameter_cm"),
        ({"tiers": [tier(diameter_cm=500)]}, "tiers.0.diameter_cm"),
        ({"tiers": [tier(length_cm=20)]}, "tiers.0.length_cm"),
        ({"tiers": [tier(layers=0)]}, "tiers.0.layers"),
        ({"tiers": [tier(layers=2.5)]}, "tiers.0.layers"),
        ({"tiers": [tier(layers=9)]}, "tiers.0.layers"),
        ({"tiers": [tier()] * 60}, "tiers"),
        ({"tiers": [tier()] * 7}, "tiers"),
        ({"tiers": [tier(height_cm=40)] * 4}, "tiers"),
        ({"tiers": []}, "tiers"),
        ({"tiers": "round"}, "tiers"),
        ({"tiers": ["round"]}, "tiers.0"),
        ({"tiers": [tier(dummy=True)]}, "tiers.0.dummy"),
        ({"tiers": [tier(dummy="perhaps")]}, "tiers.0.dummy"),
        ({"tiers": [tier(flavour="tar")]}, "tiers.0.flavour"),
        ({"tiers": [tier(flavour="")]}, "tiers.0.flavour"),
        ({"tiers": [tier(filling="glue")]}, "tiers.0.filling"),
        ({"tiers": [tier(flavour={"a": 1})]}, "tiers.0.flavour"),
        ({"budget_cents": -1}, "budget_cents"),
        ({"budget_cents": "much"}, "budget_cents"),
        ({"budget_cents": 10**40}, "budget_cents"),
        ({"guests": 0}, "guests"),
        ({"guests": 10_000}, "guests"),
        ({"needed_on": "2026-11-20"}, "needed_on"),
        ({"needed_on": "2026-02-30"}, "needed_on"),
        ({"needed_on": None}, "needed_on"),
        ({"shape": "star"}, "shape"),
        ({"shape": ["round"]}, "shape"),
        ({"occasion": "revenge"}, "occasion"),
        ({"covering": "cement"}, "covering"),
        ({"colour": "#ff0000"}, "colour"),
        ({"drip": "url(#x)"}, "drip"),
        ({"decoration": "baroque"}, "decoration"),
        ({"toppings": ["nails"]}, "toppings"),
        ({"toppings": ["crumbs"]}, "toppings"),
        ({"toppings": "walnuts"}, "toppings"),
        ({"toppings": ["walnuts", "pistachio", "almonds", "figs", "berries", "lemon", "cherries"]}, "toppings"),
        ({"diets": ["keto"]}, "diets"),
        ({"allergies": ["work"]}, "allergies"),
        ({"inscription": "A" * 61}, "inscription"),
        ({"inscription": "Party 🎉"}, "inscription"),
        ({"inscription": "one\ntwo"}, "inscription"),
        ({"inscription": 40}, "inscription"),
        ({"note": "x" * 1001}, "note"),
        ({"note": "a\x00b"}, "note"),
        ({"note": "a\x08b"}, "note"),
        ({"allergy_note": "a\ud800b"}, "allergy_note"),
        ({"note": "a\ue000b"}, "note"),
        ({"keeps_top_tier": True}, "keeps_top_tier"),
        ({"keeps_top_tier": True, "tiers": [tier(dummy=True), tier()]}, "keeps_top_tier"),
        ({"shape": "rectangle"}, "tiers.0.diameter_cm"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_wish(wish(**changes), TODAY)
    assert refused.value.field == field
    assert refused.value.status == 422
    assert refused.value.message.endswith(".")


def test_a_rectangle_may_not_be_deeper_than_the_one_below_even_when_it_is_shorter() -> None:
    low = tier(diameter_cm=None, length_cm=40, width_cm=20)
    high = tier(diameter_cm=None, length_cm=30, width_cm=25)
    with pytest.raises(Invalid, match="wider than the tier below"):
        read_wish(wish(shape="rectangle", tiers=[low, high]), TODAY)
    # Turned by a quarter, the upper one still fits.
    turned = tier(diameter_cm=None, length_cm=20, width_cm=30)
    assert read_wish(wish(shape="rectangle", tiers=[low, turned]), TODAY).tiers[1].long_cm == 30


def test_today_is_a_day_to_come_and_numbers_may_come_as_text() -> None:
    read = read_wish(wish(needed_on="2026-11-21", guests="12", tiers=[tier(diameter_cm="20.32")]), TODAY)
    assert (read.guests, read.tiers[0].diameter_cm) == (12, 20.3)


def test_a_design_cannot_be_changed_nor_made_impossible() -> None:
    cake = design()
    with pytest.raises(FrozenInstanceError):
        cake.colour = "mint"  # type: ignore[misc]
    with pytest.raises(Invalid):
        replace(cake, tiers=())
    with pytest.raises(Invalid):
        replace(cake, budget_cents=-5)


def test_a_dummy_is_eaten_by_nobody_and_the_kept_tier_neither() -> None:
    tiers = [tier(diameter_cm=30), tier(dummy=True), tier(diameter_cm=15)]
    cake = design(tiers=tiers, keeps_top_tier=True)
    assert cake.tiers[1] == TierDesign(height_cm=10, diameter_cm=20, dummy=True)
    assert [t.diameter_cm for t in cake.eaten_tiers] == [30]


def test_a_thousand_random_designs_survive_being_stored_and_keep_their_hash() -> None:
    rng = random.Random(1)
    hashes = set()
    for _ in range(1000):
        cake = read_wish(random_wish(rng), TODAY)
        # What any JSON store may do: drop the ".0", reorder keys.
        stored = json.loads(
            json.dumps(cake.to_json(), sort_keys=True),
            parse_float=lambda text: int(float(text)) if float(text).is_integer() else float(text),
        )
        again = from_json(stored)
        assert again == cake
        assert (again.canonical, again.hash) == (cake.canonical, cake.hash)
        hashes.add(cake.hash)
    assert len(hashes) > 990


def test_the_order_of_ticked_boxes_and_the_spelling_of_numbers_change_no_hash() -> None:
    one = design(toppings=["walnuts", "berries"], tiers=[tier(diameter_cm=20)])
    other = design(toppings=["berries", "walnuts", "berries"], tiers=[tier(diameter_cm="20.0")])
    assert one.hash == other.hash
    assert len(one.hash) == 64
    assert design(guests=13).hash != design(guests=12).hash


@pytest.mark.parametrize("raw", [{"format": 9}, {"tiers": []}])
def test_what_was_stored_wrongly_is_not_read_as_if_it_were_right(raw: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        from_json(design().to_json() | raw)


def changed(**changes: Any) -> tuple[str, ...]:
    return differences(design(), design(**changes))


def test_nothing_changed_is_nothing_said() -> None:
    assert changed() == ()


def test_what_changed_is_said_in_words() -> None:
    assert changed(needed_on="2026-12-06") == (
        "Date: Saturday 5 December 2026 → Sunday 6 December 2026.",
    )  # fmt: skip
    assert changed(inscription="") == ("Inscription: “Happy 40th Laila” → none.",)
    assert changed(tiers=[tier(diameter_cm=25, layers=4)]) == ("Tier 1: size 20 cm → 25 cm, layers 3 → 4.",)
    assert changed(tiers=[tier(), tier(diameter_cm=15)]) == (
        "Tier 2 is new: 15 cm, 10 cm high, Walnut with Vanilla buttercream in 3 layers.",
    )
    assert changed(note="Ring first") == ("Your note was changed.",)
    assert changed(toppings=["figs"]) == ("Added toppings: Figs.",)


def test_every_field_that_differs_is_told() -> None:
    """A field added to the design and forgotten here would be changed behind the customer's back."""
    base = design(tiers=[tier(), tier(diameter_cm=15)], toppings=["figs"])
    other = {
        "occasion": "wedding", "needed_on": date(2027, 1, 1), "shape": "square",
        "tiers": (TierDesign(12, 20, layers=3, flavour="lemon", filling="ganache"),) * 2,
        "covering": "fondant", "colour": "mint", "decoration": "simple", "drip": "gold", "ink": "gold",
        "toppings": (), "inscription": "", "diets": ("halal",), "allergies": ("fish",),
        "allergy_note": "x", "guests": 20, "keeps_top_tier": True, "note": "y",
    }  # fmt: skip
    untold = {"format", "budget_cents"}
    assert set(other) | untold == set(CakeDesign.__dataclass_fields__)
    for name, value in other.items():
        kind = type(getattr(base, name))
        assert differences(base, replace(base, **{name: kind(value) if isinstance(value, str) else value})), (
            name
        )


def test_allergens_that_come_in_are_told_first_and_none_is_ever_called_free_from() -> None:
    said = changed(tiers=[tier(flavour="chocolate")], toppings=["meringue", "lemon"])
    assert said[:2] == ("Now contains soya.", "Now contains sulphites.") or set(said[:3]) >= {
        "Now contains soya.",
        "Now contains sulphites.",
    }
    assert "Tree nuts: may be contained now." in said
    unknown = changed(toppings=["flowers"])
    assert "Fish: not declared any more, so we do not know." in unknown
    back = differences(design(toppings=["flowers"]), design())
    assert "Fish: not an ingredient any more." in back
    assert not [s for s in (*said, *unknown, *back) if "free" in s.lower()]
