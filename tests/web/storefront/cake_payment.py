"""Paying for a custom cake in a browser, in sentences for tests."""

from __future__ import annotations

from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from bakery.custom_cakes import services
from bakery.custom_cakes.models import CustomCakeRequest, QuoteAcceptance
from bakery.infra.db import db
from tests.custom_cakes.offers import order_of, terms
from tests.custom_cakes.requests import row
from tests.fakes.gateway import FakeGateway
from tests.payments import steps


def at(wish: CustomCakeRequest) -> str:
    return f"/custom-cakes/{wish.number}/pay"


def yes(client: FlaskClient, wish: CustomCakeRequest, **changes: str) -> TestResponse:
    """What the form on the page sends."""
    form = {"terms": "y", "quote_version": str(row(wish.id).quote_version), "terms_version": terms()}
    return client.post(at(wish), data=form | changes)


def to_stripe(answer: TestResponse) -> bool:
    return answer.status_code == 303 and answer.location.startswith("https://pay.saffron.test/")


def followed(client: FlaskClient, answer: TestResponse) -> str:
    """What the page says that an answer leads to."""
    assert answer.status_code == 303
    return words(client.get(answer.location.partition("#")[0]))


def by_both_ways(client: FlaskClient, wish: CustomCakeRequest) -> list[str]:
    """What is said to who follows the link, and to who sends the form of a page that was left open."""
    said = []
    for go in (lambda: client.get(at(wish)), lambda: yes(client, wish)):
        answer = go()
        assert not to_stripe(answer)
        said.append(followed(client, answer))
    return said


def words(answer: TestResponse) -> str:
    return " ".join(BeautifulSoup(answer.text, "html.parser").get_text(" ").split())


def acceptances() -> list[QuoteAcceptance]:
    return list(db.session.scalars(select(QuoteAcceptance).order_by(QuoteAcceptance.id)))


def pay_on_stripe(wish: CustomCakeRequest, gateway: FakeGateway) -> None:
    steps.pay(order_of(wish), gateway)
    services.follow_orders()
