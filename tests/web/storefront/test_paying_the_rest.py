"""Paying the rest of an order, and a custom cake's offer, with a saved card; and agreeing to be charged later."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from bakery.infra.db import db
from bakery.payments import mandates
from bakery.payments.card_models import CardConsent
from bakery.people.models import User
from tests.custom_cakes.offers import accept, offered, order_of
from tests.fakes.gateway import FakeGateway
from tests.payments import cards, steps
from tests.web.storefront.test_checkout import soup

pytestmark = pytest.mark.usefixtures("shop")


def told(gateway: FakeGateway) -> None:
    """Stripe tells that the last charge went through."""
    steps.tell("payment_intent.succeeded", list(gateway.charges.values())[-1][1].raw)


def test_the_rest_is_paid_with_a_saved_card_on_the_orders_page(
    client: FlaskClient, user: User, gateway: FakeGateway
) -> None:
    card, cake = cards.saved(user, gateway), cards.with_deposit(user_id=user.id)
    cards.open_page(cake, gateway, cards.payer(user))
    steps.pay(cake, gateway)
    page = client.get(f"/orders/{cake.number}?paid=1")
    assert "Confirming" not in page.text and "Pay the rest ($52.75) now" in page.text
    answer = client.post(f"/orders/{cake.number}/payment", data={"pay_with": str(card.id), "pay_asked": "y"})
    assert answer.location == f"/orders/{cake.number}?paid=1"
    assert "Confirming your payment" in client.get(answer.location).text
    told(gateway)
    assert steps.reread(cake).payment_status == "PAID"
    page = client.get(answer.location).text
    assert "Confirming" not in page and "Pay $" not in page


def test_a_rest_that_was_declined_is_explained(client: FlaskClient, user: User, gateway: FakeGateway) -> None:
    card, cake = cards.saved(user, gateway), cards.with_deposit(user_id=user.id)
    cards.open_page(cake, gateway, cards.payer(user))
    steps.pay(cake, gateway)
    gateway.declining[card.payment_method_id] = ("expired_card", "expired_card")
    answer = client.post(f"/orders/{cake.number}/payment", data={"pay_with": str(card.id), "pay_asked": "y"})
    assert "The card has expired." in client.get(answer.location).text
    assert steps.reread(cake).payment_status == "DEPOSIT_PAID"


def test_the_agreement_about_the_rest_is_shown_and_taken_back(
    client: FlaskClient, user: User, gateway: FakeGateway
) -> None:
    cake = cards.with_deposit(user_id=user.id)
    cards.open_page(cake, gateway, cards.payer(user, rest_of=cake))
    steps.pay(cake, gateway)
    cards.work_on_cards()
    page = client.get(f"/orders/{cake.number}").text
    assert "We charge $52.75 to your Visa ending 4242 on" in page
    answer = client.post(f"/orders/{cake.number}/mandate")
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "Nothing is charged automatically any more" in page and "We charge $52.75" not in page
    db.session.expire_all()
    assert mandates.find(db.session(), cake.id) is None


def test_nobody_else_takes_an_agreement_back(client: FlaskClient, gateway: FakeGateway) -> None:
    cake = cards.with_deposit()
    cards.open_page(cake, gateway, cards.payer(rest_of=cake))
    steps.pay(cake, gateway)
    cards.work_on_cards()
    assert client.post(f"/orders/{cake.number}/mandate").status_code == 404
    db.session.expire_all()
    assert mandates.find(db.session(), cake.id) is not None


def test_a_cakes_deposit_is_paid_with_a_saved_card_and_the_rest_agreed(
    client: FlaskClient, user: User, gateway: FakeGateway
) -> None:
    card, wish = cards.saved(user, gateway), offered(percent=30)
    client.get(f"/custom-cakes/{wish.number}?key={wish.secret}")
    page = soup(client.get(f"/custom-cakes/{wish.number}"))
    form = page.select_one(f"form[action='/custom-cakes/{wish.number}/pay']")
    box = form.select_one("input[name=charge_rest]")
    assert not box.has_attr("checked") and "Charge the rest, $168.00, to this card on" in form.get_text()
    sends = {field["name"]: field.get("value") for field in form.select("input[type=hidden]")}
    answer = client.post(
        f"/custom-cakes/{wish.number}/pay",
        data=sends | {"terms": "y", "charge_rest": "y", "pay_with": str(card.id)},
    )
    made = order_of(wish)
    assert answer.location == f"/orders/{made.number}?paid=1"
    told(gateway)
    made = order_of(wish)
    assert (made.payment_status, made.held_cents) == ("DEPOSIT_PAID", 7200)
    found = mandates.find(db.session(), made.id)
    assert found is not None and found.payment_method_id == card.payment_method_id
    consent = db.session.scalars(select(CardConsent).where(CardConsent.kind == "charge_rest")).one()
    assert "$168.00" in consent.wording and str(consent.ip) == "127.0.0.1"


def test_an_offer_accepted_before_is_paid_with_a_saved_card(
    client: FlaskClient, user: User, gateway: FakeGateway
) -> None:
    card, wish = cards.saved(user, gateway), offered()
    client.get(f"/custom-cakes/{wish.number}?key={wish.secret}")
    at = f"/custom-cakes/{wish.number}/payment"
    refused = client.post(at, data={"pay_with": str(card.id), "pay_asked": "y"})
    assert refused.location == f"/custom-cakes/{wish.number}#offer" and gateway.charges == {}
    accept(wish)
    assert "Visa ending 4242" in client.get(f"/custom-cakes/{wish.number}").text
    answer = client.post(at, data={"pay_with": str(card.id), "pay_asked": "y"})
    assert answer.location == f"/orders/{order_of(wish).number}?paid=1"
    told(gateway)
    assert order_of(wish).payment_status == "PAID"


def test_a_stranger_does_not_pay_for_somebodys_cake(client: FlaskClient) -> None:
    wish = offered()
    accept(wish)
    assert client.post(f"/custom-cakes/{wish.number}/payment").status_code == 404
