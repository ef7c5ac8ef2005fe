"""The cards of an account: the list, the default, removing, adding, and whose they are."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from bakery.infra.db import db
from bakery.payments import mandates
from bakery.payments.card_models import CardSetup
from bakery.people.models import User
from tests.factories.people import UserFactory
from tests.fakes.gateway import FakeGateway
from tests.payments import cards, steps
from tests.queries import Counter
from tests.web.storefront.test_checkout import soup

pytestmark = pytest.mark.usefixtures("shop")
AT = "/account/cards"


def test_the_list_names_each_card_and_says_which_has_expired(
    client: FlaskClient, user: User, gateway: FakeGateway, count_queries: Counter
) -> None:
    for typed in ("visa", "mastercard", "old"):
        cards.saved(user, gateway, typed)
    cards.saved(UserFactory(), gateway, "amex")
    with count_queries() as seen:
        page = client.get(AT).text
    assert len(seen) <= 6, seen
    assert "Visa ending 4242" in page and "Mastercard ending 4444" in page and "Visa ending 1881" in page
    assert page.count("Expired") == 1 and page.count("Offered first") == 1 and "American" not in page
    assert client.get("/account").text.count('href="/account/cards"') == 1


def test_an_empty_list_says_how_to_get_one(client: FlaskClient, user: User) -> None:
    assert "No cards saved" in client.get(AT).text


def test_another_card_is_offered_first(client: FlaskClient, user: User, gateway: FakeGateway) -> None:
    cards.saved(user, gateway)
    second = cards.saved(user, gateway, "amex")
    answer = client.post(f"{AT}/{second.id}/default")
    assert (answer.status_code, answer.location) == (303, AT)
    assert cards.cards_of(user)[0].id == second.id


def test_removing_asks_once_and_works_without_scripts(
    client: FlaskClient, user: User, gateway: FakeGateway
) -> None:
    card = cards.saved(user, gateway)
    page = client.get(f"{AT}/{card.id}/remove").text
    assert "Remove Visa ending 4242?" in page and len(cards.cards_of(user)) == 1
    for _ in range(2):
        answer = client.post(f"{AT}/{card.id}/remove")
        assert (answer.status_code, answer.location) == (303, AT)
    assert "Visa ending 4242 is removed" in client.get(AT).text and cards.cards_of(user) == []
    assert client.get(f"{AT}/{card.id}/remove").status_code == 404


def test_a_card_that_pays_a_rest_says_so_before_it_goes(
    client: FlaskClient, user: User, gateway: FakeGateway
) -> None:
    cake = cards.with_deposit(user_id=user.id)
    cards.open_page(cake, gateway, cards.payer(user, save=True, rest_of=cake))
    steps.pay(cake, gateway)
    cards.work_on_cards()
    [card] = cards.cards_of(user)
    assert "Charged by itself" in client.get(AT).text
    page = client.get(f"{AT}/{card.id}/remove").text
    assert "This card pays the rest of an order" in page and cake.number in page and "$52.75" in page
    client.post(f"{AT}/{card.id}/remove")
    db.session.expire_all()
    assert mandates.find(db.session(), cake.id) is None
    assert "Charged by itself" not in client.get(AT).text


@pytest.mark.parametrize(("verb", "path"), [("post", "default"), ("get", "remove"), ("post", "remove")])
def test_somebody_elses_card_is_not_there(
    client: FlaskClient, user: User, gateway: FakeGateway, verb: str, path: str
) -> None:
    other = UserFactory()
    card = cards.saved(other, gateway)
    assert getattr(client, verb)(f"{AT}/{card.id}/{path}").status_code == 404
    assert getattr(client, verb)(f"{AT}/999999/{path}").status_code == 404
    assert len(cards.cards_of(other)) == 1


def test_nobody_without_an_account_has_cards(client: FlaskClient) -> None:
    assert client.get(AT).location.startswith("/login")
    assert client.post(AT).location.startswith("/login")


def test_a_card_is_added_on_stripes_page_and_the_list_waits_for_its_word(
    client: FlaskClient, user: User, gateway: FakeGateway
) -> None:
    answer = client.post(AT)
    assert answer.location.startswith("https://pay.saffron.test/")
    setup = db.session.scalars(select(CardSetup)).one()
    request, _ = gateway.setups[str(setup.session_id)]
    assert request.success_url == f"http://localhost{AT}?added={setup.id}"
    body = gateway.finish_setup(str(setup.session_id))
    page = client.get(f"{AT}?added={setup.id}")
    assert "Saving your card" in page.text
    part = client.get(f"{AT}?added={setup.id}", headers={"HX-Request": "true"})
    assert soup(part).find("h1") is None and 'hx-trigger="every 2s"' in part.text
    steps.tell("checkout.session.completed", body)
    cards.work("jobs.cards.keep_set_up_card")
    page = client.get(f"{AT}?added={setup.id}")
    assert "Saving your card" not in page.text and "Visa ending 4242" in page.text


@pytest.mark.parametrize("added", ["x", "-1", "٣", "9" * 30, "999999"])
def test_an_address_of_nobodys_card_waits_for_nothing(client: FlaskClient, user: User, added: str) -> None:
    page = client.get(f"{AT}?added={added}")
    assert page.status_code == 200 and "Saving your card" not in page.text


def test_stripe_away_is_said(client: FlaskClient, user: User, gateway: FakeGateway) -> None:
    gateway.away = True
    answer = client.post(AT)
    assert answer.location == AT
    assert "Your card cannot be saved right now" in client.get(AT).text
