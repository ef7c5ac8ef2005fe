"""Whose request it is: the key of a link, the browser that used it, the account that sent it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_login import login_user
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.errors import NotFound
from bakery.custom_cakes.models import CustomCakeRequest
from bakery.people import services as people
from bakery.people.models import User
from bakery.people.sessions import find_user
from bakery.storefront import cake_access
from bakery.storefront.signed_in import SignedInUser
from tests.custom_cakes.requests import NOW, row, sent
from tests.factories.shop import make_open_shop


@pytest.fixture(autouse=True)
def open_shop(session: Session) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(session, capacity_minutes=400)
        yield


@pytest.fixture
def wish(session: Session) -> CustomCakeRequest:
    return row(sent())


def test_the_key_of_the_link_opens_the_request_and_is_remembered(
    app: Flask, session: Session, wish: CustomCakeRequest
) -> None:
    with app.test_request_context(f"/?key={wish.secret}"):
        assert cake_access.open_request(session, wish.number.lower()) is wish
        assert cake_access.known_requests() == [wish.number]


@pytest.mark.parametrize("key", ["", "wrong", "x" * 5000, "é\x00"])
def test_a_wrong_key_opens_nothing_not_even_for_a_browser_that_knows_the_request(
    app: Flask, session: Session, wish: CustomCakeRequest, key: str
) -> None:
    with app.test_request_context("/", query_string={"key": key}):
        cake_access.remember_key(wish)
        with pytest.raises(NotFound):
            cake_access.open_request(session, wish.number)


def test_a_stranger_is_told_the_same_of_a_request_that_exists_and_one_that_does_not(
    app: Flask, session: Session, wish: CustomCakeRequest
) -> None:
    other = row(sent())
    said = []
    for number, key in ((wish.number, ""), (wish.number, other.secret), ("CC-2222-22", ""), ("nonsense", "")):
        with app.test_request_context("/", query_string={"key": key} if key else {}):
            with pytest.raises(NotFound) as refusal:
                cake_access.open_request(session, number)
            said.append(refusal.value.message)
    assert len(set(said)) == 1


def test_the_account_that_sent_it_needs_no_key_and_another_account_has_none(
    app: Flask, session: Session
) -> None:
    signed_in = [
        people.register(name, f"{name}@saffron.test", "a few words here", ip=None, user_agent="")
        for name in ("laila", "omar")
    ]
    theirs = row(sent(user_id=signed_in[0].user_id))
    for person, opens in zip(signed_in, (True, False), strict=True):
        with app.test_request_context("/"):
            user = find_user(session, person.token)
            assert isinstance(user, User)
            login_user(SignedInUser(user, person.token))
            if opens:
                assert cake_access.open_request(session, theirs.number) is theirs
            else:
                with pytest.raises(NotFound):
                    cake_access.open_request(session, theirs.number)


def test_a_request_without_an_account_belongs_to_no_stranger_without_one(
    app: Flask, session: Session, wish: CustomCakeRequest
) -> None:
    with app.test_request_context("/"), pytest.raises(NotFound):
        cake_access.open_request(session, wish.number)


def test_signing_in_takes_the_known_requests_along(
    app: Flask, session: Session, wish: CustomCakeRequest
) -> None:
    people.register("Laila", "laila@saffron.test", "a few words here", ip=None, user_agent="")
    browser = app.test_client()
    with browser.session_transaction() as kept:
        kept["cakes"] = [wish.number]
    browser.post("/login", data={"email": "laila@saffron.test", "password": "a few words here"})
    with browser.session_transaction() as kept:
        assert kept["cakes"] == [wish.number]


def test_only_the_newest_twenty_are_kept(app: Flask, session: Session) -> None:
    with app.test_request_context("/"):
        for count in range(25):
            cake_access.remember_number(f"CC-{count}")
        assert cake_access.known_requests() == [f"CC-{count}" for count in range(5, 25)]
