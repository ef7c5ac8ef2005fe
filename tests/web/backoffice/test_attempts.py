"""Attempts to pay on the order's page of staff: each card that was refused, what it means and what to do."""

from __future__ import annotations

from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.integrations.adapters import Adapters
from bakery.people.models import Role
from tests.factories.people import sign_in
from tests.fakes.gateway import FakeGateway
from tests.payments import steps
from tests.payments.test_failed_payments import refuse
from tests.queries import Counter


def section(client: FlaskClient, number: str) -> str:
    page = BeautifulSoup(client.get(f"/admin/orders/{number}").text, "html.parser")
    found = page.select_one("#attempts")
    assert found is not None
    return " ".join(found.get_text(" ", strip=True).split())


def test_staff_read_the_whole_reason_and_the_customer_does_not(
    client: FlaskClient, session: Session, outside: Adapters, count_queries: Counter
) -> None:
    gateway = outside.gateway
    assert isinstance(gateway, FakeGateway)
    order = steps.pending()
    sign_in(client, role=Role.COUNTER)
    assert "Nobody has tried to pay yet" in section(client, order.number)
    steps.open_page(order, gateway)
    refuse(order, "card_declined", "stolen_card", last_four="9979")
    refuse(order, "incorrect_cvc", last_four="0127")
    said = section(client, order.number)
    assert (
        "Visa ending 9979 refused" in said and "The card is reported stolen. Do not tell the customer" in said
    )
    assert "Stripe says: card_declined, stolen_card" in said
    assert "Visa ending 0127 refused" in said and "Wrong security code." in said
    theirs = client.application.test_client()
    page = theirs.get(f"/orders/{order.number}?key={order.secret}", follow_redirects=True).text
    assert "stolen" not in page and "The security code of the card was not right." in page
