"""Deleting an account: the person goes, what they bought stays, and nothing under way is left hanging."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.core.errors import Conflict, Forbidden
from bakery.infra.db import db
from bakery.orders.models import Cart
from bakery.people import consents
from bakery.people.models import ConsentChannel, LoginSession, Role, User
from bakery.people.services import WrongCredentials, register, sign_in
from bakery.upkeep.erasure import erase_account
from tests.custom_cakes.requests import sent
from tests.factories.catalog import VariantFactory
from tests.factories.orders import CartFactory, make_order
from tests.factories.people import PASSWORD, UserFactory
from tests.factories.people import sign_in as sign_in_by_page
from tests.factories.shop import make_open_shop
from tests.fakes.gateway import FakeGateway
from tests.payments import cards, steps

IP = "203.0.113.9"


@pytest.fixture
def user(session: Session) -> User:
    make_open_shop(session)
    return UserFactory(phone="+61491570156")


def an_order(user: User, **state: object) -> str:
    return make_order((VariantFactory(price_cents=8600), 1), user_id=user.id, **state).number


def erase(user: User, password: str = PASSWORD) -> None:
    erase_account(user.id, password, ip=IP)
    db.session.expire_all()


def test_nothing_of_the_person_stays_in_the_account(user: User, session: Session) -> None:
    email = user.email
    sign_in(email, PASSWORD, ip=IP, user_agent="")
    CartFactory(user_id=user.id)
    erase(user)
    assert (user.name, user.phone, user.password_hash, user.active) == ("", "", "", False)
    assert user.email == f"deleted-{user.id}@account.invalid"
    assert session.scalar(select(func.count()).select_from(LoginSession)) == 0
    assert session.scalar(select(func.count()).where(Cart.user_id == user.id)) == 0
    with pytest.raises(WrongCredentials):
        sign_in(email, PASSWORD, ip=IP, user_agent="")
    # The address is free for another account.
    assert register("Zahra", email, PASSWORD, ip=IP, user_agent="").user_id != user.id


def test_orders_and_ledger_stay_and_stripe_forgets(user: User, gateway: FakeGateway) -> None:
    order = steps.pending(user_id=user.id, contact_name="Zahra Noori")
    cards.open_page(order, gateway, cards.payer(user, save=True))
    steps.pay(order, gateway)
    cards.work_on_cards()
    order.status = "COLLECTED"
    db.session.commit()
    erase(user)
    cards.work_on_cards()
    order = steps.reread(order)
    assert (order.user_id, order.contact_name) == (user.id, "Zahra Noori")
    assert steps.ledger(order) == [("charge", order.total_cents)]
    assert gateway.customers == {}


def test_a_yes_to_news_becomes_a_no_and_a_no_stays_one_word(user: User, session: Session) -> None:
    for granted in (True, False):
        consents.set_preference(
            ConsentChannel.SMS, user.phone, granted, wording="Text me.", user_id=user.id, ip=IP
        )
    consents.set_preference(
        ConsentChannel.EMAIL, user.email, True, wording="Mail me.", user_id=user.id, ip=IP
    )
    email = user.email
    erase(user)
    assert not consents.has_consented(session, ConsentChannel.EMAIL, email)
    said = session.execute(select(func.count()).select_from(consents.Consent)).scalar()
    assert said == 4


def test_another_password_deletes_nothing(user: User) -> None:
    with pytest.raises(WrongCredentials):
        erase(user, "not this one at all")
    assert user.active


def test_staff_do_not_delete_themselves(session: Session) -> None:
    with pytest.raises(Forbidden):
        erase(UserFactory(role=Role.BAKER))


@pytest.mark.parametrize(
    ("state", "refused"),
    [
        ({}, True),
        ({"confirmed": True}, True),
        ({"ready": True}, True),
        ({"expired": True}, False),
        ({"cancelled": True}, False),
        ({"status": "COLLECTED", "payment_status": "PAID"}, False),
    ],
)
def test_what_is_under_way_comes_first(user: User, state: dict[str, object], refused: bool) -> None:
    an_order(user, **state)
    if refused:
        with pytest.raises(Conflict, match="not finished"):
            erase(user)
    else:
        erase(user)
    assert user.active is refused


def test_a_cake_that_is_not_decided_comes_first(user: User) -> None:
    sent(user_id=user.id)
    with pytest.raises(Conflict, match="cake"):
        erase(user)


def test_the_page_asks_for_the_password_and_signs_out(client: FlaskClient, user: User) -> None:
    sign_in_by_page(client, user)
    page = client.get("/account/delete")
    assert "What goes" in page.text and "five years" in page.text
    assert client.post("/account/delete", data={}).status_code == 422
    wrong = client.post("/account/delete", data={"password": "not this one at all"})
    assert (wrong.status_code, "That is not your password" in wrong.text) == (422, True)
    done = client.post("/account/delete", data={"password": PASSWORD})
    assert (done.status_code, done.location) == (303, "/")
    assert client.get("/account").location.startswith("/login")


def test_the_page_says_what_stands_in_the_way(client: FlaskClient, user: User) -> None:
    an_order(user, confirmed=True)
    sign_in_by_page(client, user)
    page = client.get("/account/delete").text
    assert "not finished" in page and 'name="password"' not in page
    assert client.post("/account/delete", data={"password": PASSWORD}).status_code == 409
