"""Paying in two taps: a saved card at the checkout, on the order's page and for a cake's offer; the boxes beside it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from bakery.infra.db import db
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.card_models import SavedCard
from bakery.payments.operations.tries import OF_ORDER
from bakery.people.models import User
from tests.factories.catalog import make_cake
from tests.factories.people import UserFactory
from tests.fakes.gateway import FakeGateway
from tests.payments import cards, steps
from tests.web.storefront.test_checkout import fill, sent, soup

pytestmark = pytest.mark.usefixtures("shop")
AT_STRIPE = "https://pay.saffron.test/"


def order() -> Order:
    db.session.expire_all()
    return db.session.scalars(select(Order).order_by(Order.id.desc())).first()


def at_checkout(client: FlaskClient) -> dict[str, str]:
    fill(client, make_cake(stock=9))
    return sent(client)


def told(gateway: FakeGateway) -> None:
    """Stripe tells of the last charge."""
    result = list(gateway.charges.values())[-1][1]
    kind = "succeeded" if result.status == "succeeded" else "payment_failed"
    steps.tell(f"payment_intent.{kind}", result.raw)


def radios(answer: TestResponse) -> dict[str, bool]:
    """The ways to pay by their words, and which is chosen."""
    ways = soup(answer).select("label.pay-way")
    return {" ".join(way.get_text(" ", strip=True).split()): way.input.has_attr("checked") for way in ways}


def test_two_taps_from_the_checkout_and_stripes_word_confirms(
    client: FlaskClient, user: User, gateway: FakeGateway
) -> None:
    card = cards.saved(user, gateway)
    form = at_checkout(client)
    assert radios(client.get("/checkout")) == {
        "Visa ending 4242 Good until 12/2034": True,
        "Another card or wallet On Stripe's secure page": False,
    }
    answer = client.post("/checkout", data=form | {"pay_with": str(card.id)})
    number = order().number
    assert (answer.status_code, answer.location) == (303, f"/orders/{number}?paid=1")
    assert "Confirming your payment" in client.get(answer.location).text
    # Whoever leaves and comes back by another way is not asked to pay again.
    assert "Confirming your payment" in client.get(f"/orders/{number}").text
    told(gateway)
    assert (order().status, order().payment_status) == ("CONFIRMED", "PAID")
    assert "Thank you" in client.get(answer.location).text


def test_sent_twice_it_is_one_order_and_one_charge(
    client: FlaskClient, user: User, gateway: FakeGateway
) -> None:
    card = cards.saved(user, gateway)
    form = at_checkout(client) | {"pay_with": str(card.id)}
    first, second = client.post("/checkout", data=form), client.post("/checkout", data=form)
    assert first.location == second.location
    assert len(gateway.charges) == 1


def test_another_card_leads_to_stripes_page_and_is_saved_with_the_tick(
    client: FlaskClient, user: User, gateway: FakeGateway
) -> None:
    cards.saved(user, gateway)
    form = at_checkout(client) | {"pay_with": "another", "save_card": "y"}
    answer = client.post("/checkout", data=form)
    assert answer.location.startswith(AT_STRIPE)
    steps.tell("checkout.session.completed", gateway.pay(str(steps.latest(order()).session_id), "amex").raw)
    cards.work_on_cards()
    assert [card.name for card in cards.cards_of(user)] == [
        "Visa ending 4242",
        "American Express ending 0005",
    ]


def test_the_box_is_there_for_members_and_unticked(
    client: FlaskClient, user: User, gateway: FakeGateway
) -> None:
    at_checkout(client)
    box = soup(client.get("/checkout")).select_one("input[name=save_card]")
    assert box is not None and not box.has_attr("checked")
    client.post("/logout")
    fill(client, make_cake(stock=9))
    assert soup(client.get("/checkout")).select_one("input[name=save_card]") is None


def test_a_form_that_comes_back_keeps_what_was_chosen(
    client: FlaskClient, user: User, gateway: FakeGateway
) -> None:
    cards.saved(user, gateway)
    form = at_checkout(client) | {"pay_with": "another", "save_card": "y", "name": ""}
    answer = client.post("/checkout", data=form)
    assert answer.status_code == 422
    assert radios(answer)["Another card or wallet On Stripe's secure page"]
    assert soup(answer).select_one("input[name=save_card]").has_attr("checked")


def test_a_bank_that_asks_is_where_the_customer_goes(
    client: FlaskClient, user: User, gateway: FakeGateway
) -> None:
    card = cards.saved(user, gateway)
    gateway.asking.add(card.payment_method_id)
    answer = client.post("/checkout", data=at_checkout(client) | {"pay_with": str(card.id)})
    assert answer.location.startswith("https://bank.saffron.test/")
    page = client.get(f"/orders/{order().number}")
    assert answer.location in page.text and "Go to my bank" in page.text
    gateway.answer_bank(str(steps.latest(order()).payment_intent_id), yes=False)
    assert "Confirming your payment" in client.get(f"/orders/{order().number}?paid=1").text
    told(gateway)
    # Back from the bank, which said no: nobody waits for ever.
    page = client.get(f"/orders/{order().number}?paid=1").text
    assert "Not paid yet" in page and "The bank wanted to check that it was you" in page
    assert "Go to my bank" not in page


def test_a_declined_card_is_explained_and_another_one_pays(
    client: FlaskClient, user: User, gateway: FakeGateway
) -> None:
    poor, good = cards.saved(user, gateway), cards.saved(user, gateway, "amex")
    gateway.declining[poor.payment_method_id] = ("card_declined", "insufficient_funds")
    answer = client.post("/checkout", data=at_checkout(client) | {"pay_with": str(poor.id)})
    assert answer.location == f"/orders/{order().number}"
    page = client.get(answer.location)
    assert "The card did not have enough money on it." in page.text and "Nothing was charged" in page.text
    assert len(radios(page)) == 3
    answer = client.post(
        f"/orders/{order().number}/payment", data={"pay_with": str(good.id), "pay_asked": "y"}
    )
    assert answer.location == f"/orders/{order().number}?paid=1"
    told(gateway)
    assert order().payment_status == "PAID"


@pytest.mark.parametrize("chosen", ["999999", "nonsense", "-1", "١", "9" * 40, ""])
def test_a_card_that_is_not_theirs_is_refused_and_nothing_charged(
    client: FlaskClient, user: User, gateway: FakeGateway, chosen: str
) -> None:
    strange = cards.saved(UserFactory(), gateway)
    for way in (chosen, str(strange.id)):
        answer = client.post("/checkout", data=at_checkout(client) | {"pay_with": way})
        assert answer.location == f"/orders/{order().number}"
        assert "not in your account" in client.get(answer.location).text
    assert gateway.charges == {}


def test_a_guest_cannot_pay_with_a_members_card(client: FlaskClient, gateway: FakeGateway) -> None:
    card = cards.saved(UserFactory(), gateway)
    answer = client.post("/checkout", data=at_checkout(client) | {"pay_with": str(card.id)})
    assert "not in your account" in client.get(answer.location).text
    assert gateway.charges == {}


def test_an_expired_card_is_named_and_cannot_be_chosen(
    client: FlaskClient, user: User, gateway: FakeGateway
) -> None:
    cards.saved(user, gateway, "old")
    at_checkout(client)
    page = client.get("/checkout")
    assert radios(page) == {
        "Visa ending 1881 Expired Ran out 01/2020": False,
        "Another card or wallet On Stripe's secure page": True,
    }
    assert soup(page).select_one("label.pay-way input").has_attr("disabled")


def test_stripe_away_is_said_and_the_order_waits(
    client: FlaskClient, user: User, gateway: FakeGateway
) -> None:
    card = cards.saved(user, gateway)
    form = at_checkout(client) | {"pay_with": str(card.id)}
    gateway.away = True
    answer = client.post("/checkout", data=form)
    gateway.away = False
    assert "Your card cannot be charged right now. Nothing was charged" in client.get(answer.location).text
    assert order().status == "PENDING_PAYMENT"


def test_a_card_removed_in_another_tab_is_not_charged(
    client: FlaskClient, user: User, gateway: FakeGateway
) -> None:
    card = cards.saved(user, gateway)
    form = at_checkout(client) | {"pay_with": str(card.id)}
    services.remove_card(card.id, cards.payer(user))
    answer = client.post("/checkout", data=form)
    assert "not in your account" in client.get(answer.location).text
    assert db.session.query(SavedCard).filter(SavedCard.removed_at.is_(None)).count() == 0


def test_after_many_refused_cards_the_page_says_until_when_it_waits(
    client: FlaskClient, user: User, gateway: FakeGateway
) -> None:
    card = cards.saved(user, gateway)
    gateway.declining[card.payment_method_id] = ("card_declined", "generic_decline")
    client.post("/checkout", data=at_checkout(client) | {"pay_with": str(card.id)})
    at, form = f"/orders/{order().number}", {"pay_with": str(card.id), "pay_asked": "y"}
    for _ in range(OF_ORDER - 1):
        assert "paused" not in client.get(at).text
        client.post(f"{at}/payment", data=form)
    page = client.get(at)
    assert "we have paused payments here until" in page.text
    assert soup(page).select_one("form[action$='/payment']") is None
    charged = len(gateway.charges)
    assert "paused payments" in client.get(client.post(f"{at}/payment", data=form).location).text
    assert len(gateway.charges) == charged == OF_ORDER
