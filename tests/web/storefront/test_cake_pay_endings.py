"""What becomes of the pay link when the offer has run out, was called off, changed, paid; and the order's own page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.custom_cakes import offers, services
from bakery.custom_cakes.models import CustomCakeRequest
from bakery.integrations.adapters import Adapters
from bakery.orders.services import expire_order
from bakery.payments.services import refund_late_payment
from jobs.orders import send_late_refund
from tests.custom_cakes.offers import CUSTOMER, offered, order_of
from tests.custom_cakes.requests import NOW, approval, row, sent, staff
from tests.factories.shop import make_open_shop
from tests.fakes.gateway import FakeGateway
from tests.payments import steps
from tests.web.storefront.cake_payment import (
    acceptances,
    at,
    by_both_ways,
    followed,
    pay_on_stripe,
    to_stripe,
    words,
    yes,
)


@pytest.fixture(autouse=True)
def open_shop(session: Session) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(session, capacity_minutes=400)
        yield


@pytest.fixture
def cake(session: Session, client: FlaskClient) -> CustomCakeRequest:
    """An offer of 240.00, 30 per cent of it first, whose link this browser has opened."""
    wish = offered(percent=30)
    client.get(f"/custom-cakes/{wish.number}?key={wish.secret}", follow_redirects=True)
    return wish


def test_a_quote_that_has_run_out_is_a_dead_link_though_stripes_page_were_open(
    client: FlaskClient, cake: CustomCakeRequest, gateway: FakeGateway
) -> None:
    yes(client, cake)
    with clock.travel(NOW + timedelta(days=2, minutes=1)):
        for said in by_both_ways(client, cake):
            assert "The time to pay for this offer has run out. Nothing was charged." in said
    assert len(gateway.sessions) == 1


def test_a_request_that_is_not_decided_has_nothing_to_pay(client: FlaskClient, session: Session) -> None:
    wish = row(sent())
    client.get(f"/custom-cakes/{wish.number}?key={wish.secret}")
    for said in by_both_ways(client, wish):
        assert "nothing to pay for yet" in said


def test_what_was_called_off_has_nothing_to_pay_and_its_page_is_closed(
    client: FlaskClient, cake: CustomCakeRequest, gateway: FakeGateway
) -> None:
    yes(client, cake)
    services.withdraw(cake.id, CUSTOMER)
    for said in by_both_ways(client, cake):
        assert "called off, so there is nothing to pay" in said
    assert len(steps.owed("jobs.payments.close_session")) == 1


def test_a_paid_quote_is_not_paid_again_before_and_after_the_request_follows_its_order(
    client: FlaskClient, cake: CustomCakeRequest, gateway: FakeGateway
) -> None:
    yes(client, cake)
    steps.pay(order_of(cake), gateway)
    assert row(cake.id).status == "APPROVED_AWAITING_PAYMENT"  # for up to a minute
    for _ in range(2):
        for said in by_both_ways(client, cake):
            assert "This cake is paid already" in said
        services.follow_orders()
    assert row(cake.id).status == "PAID"
    assert len(gateway.sessions) == 1


def test_money_that_has_come_and_is_not_applied_yet_leads_to_the_order(
    client: FlaskClient, cake: CustomCakeRequest, gateway: FakeGateway
) -> None:
    yes(client, cake)
    gateway.pay(next(iter(gateway.sessions)))
    answer = client.get(at(cake))
    assert answer.location.endswith(f"/orders/{order_of(cake).number}?paid=1")
    assert "Confirming your payment" in words(client.get(answer.location.removeprefix("http://localhost")))


def test_a_quote_paid_after_it_ran_out_is_honoured_while_its_day_is_free(
    client: FlaskClient, cake: CustomCakeRequest, gateway: FakeGateway
) -> None:
    yes(client, cake)
    with clock.travel(order_of(cake).hold_expires_at):
        assert expire_order(order_of(cake).id)
        services.follow_orders()
        assert row(cake.id).status == "EXPIRED"
        pay_on_stripe(cake, gateway)
        assert (row(cake.id).status, order_of(cake).payment_status) == ("PAID", "DEPOSIT_PAID")
        page = words(client.get(f"/custom-cakes/{cake.number}"))
        assert (
            "your cake is ordered" in page
            and "You have paid $72.00; $168.00 is due by Wednesday 2 December." in page
        )


def test_money_for_an_earlier_version_goes_back_and_the_new_offer_stays_open(
    client: FlaskClient, cake: CustomCakeRequest, gateway: FakeGateway
) -> None:
    yes(client, cake)
    old = order_of(cake)
    page = steps.latest(old)
    offers.revise(approval(cake.id, row(cake.id).version, price_cents=30_000), staff(), gateway)
    # A bank answered in the very second in which staff changed the price.
    steps.tell("checkout.session.completed", gateway.pay(str(page.session_id)).raw)
    services.follow_orders()
    assert steps.reread(old).status == "CANCELLED"
    assert steps.owed("jobs.payments.refund_late_payment") == [[page.id]]
    assert len(steps.alerts("automatic_refund")) == 1
    assert row(cake.id).status == "APPROVED_AWAITING_PAYMENT"
    new = order_of(cake)
    assert (new.payment_status, new.deposit_cents, steps.ledger(new)) == ("UNPAID", 9_000, [])


def test_stripe_away_keeps_the_yes_and_says_so(
    client: FlaskClient, cake: CustomCakeRequest, gateway: FakeGateway
) -> None:
    gateway.away = True
    assert "payment page cannot be opened right now" in followed(client, yes(client, cake))
    gateway.away = False
    assert to_stripe(client.get(at(cake)))
    assert len(acceptances()) == 1


def test_the_orders_own_page_does_not_go_around_the_terms(
    client: FlaskClient, cake: CustomCakeRequest, gateway: FakeGateway
) -> None:
    order = order_of(cake)
    here = f"/orders/{order.number}"
    page = BeautifulSoup(client.get(here).text, "html.parser")
    assert page.select("form[action$='/payment'], form[action$='/change']") == []
    assert page.select_one(f".button-row a[href='/custom-cakes/{cake.number}']")
    answer = client.post(f"{here}/payment")
    assert (answer.status_code, answer.location) == (303, at(cake))
    assert client.get(at(cake)).location.endswith("#offer") and gateway.sessions == {}
    answer = client.post(f"{here}/change")
    assert answer.location == f"/custom-cakes/{cake.number}/withdraw"
    assert order_of(cake).status == "PENDING_PAYMENT"


def test_the_orders_page_says_deposit_and_rest_before_and_after_it_is_paid(
    client: FlaskClient, cake: CustomCakeRequest, gateway: FakeGateway
) -> None:
    yes(client, cake)
    here = f"/orders/{order_of(cake).number}"
    before = words(client.get(f"{here}?paid=0"))
    assert "Pay $72.00 now" in before and "Due by Wednesday 2 December $168.00" in before
    pay_on_stripe(cake, gateway)
    after = words(client.get(here))
    assert "Your deposit is paid, and your order is confirmed." in after
    assert (
        "$168.00 is still to be paid It is due by Wednesday 2 December. You have paid $72.00 of $240.00."
        in after
    )
    assert "Pay the rest ($168.00) now" in after
    assert "Deposit paid, confirmed" in after and "Paid and confirmed" not in after


@pytest.mark.parametrize("sent_back", [False, True])
def test_money_that_came_too_late_is_not_denied_by_page_or_mail(
    client: FlaskClient, cake: CustomCakeRequest, session: Session, outside: Adapters, sent_back: bool
) -> None:
    yes(client, cake)
    order = order_of(cake)
    with clock.travel(order.pickup_at + timedelta(minutes=1)):
        expire_order(order.id)
        pay_on_stripe(cake, outside.gateway)
        if sent_back:
            refund_late_payment(steps.latest(order).id, outside.gateway)
            send_late_refund(order.id)
        page = words(client.get(f"/orders/{order.number}"))
    assert "Nothing was charged" not in page
    assert ("The money is on its way back" if sent_back else "We will send your payment back") in page
    if sent_back:
        (mail,) = outside.mailer.sent
        link = f"http://localhost/custom-cakes/{cake.number}?key={cake.secret}"
        assert link in mail.text and link in mail.html and "Choose again" not in mail.text


def test_the_order_of_an_earlier_offer_cannot_be_ordered_again(
    client: FlaskClient, cake: CustomCakeRequest, outside: Adapters
) -> None:
    before = order_of(cake)
    latest = row(cake.id)
    offers.revise(approval(cake.id, latest.version, price_cents=30_000), staff(), outside.gateway)
    client.get(f"/orders/{before.number}?key={before.secret}")
    page = client.get(f"/orders/{before.number}").text
    assert "This order was cancelled" in page and "/again" not in page


def test_a_waiting_cake_is_not_in_the_way_of_an_empty_checkout(
    client: FlaskClient, cake: CustomCakeRequest
) -> None:
    yes(client, cake)
    assert client.get("/checkout").location == "/cart"


def test_who_only_collects_the_order_is_led_to_no_door_that_stays_shut(
    app: Flask, client: FlaskClient, cake: CustomCakeRequest
) -> None:
    services.withdraw(cake.id, CUSTOMER)
    order = order_of(cake)
    friend = app.test_client()
    friend.get(f"/orders/{order.number}?key={order.secret}")
    for browser, links in ((friend, 0), (client, 1)):
        page = BeautifulSoup(browser.get(f"/orders/{order.number}").text, "html.parser")
        assert len(page.select(f"main a[href='/custom-cakes/{cake.number}']")) == links
        assert page.select("form[action$='/again']") == []
