"""What goes into a design: allergens by recipe, clashes with what the customer avoids, and minutes."""

import random

from bakery.catalog.models import Allergen, Declaration
from bakery.core.errors import Invalid
from bakery.custom_cakes import options
from bakery.custom_cakes.contents import allergens, clashes, work
from bakery.custom_cakes.spec import from_json
from bakery.custom_cakes.wish import read_wish
from tests.custom_cakes.designs import FLOWERS, TODAY, design, random_wish, tier

C, M, N, U = (Declaration(word) for word in ("contains", "may_contain", "not_contained", "unknown"))


def test_choices_bring_their_allergens_and_the_kitchen_its_traces() -> None:
    states = allergens(design())
    assert {a for a, s in states.items() if s is C} == {
        Allergen.GLUTEN, Allergen.EGGS, Allergen.MILK, Allergen.NUTS,
    }  # fmt: skip
    assert {a for a, s in states.items() if s is M} == {Allergen.SESAME, Allergen.SOYA}
    assert states[Allergen.FISH] is N
    assert set(states) == set(Allergen)


def test_one_undeclared_choice_makes_the_rest_unknown_never_absent() -> None:
    states = allergens(design(toppings=[FLOWERS]))
    assert states[Allergen.FISH] is U
    assert N not in states.values()
    assert states[Allergen.NUTS] is C


def test_a_choice_that_is_no_longer_offered_is_unknown() -> None:
    stored = design().to_json()
    stored["tiers"][0]["filling"] = "last_years_jam"
    assert allergens(from_json(stored))[Allergen.FISH] is U


def test_a_dummy_brings_in_nothing() -> None:
    plain = design(tiers=[tier(flavour="lemon"), tier(flavour="walnut", dummy=True)])
    assert allergens(plain)[Allergen.NUTS] is M


def test_asking_for_a_diet_changes_no_declaration_but_says_where_it_clashes() -> None:
    cake = design(diets=["vegan", "halal"], allergies=["nuts", "fish"])
    assert allergens(cake) == allergens(design())
    assert clashes(cake) == (
        "You avoid tree nuts: this cake contains it.",
        "Vegan: this cake contains it (eggs).",
        "Vegan: this cake contains it (milk).",
    )
    assert clashes(design(allergies=["fish"], toppings=[FLOWERS])) == (
        "You avoid fish: this cake has not been declared for it.",
    )


def test_every_choice_can_be_drawn_and_named_and_no_diet_is_forgotten() -> None:
    for offer in (options.FLAVOURS, options.FILLINGS):
        assert all(choice.paint and choice.name for choice in offer.values())
    assert all(choice.lead_hours >= 48 for choice in options.FLAVOURS.values())


def test_more_cake_is_never_less_work() -> None:
    rng = random.Random(2)
    compared = 0
    for _ in range(500):
        raw = random_wish(rng)
        less = work(read_wish(raw, TODAY))
        try:
            more = work(read_wish(raw | {"tiers": [*raw["tiers"], tier(diameter_cm=8, height_cm=3)]}, TODAY))
        except Invalid:
            continue
        compared += 1
        assert more.minutes > less.minutes
        assert more.lead_hours >= less.lead_hours
    assert compared > 50


def test_the_slowest_choice_decides_the_notice() -> None:
    assert work(design()).lead_hours == 48
    assert work(design(covering="fondant")).lead_hours == 72
    assert work(design(toppings=[FLOWERS])).lead_hours == 96
    assert (work(design()).bake_minutes, work(design()).fill_minutes) == (55, 50)
    assert work(design()).decorate_minutes == 70
