"""Saved cards with Stripe's own SDK, signed webhooks and the shop's pages: the sandbox on one side, a browser's client
on the other. Nothing of a card but its last four digits reaches our database or our logs.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from bakery.infra.db import db
from bakery.integrations.gateway.stripe_gateway import StripeGateway
from bakery.orders.models import Order
from bakery.payments import mandates, services
from bakery.payments.failure_models import PaymentFailure
from bakery.payments.operations.tries import OF_ACCOUNT
from bakery.people.models import User
from bakery.upkeep.erasure import erase_account
from sandbox import server
from sandbox.checkout import answer_bank
from sandbox.control import ControlError
from sandbox.stripe_api import cards as test_cards
from tests.factories.catalog import make_cake
from tests.factories.people import PASSWORD, UserFactory, sign_in
from tests.factories.shop import make_open_shop
from tests.integrations.serving import apply_all, serving
from tests.page_checker import CheckingClient
from tests.payments import cards, steps
from tests.web.storefront.test_checkout import fill, sent

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]
VISA, AMEX, ASKS, POOR = "4242424242424242", "378282246310005", "4000002760003184", "4000000000009995"
SECRET_CODE = "739"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Sandbox]:
    with server.start(data=str(tmp_path_factory.mktemp("sandbox")), retry_seconds=(0.1, 0.2)) as running:
        yield running


@pytest.fixture
def gateway(app: Flask, world: server.Sandbox, real_database: None) -> Iterator[StripeGateway]:
    with serving(app, world) as made:
        yield made


class Browser(CheckingClient):
    """Each request with a session of its own, as a web process has them."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        answer = super().open(*args, **kwargs)
        db.session.remove()
        return answer


@pytest.fixture
def browser(app: Flask, gateway: StripeGateway) -> FlaskClient:
    """A customer who is signed in, in a shop that is open."""
    make_open_shop(db.session())
    client = Browser(app, app.response_class, use_cookies=True)
    sign_in(client, UserFactory(email="zahra@saffron.test", phone="+61491570156"))
    return client


def user() -> User:
    db.session.rollback()
    return db.session.query(User).filter_by(email="zahra@saffron.test").one()


def order() -> Order:
    db.session.rollback()
    return db.session.query(Order).order_by(Order.id.desc()).first()


def work(world: server.Sandbox) -> None:
    apply_all(world)
    cards.work_on_cards()
    cards.work("jobs.cards.keep_set_up_card")


def press_pay(browser: FlaskClient, **form: str) -> str:
    """The whole checkout with one more cake; where it leads."""
    fill(browser, make_cake(stock=9))
    answer = browser.post("/checkout", data=sent(browser) | form)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def save_a_card(browser: FlaskClient, world: server.Sandbox, number: str = VISA) -> None:
    press_pay(browser, pay_with="another", save_card="y")
    world.pay(str(steps.latest(order()).session_id), card=number)
    work(world)


def test_saved_at_the_checkout_and_the_next_order_takes_two_taps(
    browser: FlaskClient, world: server.Sandbox
) -> None:
    save_a_card(browser, world)
    assert order().payment_status == "PAID"
    [card] = cards.cards_of(user())
    assert card.name == "Visa ending 4242"
    location = press_pay(browser, pay_with=str(card.id))
    assert location == f"/orders/{order().number}?paid=1"
    assert "Confirming your payment" in browser.get(location).text
    work(world)
    assert (order().status, order().payment_status) == ("CONFIRMED", "PAID")
    assert "Thank you" in browser.get(location).text
    assert len(world.objects("customer")) == 1 and steps.alerts() == []


def test_a_bank_that_asks_is_answered_and_one_that_hears_no_leaves_the_order_waiting(
    browser: FlaskClient, world: server.Sandbox
) -> None:
    press_pay(browser, pay_with="another", save_card="y")
    world.pay(str(steps.latest(order()).session_id), card=ASKS, authenticate=True)
    work(world)
    [card] = cards.cards_of(user())
    way = {"pay_with": str(card.id), "pay_asked": "y"}
    bank = press_pay(browser, **way)
    assert bank.startswith(f"{world.url}/pay/authenticate/")
    answer_bank(world.world, str(steps.latest(order()).payment_intent_id), False)
    work(world)
    page = browser.get(f"/orders/{order().number}?paid=1").text
    assert "The bank wanted to check that it was you" in page
    assert db.session.query(PaymentFailure).one().last_four == "3184"
    again = browser.post(f"/orders/{order().number}/payment", data=way)
    assert again.location.startswith(f"{world.url}/pay/authenticate/")
    answer_bank(world.world, str(steps.latest(order()).payment_intent_id), True)
    work(world)
    assert order().payment_status == "PAID"


def test_several_cards_on_one_page_are_written_down_and_another_pays(
    browser: FlaskClient, world: server.Sandbox
) -> None:
    press_pay(browser)
    page = str(steps.latest(order()).session_id)
    for number in (POOR, "4000000000009979"):
        with pytest.raises(ControlError):
            world.pay(page, card=number)
        work(world)
    rows = db.session.query(PaymentFailure).order_by(PaymentFailure.id).all()
    assert [(row.decline_code, row.brand, row.last_four) for row in rows] == [
        ("insufficient_funds", "visa", "9995"),
        ("stolen_card", "visa", "9979"),
    ]
    world.pay(page)
    work(world)
    assert order().payment_status == "PAID"


