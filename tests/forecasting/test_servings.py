"""Guests to cakes with the shop's slices and the menu's prices."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bakery.core.errors import Invalid
from bakery.forecasting.servings import Occasion, SliceKind, Wish, estimate, make_plan, make_tier, slice_of
from bakery.shop.queries import get_profile
from tests.factories.catalog import ProductFactory, VariantFactory, make_cake
from tests.factories.shop import ShopFactory


@pytest.fixture
def shop(session: Session) -> None:
    ShopFactory()


def cake(slug: str, *sizes: tuple[str, int, int, int], **product: object) -> None:
    """A cake on the menu: (name, price in cents, servings from, to)."""
    sold = ProductFactory(slug=slug, name=slug.title(), is_cake=True, **product)
    for place, (name, cents, few, many) in enumerate(sizes):
        VariantFactory(
            product=sold, name=name, price_cents=cents, servings_min=few, servings_max=many, position=place
        )


def test_the_menu_answers_with_generous_or_small_slices(session: Session, shop: None) -> None:
    cake("walnut", ("6″ (15 cm)", 7800, 8, 12), ("8″ (20 cm)", 10900, 16, 24), ("10″ (25 cm)", 15400, 28, 38))
    profile = get_profile(session)
    party = make_plan(session, profile, Wish(guests=20, occasion=Occasion.BIRTHDAY))
    wedding = make_plan(session, profile, Wish(guests=20, occasion=Occasion.WEDDING))
    assert [(c.size.name, c.servings, c.left_over, c.price.cents) for c in party.menu] == [
        ("10″ (25 cm)", 28, 8, 15400)
    ]
    assert [(c.size.name, c.servings, c.left_over) for c in wedding.menu] == [("8″ (20 cm)", 24, 4)]


def test_several_of_a_size_stand_for_a_larger_one_but_not_beyond_what_may_be_ordered(
    session: Session, shop: None
) -> None:
    cake("honey", ("8″ (20 cm)", 10600, 16, 24))
    make_cake(product__slug="one", servings_min=30, servings_max=40, max_per_order=1)
    found = make_plan(session, get_profile(session), Wish(guests=40, occasion=Occasion.TEA)).menu
    assert [(c.size.slug, c.quantity, c.servings, c.price.cents) for c in found] == [("honey", 3, 48, 31800)]


def test_a_pan_on_the_menu_gives_its_lowest_price_to_the_same_shape_alone(
    session: Session, shop: None
) -> None:
    cake("walnut", ("8″ (20 cm)", 10900, 16, 24))
    cake("lemon", ("8″ (20 cm)", 9800, 16, 24))
    cake("love", ("8″ heart", 8000, 14, 20))
    plan = make_plan(session, get_profile(session), Wish(guests=22, occasion=Occasion.WEDDING))
    prices = {c.option.shape.value: c.from_price and c.from_price.cents for c in plan.singles}
    assert prices["round"] == 9800 and prices["heart"] == 8000
    assert prices["square"] is None


def test_what_is_not_sold_now_is_not_offered(session: Session, shop: None) -> None:
    cake("draft", ("8″", 100, 16, 24), published_at=None)
    cake("spring", ("8″", 100, 16, 24), season_from="03-01", season_to="03-01")
    make_cake(product__slug="unknown", servings_min=None, servings_max=None)
    plan = make_plan(session, get_profile(session), Wish(guests=10, occasion=Occasion.TEA))
    assert plan.menu == [] and plan.singles


def test_those_who_skip_cake_are_not_counted_and_halves_are_rounded_up(session: Session, shop: None) -> None:
    profile = get_profile(session)
    assert make_plan(session, profile, Wish(guests=41, occasion=Occasion.TEA, share=70)).needed == 29
    assert make_plan(session, profile, Wish(guests=1, occasion=Occasion.TEA, share=70)).needed == 1


@pytest.mark.parametrize("guests", [0, -1, 1001])
def test_guests_out_of_bounds_are_refused(session: Session, shop: None, guests: int) -> None:
    with pytest.raises(Invalid) as refused:
        make_plan(session, get_profile(session), Wish(guests=guests, occasion=Occasion.TEA))
    assert refused.value.field == "guests"


def test_the_shop_decides_how_large_a_slice_is(session: Session) -> None:
    shop = ShopFactory()
    eight = make_tier("square", 10.2, {"diameter_cm": 20.3})
    usual = estimate(get_profile(session), eight, SliceKind.WEDDING)
    assert (usual.cut.servings, usual.other_servings) == (32, 21)
    shop.wedding_slice_width_tenth_mm = 508
    session.commit()
    assert slice_of(get_profile(session), SliceKind.WEDDING).width_cm == pytest.approx(5.08)
    assert estimate(get_profile(session), eight, SliceKind.WEDDING).cut.servings == 16


def test_a_slice_that_cannot_be_is_not_stored(session: Session) -> None:
    with pytest.raises(IntegrityError, match="slices_sane"):
        ShopFactory(party_slice_width_tenth_mm=0)
