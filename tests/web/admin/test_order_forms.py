"""The forms on an order's page when they are refused: open, with what was typed, and what is wrong beside its field."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.orders.models import Order
from tests.factories.catalog import make_cake
from tests.factories.checkout import place
from tests.factories.shop import make_open_shop


@pytest.fixture
def unpaid(session: Session) -> Order:
    make_open_shop(session)
    return place((make_cake(stock=9, price_cents=8_600), 1))


def refused(desk: FlaskClient, path: str, data: dict[str, str]) -> Tag:
    answer = desk.post(path, data=data)
    assert answer.status_code == 422
    found = BeautifulSoup(answer.text, "html.parser").select_one("main")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("typed", "wrong", "said"),
    [
        ({"percent": "140", "amount": ""}, "deposit-percent", "Write 1 to 100 %"),
        ({"percent": "", "amount": "0.20"}, "deposit-amount", "under 50 cents"),
        ({"percent": "", "amount": "much<"}, "deposit-amount", "Write an amount in AUD"),
    ],
)
def test_a_deposit_that_is_refused_keeps_what_was_typed(
    desk: FlaskClient, unpaid: Order, typed: dict[str, str], wrong: str, said: str
) -> None:
    page = refused(desk, f"/orders/{unpaid.number}/create-deposit", typed)
    field = page.select_one(f"#{wrong}")
    assert field.find_parent("details").has_attr("open")
    for name, value in typed.items():
        assert page.select_one(f"#deposit-{name}")["value"] == value
    assert field["aria-invalid"] == "true" and f"{wrong}-error" in field["aria-describedby"].split()
    assert said in page.select_one(f"#{wrong}-error").get_text()
    assert len(page.select("[aria-invalid]")) == 1
    assert not page.select_one("#release-reason").find_parent("details").has_attr("open")


def test_a_release_without_a_reason_stays_open(desk: FlaskClient, unpaid: Order) -> None:
    page = refused(desk, f"/admin/orders/{unpaid.number}/release", {"reason": " "})
    field = page.select_one("#release-reason")
    assert field.find_parent("details").has_attr("open")
    assert field["aria-describedby"] == "release-reason-error"
    assert "Say why the kitchen may start" in page.select_one("#release-reason-error").get_text()


def test_what_is_wrong_with_money_taken_is_said_above_the_page_too(desk: FlaskClient, unpaid: Order) -> None:
    data = {
        "till-key": "form-000001",
        "till-tender": "external_card",
        "till-amount": "86.00",
        "till-slip": "",
    }
    page = refused(desk, f"/admin/orders/{unpaid.number}/takings", data)
    assert "Nothing was entered." in page.select_one(".notices .notice-danger").get_text()
    label = page.select_one('label[for="till-slip"]').get_text()
    assert "for a card" in label and "optional" not in label