def test_the_rest_of_a_guests_order_is_charged_as_agreed_and_stripe_forgets_them(
    gateway: StripeGateway, world: server.Sandbox
) -> None:
    cake = cards.with_deposit()
    services.start_checkout(cake.id, gateway, steps.BASE, payer=cards.payer(rest_of=cake))
    # A card whose bank asks once, and not again for what was agreed.
    world.pay(str(steps.latest(cake).session_id), card="4000002500003155", authenticate=True)
    work(world)
    card = mandates.find(db.session(), cake.id)
    assert card is not None
    assert (
        services.charge_saved_card(cake.id, card, gateway, steps.BASE, off_session=True).outcome == "charged"
    )
    work(world)
    assert steps.reread(cake).payment_status == "PAID"
    services.let_go_of_all()
    work(world)
    assert world.objects("customer") == [] and steps.alerts() == []


def test_a_card_is_added_removed_and_gone_at_stripe(browser: FlaskClient, world: server.Sandbox) -> None:
    assert browser.post("/account/cards").location.startswith(f"{world.url}/pay/")
    [session] = world.objects("checkout.session")
    world.pay(session["id"], card=AMEX)
    work(world)
    [card] = cards.cards_of(user())
    assert "American Express ending 0005" in browser.get("/account/cards").text
    browser.post(f"/account/cards/{card.id}/remove")
    work(world)
    assert world.object(card.payment_method_id)["customer"] is None
    # Stripe's own word about it comes back, and changes nothing.
    work(world)
    assert cards.cards_of(user()) == [] and steps.alerts() == []


def test_many_refused_cards_where_one_is_added_close_the_page_at_stripe(
    browser: FlaskClient, world: server.Sandbox
) -> None:
    page = str(browser.post("/account/cards").location).rpartition("/")[2]
    for _ in range(OF_ACCOUNT):
        with pytest.raises(ControlError):
            world.pay(page, card=POOR)
    work(world)
    cards.work("jobs.cards.close_card_setup")
    assert world.objects("checkout.session", id=page)[0]["status"] == "expired"
    assert browser.post("/account/cards").location == "/account/cards"
    assert "paused adding cards here" in browser.get("/account/cards").text


def test_lost_answers_make_no_second_customer_and_no_second_charge(
    browser: FlaskClient, world: server.Sandbox
) -> None:
    world.fault("stripe", "lost_answer", times=1, match="POST /v1/customers")
    save_a_card(browser, world)
    [card] = cards.cards_of(user())
    world.fault("stripe", "lost_answer", times=1, match="POST /v1/payment_intents")
    press_pay(browser, pay_with=str(card.id))
    work(world)
    assert order().payment_status == "PAID"
    assert len(world.objects("customer")) == 1 and len(world.objects("payment_intent")) == 2


def test_a_deleted_account_is_gone_at_stripe_and_its_order_is_not(
    browser: FlaskClient, world: server.Sandbox
) -> None:
    save_a_card(browser, world)
    number, user_id = order().number, user().id
    db.session.get_one(Order, order().id).status = "COLLECTED"
    db.session.commit()
    erase_account(user_id, PASSWORD, ip=None)
    work(world)
    assert world.objects("customer") == []
    assert [(made.number, made.payment_status) for made in [order()]] == [(number, "PAID")]


def everything_we_keep() -> str:
    """Every row of every table, as text."""
    db.session.rollback()
    kept = []
    for table in db.metadata.sorted_tables:
        rows = db.session.execute(text(f'SELECT to_jsonb(t) FROM "{table.name}" t'))
        kept += [json.dumps(row[0]) for row in rows]
    return "\n".join(kept)


def test_no_number_and_no_code_of_a_card_is_in_our_database_or_our_logs(
    browser: FlaskClient,
    world: server.Sandbox,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with caplog.at_level(logging.DEBUG):
        save_a_card(browser, world)
        [card] = cards.cards_of(user())
        press_pay(browser, pay_with=str(card.id))
        page = press_pay(browser, pay_with="another")
        with pytest.raises(ControlError):
            world.pay(page.rpartition("/")[2], card=POOR)
        # What no form of ours asks for is not kept when somebody sends it all the same.
        browser.post("/checkout", data={"number": VISA, "cvc": SECRET_CODE, "card": VISA})
        work(world)
    out, err = capfd.readouterr()
    database = everything_we_keep()
    assert '"last_four": "4242"' in database and '"last4": "9995"' in database
    for kept in (database, caplog.text, out, err):
        digits = re.findall(r"(?<![0-9a-zA-Z_])(?:[0-9][ -]?){12,19}(?![0-9a-zA-Z_])", kept)
        numbers = [found for found in digits if re.sub(r"[ -]", "", found) in test_cards.BY_NUMBER]
        assert numbers == []
        assert (
            VISA not in kept
            and POOR not in kept
            and '"cvc": "' not in kept
            and "number" not in kept.split('"card":')
        )
