"""Two of the staff press their buttons at once, each in a browser with a connection of its own; and a control."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.custom_cakes import acceptance, operations
from bakery.custom_cakes.models import CustomCakeRequest, Quote, RequestEvent
from bakery.custom_cakes.states import RequestStatus
from bakery.infra.db import db
from bakery.integrations.adapters import Adapters
from bakery.orders.models import Order
from bakery.payments.services import start_checkout
from bakery.people.models import Role
from bakery.scheduling.models import PickupSlot
from tests.concurrency.race import race, together
from tests.custom_cakes.requests import NOW, row, sent
from tests.factories.people import UserFactory, sign_in
from tests.factories.shop import make_open_shop
from tests.web.backoffice.cake_desk import address, form, look, send, words

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]
BASE = "http://shop.saffron.test"
Press = Callable[[], TestResponse]


@pytest.fixture(autouse=True)
def open_shop(real_database: None) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(db.session(), capacity_minutes=400)
        yield


def browser(app: Flask, name: str) -> FlaskClient:
    client = app.test_client()
    sign_in(client, UserFactory(role=Role.MANAGER, name=name))
    return client


def press(client: FlaskClient, url: str, fields: dict[str, str]) -> Press:
    return lambda: client.post(url, data=fields, headers={"HX-Request": "true"})


def count(table: type) -> int:
    return db.session().scalar(select(func.count()).select_from(table)) or 0


def two_decide(app: Flask) -> tuple[int, list[Press]]:
    """Zohra approves and Karim declines, both with the same page before them."""
    request_id = sent()
    zohra, karim = browser(app, "Zohra Karimi"), browser(app, "Karim Aziz")
    yes, no = form(look(zohra, request_id), "approval"), form(look(karim, request_id), "rejection")
    url = address(request_id)
    return request_id, [
        press(zohra, f"{url}/approval", yes | {"message": "Lovely idea!"}),
        press(karim, f"{url}/rejection", no | {"reason": "No oven is free"}),
    ]


def test_one_of_two_browsers_wins_and_the_other_is_told_and_loses_nothing(app: Flask) -> None:
    for _ in range(3):
        request_id, presses = two_decide(app)
        before = {table: count(table) for table in (RequestEvent, Quote, Order)}
        answers = race(app, presses)
        assert sorted(answer.status_code for answer in answers) == [204, 409], [a.text for a in answers]
        lost = next(answer for answer in answers if answer.status_code == 409)
        approved = row(request_id).status == RequestStatus.APPROVED_AWAITING_PAYMENT
        winner, typed = ("Zohra Karimi", "No oven is free") if approved else ("Karim Aziz", "Lovely idea!")
        said = words(lost.text, "#decide")
        assert f"{winner} was faster" in said and typed in said
        assert count(RequestEvent) - before[RequestEvent] == 1
        assert (count(Quote) - before[Quote], count(Order) - before[Order]) == (int(approved), int(approved))


def test_control_without_the_lock_both_browsers_are_told_that_they_won(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, presses = two_decide(app)
    meet = together(2)

    def unlocked(session: Session, request_id: int) -> CustomCakeRequest:
        found = session.get_one(CustomCakeRequest, request_id, populate_existing=True)
        meet()
        time.sleep(0.05)
        return found

    monkeypatch.setattr(operations, "lock_request", unlocked)
    assert [answer.status_code for answer in race(app, presses)] == [204, 204]


def test_two_new_quotes_at_once_are_one(app: Flask, outside: Adapters) -> None:
    request_id = sent()
    zohra, karim = browser(app, "Zohra Karimi"), browser(app, "Karim Aziz")
    assert send(zohra, request_id, "approval").status_code == 303
    page = form(look(zohra, request_id), "revision")
    url = f"{address(request_id)}/revision"
    answers = race(
        app,
        [press(zohra, url, page | {"price": "199"}), press(karim, url, page | {"price": "201"})],
    )
    assert sorted(answer.status_code for answer in answers) == [204, 409]
    assert count(Quote) == 2
    held = db.session().scalars(select(PickupSlot.booked_orders)).all()
    assert sum(held) == 1, "the slot is held once"
    states = db.session().scalars(select(Order.status).order_by(Order.id)).all()
    assert list(states) == ["CANCELLED", "PENDING_PAYMENT"]


def test_a_customer_who_goes_to_pay_while_the_price_changes_never_pays_the_old_one(
    app: Flask, outside: Adapters
) -> None:
    for _ in range(3):
        request_id = sent()
        zohra = browser(app, "Zohra Karimi")
        assert send(zohra, request_id, "approval").status_code == 303
        one = row(request_id)
        customer = Actor(None, "customer")
        offer = acceptance.accept(one.id, one.quote_version, "3", customer)
        page = form(look(zohra, request_id), "revision")

        pay = partial(start_checkout, offer.order_id, outside.gateway, BASE, until=offer.until)
        url = f"{address(request_id)}/revision"
        staff_answer, _ = race(app, [press(zohra, url, page | {"price": "199"}), pay])
        assert staff_answer.status_code in (204, 409), staff_answer.text
        order = db.session().get_one(Order, row(request_id).order_id, populate_existing=True)
        if staff_answer.status_code == 204:
            assert order.total_cents == 19_900 and order.id != offer.order_id
        else:
            assert order.id == offer.order_id, "the customer was on the page: the price stayed"
