"""A company's name and ABN: asked at the checkout and with a custom cake, and kept to the invoice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.abn import format_abn, parse_abn
from bakery.core.errors import Invalid
from bakery.custom_cakes.models import CustomCakeRequest
from bakery.integrations.adapters import Adapters
from bakery.orders.business import Business
from bakery.orders.queries import get_order
from bakery.payments import receipts
from bakery.people.models import Role
from jobs import mails
from tests.custom_cakes.offers import offered, order_of
from tests.custom_cakes.requests import NOW
from tests.factories.catalog import make_cake
from tests.factories.people import sign_in
from tests.factories.shop import make_open_shop
from tests.receipts.sales import sold, text_of
from tests.web.storefront.cake_payment import to_stripe, yes
from tests.web.storefront.test_checkout import fill, order, orders, sent, soup

COMPANY = {"business_name": "Quince & Daughters Pty Ltd", "business_abn": "53 004 085 616"}
# Real numbers are checked by the tax office's rule: this is one of its own examples, and what typing makes of it.
GOOD = ("51824753556", "51 824 753 556", " 51-824-753-556 ", "53004085616")
BAD = (
    "51824753557", "15824753556", "00000000000", "5182475355", "518247535566", "abcdefghijk",
    "５１８２４７５３５５６", "²1824753556",
)  # fmt: skip


@pytest.mark.parametrize("typed", GOOD)
def test_an_abn_is_known_however_it_is_spaced(typed: str) -> None:
    found = parse_abn(typed)
    assert found is not None and len(found) == 11
    assert parse_abn(format_abn(found)) == found


@pytest.mark.parametrize("typed", BAD)
def test_what_is_no_abn_is_not(typed: str) -> None:
    assert parse_abn(typed) is None


def test_every_single_mistyped_digit_is_found() -> None:
    abn = "51824753556"
    for place in range(11):
        for digit in "0123456789":
            changed = abn[:place] + digit + abn[place + 1 :]
            assert (parse_abn(changed) is not None) == (changed == abn), changed


@pytest.mark.usefixtures("shop")
class TestAtTheCheckout:
    def test_it_is_folded_away_and_optional(self, client: FlaskClient, session: Session) -> None:
        fill(client, make_cake())
        page = soup(client.get("/checkout"))
        details = page.select_one("details:has(#business_abn)")
        assert details is not None and not details.has_attr("open")
        assert client.post("/checkout", data=sent(client)).status_code == 303
        assert (order(session).business_name, order(session).business_abn) == ("", "")

    def test_name_and_abn_are_kept_on_the_order(self, client: FlaskClient, session: Session) -> None:
        fill(client, make_cake())
        assert client.post("/checkout", data=sent(client, **COMPANY)).status_code == 303
        placed = order(session)
        assert (placed.business_name, placed.business_abn) == ("Quince & Daughters Pty Ltd", "53004085616")
        page = client.get(f"/orders/{placed.number}").text
        assert "Quince &amp; Daughters Pty Ltd" in page and "53 004 085 616" in page

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("53 004 085 617", "one of them must be mistyped"),
            ("53 004 085", "An ABN has eleven digits, such as 51 824 753 556."),
            ("<b>", "An ABN has eleven digits"),
        ],
    )
    def test_a_wrong_abn_is_said_and_nothing_is_lost(
        self, client: FlaskClient, session: Session, typed: str, said: str
    ) -> None:
        fill(client, make_cake())
        data = sent(client, **COMPANY | {"business_abn": typed})
        answer = client.post("/checkout", data=data)
        assert answer.status_code == 422 and orders(session) == 0
        page = soup(answer)
        assert said in page.select_one("#business_abn-error").text
        assert page.select_one("details:has(#business_abn)").has_attr("open")
        assert page.select_one("#business_abn")["value"] == typed
        assert page.select_one("#business_name")["value"] == COMPANY["business_name"]
        assert page.select_one("#name")["value"] == data["name"]
        assert page.select_one(f"input[name=slot][value='{data['slot']}']").has_attr("checked")
        assert page.select_one(".error-summary a[href='#business_abn']")

    def test_it_survives_a_detour_to_the_cart(self, client: FlaskClient) -> None:
        fill(client, make_cake())
        client.post("/checkout", data=sent(client, **COMPANY) | {"more": ""})
        page = soup(client.get("/checkout"))
        assert page.select_one("#business_abn")["value"] == COMPANY["business_abn"]

    def test_a_name_that_is_too_long_is_said(self, client: FlaskClient, session: Session) -> None:
        fill(client, make_cake())
        data = sent(client, **COMPANY | {"business_name": "x" * 121})
        assert client.post("/checkout", data=data).status_code == 422
        assert orders(session) == 0


def test_service_and_database_refuse_what_is_no_abn(session: Session) -> None:
    for wrong in (Business(abn="51824753557"), Business(abn="51 824 753 556"), Business(name="x" * 121)):
        with pytest.raises(Invalid):
            wrong.check()
    make_open_shop(session)
    sold()
    with pytest.raises(IntegrityError):
        session.execute(text("UPDATE shop_order SET business_abn = '51 824 753'"))


def test_invoice_mail_and_back_office_name_the_business(
    client: FlaskClient, session: Session, outside: Adapters
) -> None:
    make_open_shop(session)
    bought = sold(business_name=COMPANY["business_name"], business_abn="53004085616")
    pdf = receipts.get_pdf(bought.id, outside.files)
    assert "Quince & Daughters Pty Ltd ABN 53 004 085 616" in text_of(pdf.data)
    mail = mails.order_confirmation(get_order(session, bought.id), pdf)
    said = "Your tax invoice for Quince & Daughters Pty Ltd (ABN 53 004 085 616) is attached as a PDF."
    assert said in mail.text
    assert said.replace("&", "&amp;") in mail.html
    sign_in(client, role=Role.MANAGER)
    page = client.get(f"/admin/orders/{bought.number}").text
    assert "Quince &amp; Daughters Pty Ltd" in page and "53 004 085 616" in page
    sign_in(client, role=Role.BAKER)
    assert "53 004 085 616" not in client.get(f"/admin/orders/{bought.number}").text


class TestWithACustomCake:
    @pytest.fixture(autouse=True)
    def open_shop(self, session: Session) -> Iterator[None]:
        with clock.travel(NOW):
            make_open_shop(session, capacity_minutes=400)
            yield

    @pytest.fixture
    def cake(self, client: FlaskClient) -> CustomCakeRequest:
        wish = offered(percent=30)
        client.get(f"/custom-cakes/{wish.number}?key={wish.secret}", follow_redirects=True)
        return wish

    def test_it_comes_with_the_yes(self, client: FlaskClient, cake: CustomCakeRequest) -> None:
        assert to_stripe(yes(client, cake, **COMPANY))
        order = order_of(cake)
        assert (order.business_name, order.business_abn) == (COMPANY["business_name"], "53004085616")

    def test_a_wrong_abn_keeps_the_page_and_accepts_nothing(
        self, client: FlaskClient, cake: CustomCakeRequest
    ) -> None:
        answer = yes(client, cake, **COMPANY | {"business_abn": "53 004 085 617"})
        assert answer.status_code == 422
        page = BeautifulSoup(answer.text, "html.parser")
        assert "mistyped" in page.select_one("#business_abn-error").text
        assert page.select_one("#business_name")["value"] == COMPANY["business_name"]
        assert order_of(cake).awaits_acceptance
