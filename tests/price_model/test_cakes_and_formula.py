"""What cannot be baked is refused by field; the formula adds up and never falls."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

import pytest

from models_ml.pricing.answer import Answer, by_formula, with_warnings
from models_ml.pricing.cakes import InvalidCake, Tier
from models_ml.pricing.features import money_levels
from models_ml.pricing.formula import COSTS, cost_of, floor_cents, margin_bp, price_by_formula
from models_ml.pricing.sweeps import STEPS, SWEEPS, random_cake
from tests.price_model.conftest import ON, cake

PLAIN = Tier(20, 10, 3)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"shape": "star"}, "shape"),
        ({"decoration": "wild"}, "decoration"),
        ({"tiers": ()}, "tiers"),
        ({"tiers": (PLAIN,) * 60}, "tiers"),
        ({"tiers": (replace(PLAIN, height_cm=0),)}, "tiers.0.height_cm"),
        ({"tiers": (replace(PLAIN, diameter_cm=float("nan")),)}, "tiers.0.diameter_cm"),
        ({"tiers": (replace(PLAIN, diameter_cm=-20),)}, "tiers.0.diameter_cm"),
        ({"tiers": (replace(PLAIN, layers=0),)}, "tiers.0.layers"),
        ({"tiers": (replace(PLAIN, layers=2.5),)}, "tiers.0.layers"),
        ({"tiers": (PLAIN, replace(PLAIN, diameter_cm=21))}, "tiers.1.diameter_cm"),
        ({"tiers": (PLAIN,), "shape": "rectangle"}, "tiers.0.width_cm"),
        ({"tiers": (replace(PLAIN, flavour="rose; 9|x"),)}, "tiers.0.flavour"),
        ({"tiers": (replace(PLAIN, filling=""),)}, "tiers.0.filling"),
        ({"covering": "x" * 61}, "covering"),
        ({"notice_days": -1}, "needed_on"),
        ({"toppings": -1}, "toppings"),
        ({"toppings": 1.5}, "toppings"),
        ({"labour_hours": float("inf")}, "labour_hours"),
        ({"labour_hours": 0}, "labour_hours"),
        ({"ingredient_cents": -5}, "ingredient_cents"),
    ],
)
def test_what_nobody_could_bake_is_refused_in_a_sentence_with_its_field(
    changes: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidCake) as refused:
        cake(**changes)
    assert refused.value.field == field
    assert refused.value.message[0].isupper() and refused.value.message.endswith(".")


def test_the_formula_is_what_its_card_says() -> None:
    found = price_by_formula(cake())
    cost = found.cost
    overhead = cost.total_cents * 0.18 + 450
    net = (cost.total_cents + overhead) / 0.74
    assert found.price_cents == pytest.approx(net * 1.1, abs=100)
    assert dict(found.parts)["GST"] == pytest.approx(found.price_cents / 11, abs=1)
    assert margin_bp(found.price_cents, cake()) == pytest.approx(COSTS.margin_bp, abs=60)


def test_the_formula_adds_up_never_falls_and_stays_above_cost() -> None:
    rng = random.Random(3)
    for number in range(4_000):
        wish = random_cake(rng, ON)
        found = price_by_formula(wish)
        assert sum(cents for _, cents in found.parts) == found.price_cents
        assert found.price_cents > floor_cents(found.cost)
        grow = list(SWEEPS.values())[number % len(SWEEPS)]
        assert price_by_formula(grow(wish, STEPS[number % 3])).price_cents >= found.price_cents


def test_the_staffs_own_figures_win_over_the_estimates() -> None:
    cost = cost_of(cake(labour_hours=3.0, ingredient_cents=5_000))
    assert (cost.ingredient_cents, cost.labour_cents) == (5_000, 12_600)


def test_a_flavour_that_nobody_knows_is_not_sold_as_the_cheapest() -> None:
    known = cost_of(cake(tiers=(Tier(20, 10, 3, "vanilla"),)))
    assert cost_of(cake(tiers=(Tier(20, 10, 3, "durian"),))).ingredient_cents > known.ingredient_cents


def test_a_price_below_cost_carries_a_warning_and_one_above_does_not() -> None:
    wish = cake()
    floor = floor_cents(cost_of(wish))
    for price, low, words in (
        (floor - 1, floor - 2, "The price is below"),
        (floor, floor - 1, "The low end"),
    ):
        answer = with_warnings(Answer(price, low, price, (), "model"), wish)
        assert len(answer.warnings) == 1 and answer.warnings[0].startswith(words)
        assert answer.floor_cents == floor
    assert with_warnings(Answer(floor, floor, floor, (), "model"), wish).warnings == ()


def test_the_formulas_range_holds_its_price() -> None:
    answer = by_formula(cake(needed_on=date(2026, 11, 21), notice_days=1))
    assert answer.low_cents < answer.price_cents < answer.high_cents
    assert any("Short notice" in text for text, _ in answer.reasons)


def test_shares_of_a_logarithm_add_up_in_money() -> None:
    assert sum(money_levels([0.4, -0.9, 0.2], 5.0)) == pytest.approx(
        2.718281828**4.7 - 2.718281828**5.0, rel=1e-6
    )
    assert money_levels([0.5, -0.5], 5.0) == pytest.approx([0.5 * 148.413159, -0.5 * 148.413159])
