"""Nobody holds the shelf empty by ordering and never paying."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bakery.catalog.models import Variant
from bakery.core import clock
from bakery.core.actor import SYSTEM
from bakery.infra.db import db
from bakery.infra.transaction import transaction
from bakery.orders import operations, services, unpaid
from bakery.orders.errors import TooManyUnpaid
from bakery.orders.models import Cart, CartLine, Order
from bakery.orders.states import PaymentStatus
from bakery.stock.models import StockLevel
from tests.factories.catalog import make_cake
from tests.factories.checkout import make_wish
from tests.factories.orders import CartLineFactory, make_cart
from tests.factories.people import UserFactory
from tests.factories.shop import make_open_shop

ROOMY = {"capacity_orders": 1000, "capacity_minutes": 100_000}


@pytest.fixture
def cake(session: Session) -> Variant:
    make_open_shop(session, **ROOMY)
    return make_cake(stock=20)


def refill(cart: Cart, cake: Variant) -> Cart:
    CartLineFactory(cart=cart, variant=cake)
    db.session.refresh(cart)
    return cart


def place(cart: Cart, **changes: Any) -> int:
    return services.place_order(make_wish(db.session(), cart, **changes))


def three_of_one_email(cake: Variant) -> list[int]:
    emails = ["laila@saffron.test", "Laila@Saffron.test", " LAILA@saffron.test "]
    return [place(make_cart((cake, 1)), email=email) for email in emails]


def test_a_fourth_unpaid_order_under_one_email_is_refused_and_nothing_is_lost(
    session: Session, cake: Variant
) -> None:
    first = [session.get_one(Order, row).number for row in three_of_one_email(cake)]
    cart = make_cart((cake, 1))
    with pytest.raises(
        TooManyUnpaid, match="Too many orders under this email address are not paid"
    ) as refused:
        place(cart, email="laila@SAFFRON.test")
    assert refused.value.numbers == tuple(first)
    assert session.scalar(select(func.count(CartLine.id)).where(CartLine.cart_id == cart.id)) == 1
    assert session.get_one(StockLevel, cake.id, populate_existing=True).reserved == 3


def test_a_fourth_unpaid_order_from_one_cart_is_refused_whatever_the_email(
    session: Session, cake: Variant
) -> None:
    cart = make_cart()
    for number in range(3):
        place(refill(cart, cake), email=f"laila{number}@saffron.test")
    with pytest.raises(TooManyUnpaid, match="You have 3 orders that are not paid yet"):
        place(refill(cart, cake), email="omar@saffron.test")


def test_what_strangers_order_under_my_address_does_not_stop_me_once_signed_in(
    session: Session, cake: Variant
) -> None:
    three_of_one_email(cake)
    me = UserFactory(email="laila@saffron.test")
    assert place(make_cart((cake, 1)), user_id=me.id)


def test_a_person_signed_in_is_counted_over_all_devices_and_addresses(
    session: Session, cake: Variant
) -> None:
    me = UserFactory()
    first = [place(make_cart((cake, 1)), user_id=me.id, email=f"me{n}@saffron.test") for n in range(3)]
    with pytest.raises(TooManyUnpaid, match="You have 3 orders that are not paid") as refused:
        place(make_cart((cake, 1)), user_id=me.id, email="me4@saffron.test")
    assert refused.value.numbers == tuple(session.get_one(Order, row).number for row in first)


def test_other_people_are_not_counted(session: Session, cake: Variant) -> None:
    three_of_one_email(cake)
    assert place(make_cart((cake, 1)), email="omar@saffron.test")


def pay_for(order_id: int) -> None:
    with transaction() as session:
        order = operations.lock_order(session, order_id)
        operations.change_payment_status(session, order, PaymentStatus.PAID, reason="test")
        operations.confirm(session, order)


@pytest.mark.parametrize(
    "settle", [pay_for, lambda order_id: services.abandon_order(order_id, SYSTEM)], ids=["paid", "taken back"]
)
def test_who_pays_or_takes_one_back_may_place_the_next(
    session: Session, cake: Variant, settle: Callable[[int], None]
) -> None:
    settle(three_of_one_email(cake)[1])
    assert place(make_cart((cake, 1)))


def test_an_order_whose_time_ran_out_is_not_counted_even_before_it_is_ended(
    session: Session, cake: Variant
) -> None:
    ids = three_of_one_email(cake)
    past = clock.now() - timedelta(seconds=1)
    session.execute(update(Order).where(Order.id == ids[0]).values(hold_expires_at=past))
    session.commit()
    assert place(make_cart((cake, 1)))


def test_the_same_checkout_sent_again_still_answers_with_its_order(session: Session, cake: Variant) -> None:
    three_of_one_email(cake)[0]
    cart = make_cart((cake, 1))
    wish = make_wish(session, cart, email="omar@saffron.test", most_unpaid=1)
    assert services.place_order(wish) == services.place_order(wish)


def test_the_figure_is_the_callers(session: Session, cake: Variant) -> None:
    place(make_cart((cake, 1)), most_unpaid=1)
    with pytest.raises(TooManyUnpaid):
        place(make_cart((cake, 1)), most_unpaid=1)


def race(app: Flask, cake: Variant) -> list[object]:
    """Eight browsers with one email, at the same moment."""
    wishes = [make_wish(db.session(), make_cart((cake, 1))) for _ in range(8)]
    db.session.remove()
    start = threading.Barrier(len(wishes))

    def one(wish: services.PlaceOrder) -> object:
        with app.app_context():
            start.wait(10)
            try:
                return services.place_order(wish)
            except TooManyUnpaid as error:
                return error
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(wishes)) as pool:
        return list(pool.map(one, wishes))


@pytest.mark.concurrency
def test_eight_at_once_under_one_email_make_three_orders(app: Flask, real_database: None) -> None:
    make_open_shop(db.session(), **ROOMY)
    answers = race(app, make_cake(stock=20))
    assert sum(isinstance(answer, int) for answer in answers) == 3
    assert sum(isinstance(answer, TooManyUnpaid) for answer in answers) == 5


@pytest.mark.concurrency
def test_without_the_lock_on_the_address_they_make_more(
    app: Flask, real_database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = threading.Barrier(8)

    class Unlocked:
        """Asks for no lock; nobody writes before all have looked."""

        def __init__(self, session: Session) -> None:
            self.session = session

        def execute(self, query: Any) -> Any:
            if "advisory" in str(query):
                return None
            found = self.session.execute(query)
            everybody.wait(10)
            return found

    with_lock = unpaid.refuse_too_many
    monkeypatch.setattr(unpaid, "refuse_too_many", lambda s, wish, cart: with_lock(Unlocked(s), wish, cart))
    make_open_shop(db.session(), **ROOMY)
    answers = race(app, make_cake(stock=20))
    assert sum(isinstance(answer, int) for answer in answers) == 8
