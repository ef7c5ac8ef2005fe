"""What becomes of a browser's cart when its person signs in, and of carts nobody comes back to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bakery.core import clock, ids
from bakery.orders.cart_operations import MAX_LINES, Merged
from bakery.orders.cart_owner import CartOwner
from bakery.orders.cart_services import KEEP_CARTS, claim_cart, forget_old_carts, refill
from bakery.orders.models import Cart, CartLine
from bakery.people.models import User
from tests.factories.catalog import make_cake, make_loaf
from tests.factories.orders import make_cart, make_order
from tests.factories.shop import make_open_shop


@pytest.fixture
def user_id(session: Session) -> int:
    make_open_shop(session)
    user = User(email="laila@saffron.test", password_hash="x")
    session.add(user)
    session.commit()
    return user.id


def lines_of(session: Session, user_id: int) -> list[tuple[int, str, int]]:
    session.expire_all()
    query = select(CartLine).join(Cart).where(Cart.user_id == user_id).order_by(CartLine.id)
    return [(line.variant_id, line.message, line.quantity) for line in session.scalars(query)]


def test_a_person_without_a_cart_takes_the_browsers(session: Session, user_id: int) -> None:
    cake = make_cake()
    make_cart((cake, 2, "Laila"), token="browser")
    assert claim_cart(ids.digest("browser"), user_id) == Merged(1)
    assert lines_of(session, user_id) == [(cake.id, "Laila", 2)]
    assert session.scalar(select(func.count(Cart.id))) == 1


def test_the_same_message_adds_up_and_others_stay_apart(session: Session, user_id: int) -> None:
    cake, loaf = make_cake(), make_loaf()
    make_cart((cake, 1, "Laila"), user_id=user_id)
    make_cart((cake, 2, "Laila"), (cake, 1, "Omar"), (loaf, 3), token="browser")
    assert claim_cart(ids.digest("browser"), user_id) == Merged(3)
    assert sorted(lines_of(session, user_id)) == sorted(
        [(cake.id, "Laila", 3), (cake.id, "Omar", 1), (loaf.id, "", 3)]
    )


def test_a_merge_never_makes_more_than_one_order_may_have(session: Session, user_id: int) -> None:
    cake = make_cake(max_per_order=3)
    make_cart((cake, 2), user_id=user_id)
    make_cart((cake, 3), token="browser")
    merged = claim_cart(ids.digest("browser"), user_id)
    assert lines_of(session, user_id) == [(cake.id, "", 3)]
    assert merged.sentences == [
        "One order can have up to 3 × Walnut Cake, 8 inch, so that many are in your cart."
    ]


def full_cart(session: Session, user_id: int, lines: int) -> None:
    loaf = make_loaf(product__message_max=40)
    make_cart(*[(loaf, 1, f"loaf {number}") for number in range(lines)], user_id=user_id)


def test_what_finds_no_room_stays_in_the_browser_and_is_named(session: Session, user_id: int) -> None:
    full_cart(session, user_id, MAX_LINES - 2)
    before = lines_of(session, user_id)
    cake, loaf = make_cake(), make_loaf()
    words = ["Laila", "Omar", "Ahmad", "Zahra"]
    browsers = make_cart(*[(cake, 1, word) for word in words], (loaf, 2), token="browser")
    merged = claim_cart(ids.digest("browser"), user_id)
    assert merged.moved == 2 and len(merged.stayed) == 3
    assert lines_of(session, user_id) == [*before, (cake.id, "Laila", 1), (cake.id, "Omar", 1)]
    left = session.scalars(select(CartLine).where(CartLine.cart_id == browsers.id).order_by(CartLine.id))
    assert [(line.message, line.quantity) for line in left] == [("Ahmad", 1), ("Zahra", 1), ("", 2)]
    [sentence] = merged.sentences
    assert "Walnut Cake, 8 inch" in sentence and "up to 40 different things" in sentence


def test_in_a_full_cart_the_same_thing_still_adds_up(session: Session, user_id: int) -> None:
    cake = make_cake()
    make_cart((cake, 1, "Laila"), *[(cake, 1, f"x{n}") for n in range(MAX_LINES - 1)], user_id=user_id)
    make_cart((cake, 2, "Laila"), token="browser")
    assert claim_cart(ids.digest("browser"), user_id) == Merged(1)
    assert (cake.id, "Laila", 3) in lines_of(session, user_id)
    assert session.scalar(select(func.count(Cart.id))) == 1


def test_once_there_is_room_what_stayed_moves_at_the_next_sign_in(session: Session, user_id: int) -> None:
    full_cart(session, user_id, MAX_LINES)
    cake = make_cake()
    make_cart((cake, 1, "Laila"), token="browser")
    assert claim_cart(ids.digest("browser"), user_id).moved == 0
    line = session.scalars(select(CartLine).join(Cart).where(Cart.user_id == user_id).limit(1)).one()
    session.delete(line)
    session.commit()
    assert claim_cart(ids.digest("browser"), user_id) == Merged(1)
    assert session.scalar(select(func.count(Cart.id))) == 1


def test_merging_twice_or_with_no_such_cart_does_nothing(session: Session, user_id: int) -> None:
    make_cart((make_loaf(), 1), token="browser")
    assert claim_cart(ids.digest("browser"), user_id) == Merged(1)
    assert claim_cart(ids.digest("browser"), user_id) == Merged()
    assert claim_cart(ids.digest("nobody's"), user_id) == Merged()
    assert len(lines_of(session, user_id)) == 1


def test_carts_nobody_touched_for_sixty_days_are_forgotten(session: Session, user_id: int) -> None:
    old = make_cart((make_loaf(), 1), token="old")
    make_cart((make_loaf(), 1), token="new")
    session.execute(
        update(Cart).where(Cart.id == old.id).values(updated_at=clock.now() - KEEP_CARTS - timedelta(hours=1))
    )
    session.commit()
    assert forget_old_carts() == 1
    assert session.scalar(select(func.count(Cart.id))) == 1


def test_an_order_goes_back_into_the_cart_as_far_as_it_can_be_had(session: Session, user_id: int) -> None:
    cake, gone, scarce = make_cake(), make_cake(product__published_at=None), make_cake(stock=1)
    order = make_order((cake, 2, "Laila"), (gone, 1), (scarce, 2))
    missing = refill(CartOwner(user_id=user_id), order.id)
    assert lines_of(session, user_id) == [(cake.id, "Laila", 2)]
    assert len(missing) == 2 and "only 1" in missing[1]
