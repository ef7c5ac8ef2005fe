"""What becomes of a browser's cart when its person signs in, and of carts nobody comes back to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bakery.core import clock, ids
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
    assert claim_cart(ids.digest("browser"), user_id) == 1
    assert lines_of(session, user_id) == [(cake.id, "Laila", 2)]
    assert session.scalar(select(func.count(Cart.id))) == 1


def test_the_same_message_adds_up_and_others_stay_apart(session: Session, user_id: int) -> None:
    cake, loaf = make_cake(), make_loaf()
    make_cart((cake, 1, "Laila"), user_id=user_id)
    make_cart((cake, 2, "Laila"), (cake, 1, "Omar"), (loaf, 3), token="browser")
    assert claim_cart(ids.digest("browser"), user_id) == 3
    assert sorted(lines_of(session, user_id)) == sorted(
        [(cake.id, "Laila", 3), (cake.id, "Omar", 1), (loaf.id, "", 3)]
    )


def test_a_merge_never_makes_more_than_one_order_may_have(session: Session, user_id: int) -> None:
    cake = make_cake(max_per_order=3)
    make_cart((cake, 2), user_id=user_id)
    make_cart((cake, 3), token="browser")
    claim_cart(ids.digest("browser"), user_id)
    assert lines_of(session, user_id) == [(cake.id, "", 3)]


def test_merging_twice_or_with_no_such_cart_does_nothing(session: Session, user_id: int) -> None:
    make_cart((make_loaf(), 1), token="browser")
    assert claim_cart(ids.digest("browser"), user_id) == 1
    assert claim_cart(ids.digest("browser"), user_id) == 0
    assert claim_cart(ids.digest("nobody's"), user_id) == 0
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
