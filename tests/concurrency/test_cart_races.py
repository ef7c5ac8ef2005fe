"""One cart, several tabs at once: nothing is lost, no limit is passed, and there is only one cart."""

from __future__ import annotations

import time
from collections import Counter
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.core import ids
from bakery.core.errors import Invalid, NotFound
from bakery.infra.db import db
from bakery.orders import cart_operations, cart_services
from bakery.orders.cart_owner import CartOwner
from bakery.orders.models import Cart, CartLine
from bakery.people.models import User
from tests.concurrency.race import race
from tests.factories.catalog import make_cake, make_loaf
from tests.factories.orders import make_cart
from tests.factories.shop import make_open_shop

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]

BROWSER = CartOwner(token_digest=ids.digest("browser"))


@pytest.fixture(autouse=True)
def shop(app: Flask, real_database: None) -> None:
    make_open_shop(db.session())


@pytest.fixture
def user_id() -> int:
    user = User(email="laila@saffron.test", password_hash="x")
    db.session.add(user)
    db.session.commit()
    return user.id


def quantities() -> list[int]:
    db.session.rollback()
    return list(db.session.scalars(select(CartLine.quantity).order_by(CartLine.id)))


def carts() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Cart.id))) or 0


def test_adds_at_once_all_count_in_one_cart_and_one_line(app: Flask) -> None:
    cake_id = make_cake(max_per_order=100).id
    outcomes = race(app, [partial(cart_services.add_item, BROWSER, cake_id, 1)] * 40)
    assert not [o for o in outcomes if isinstance(o, Exception)]
    assert (carts(), quantities()) == (1, [40])


def test_without_the_carts_lock_adds_are_lost(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def unlocked(session: Session, owner: CartOwner) -> Cart:
        cart = session.scalars(select(Cart).where(owner.owns())).one()
        time.sleep(0.02)
        return cart

    cake_id = make_cake(max_per_order=100).id
    cart_services.add_item(BROWSER, cake_id, 1)
    monkeypatch.setattr(cart_operations, "lock_cart", unlocked)
    monkeypatch.setattr(cart_operations, "touch", lambda _cart: None)
    race(app, [partial(cart_services.add_item, BROWSER, cake_id, 1)] * 40)
    assert quantities() != [41]


def test_no_race_passes_the_limit_of_an_order(app: Flask) -> None:
    cake_id = make_cake(max_per_order=5).id
    jobs = [partial(cart_services.add_item, BROWSER, cake_id, 1, f"Cake {i % 2}") for i in range(30)]
    outcomes = race(app, jobs)
    assert Counter(type(o).__name__ for o in outcomes) == {"Changed": 5, "Invalid": 25}
    assert sum(quantities()) == 5
    assert all(o.field == "quantity" for o in outcomes if isinstance(o, Invalid))


def test_a_line_removed_twice_at_once_is_gone_once(app: Flask) -> None:
    line_id = cart_services.add_item(BROWSER, make_loaf().id, 1).line_id
    outcomes = race(app, [partial(cart_services.remove_item, BROWSER, line_id)] * 8)
    assert Counter(type(o).__name__ for o in outcomes) == {"Changed": 1, "NotFound": 7}
    assert all(isinstance(o, cart_services.Changed | NotFound) for o in outcomes)


def test_signing_in_twice_at_once_moves_the_cart_once(app: Flask, user_id: int) -> None:
    make_cart((make_cake(), 2, "Laila"), (make_loaf(), 3), token="browser")
    outcomes = race(app, [partial(cart_services.claim_cart, ids.digest("browser"), user_id)] * 8)
    assert sorted(merged.moved for merged in outcomes) == [0] * 7 + [2]
    assert (carts(), quantities()) == (1, [2, 3])


def test_two_browsers_that_sign_in_at_once_fill_one_cart(app: Flask, user_id: int) -> None:
    cake = make_cake(max_per_order=100)
    tokens = [f"browser {i}" for i in range(8)]
    for token in tokens:
        make_cart((cake, 1), token=token)
    outcomes = race(app, [partial(cart_services.claim_cart, ids.digest(t), user_id) for t in tokens])
    assert [merged.moved for merged in outcomes] == [1] * 8
    assert (carts(), quantities()) == (1, [8])
