"""A request's own page: what it says at each stage, and how it keeps itself up to date."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.custom_cakes import decisions, offers, services
from bakery.custom_cakes.models import CustomCakeRequest
from bakery.infra.transaction import transaction
from bakery.integrations.adapters import Adapters
from bakery.orders import operations as orders
from bakery.orders.services import expire_order
from bakery.orders.states import OrderStatus, PaymentStatus
from bakery.shop.models import Shop
from tests.custom_cakes.designs import design, tier
from tests.custom_cakes.requests import DAY, NOW, approval, row, sent, staff
from tests.factories.scheduling import sydney
from tests.factories.shop import make_open_shop
from tests.queries import Counter

CUSTOMER = Actor(None, "customer")
HTMX = {"HX-Request": "true", "HX-Target": "cake-live"}


@pytest.fixture(autouse=True)
def open_shop(session: Session) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(session, capacity_minutes=400)
        yield


def opened(client: FlaskClient, wish: CustomCakeRequest) -> BeautifulSoup:
    """The page, by its link."""
    answer = client.get(f"/custom-cakes/{wish.number}?key={wish.secret}", follow_redirects=True)
    assert answer.status_code == 200
    return soup(answer)


def soup(answer: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


def approved(**changes: object) -> CustomCakeRequest:
    request_id = sent()
    decisions.approve(approval(request_id, row(request_id).version, **changes), staff())
    return row(request_id)


def paid(wish: CustomCakeRequest) -> None:
    """What Stripe's word does."""
    with transaction() as session:
        order = orders.lock_order(session, wish.order_id or 0)
        orders.change_payment_status(session, order, PaymentStatus.PAID)
        orders.confirm(session, order)


def said(page: BeautifulSoup) -> str:
    return " ".join(page.select_one("main").text.split())


def stop(page: BeautifulSoup) -> str:
    return page.select_one(".stepper [aria-current]").text


def test_a_new_request_says_what_was_asked_for_and_what_comes_next(
    client: FlaskClient, session: Session
) -> None:
    wish = row(sent(allergies=["milk"], note="<b>Rosewater</b>, please"))
    page = opened(client, wish)
    assert page.select_one("h1").text == "We are looking at your cake"
    assert stop(page) == "We look at it"
    words = said(page)
    for expected in (
        wish.number, "laila@saffron.test", "there is nothing to pay", "Saturday 5 December 2026",
        "20 cm across", "“Happy 40th Laila”", "Tree nuts", "<b>Rosewater</b>, please",
        "You avoid milk: this cake contains it.",
    ):  # fmt: skip
        assert expected in words, expected
    assert page.select_one(".cake-drawing svg[role=img]")["aria-label"].startswith("round cake, 20 cm")
    assert page.select_one(".cake-pictures img")["src"].startswith("/custom-cakes/pictures/")
    assert not page.select_one("#offer")


def test_changes_asked_for_stand_at_the_top_with_the_way_to_make_them(
    client: FlaskClient, session: Session
) -> None:
    wish = row(sent())
    decisions.ask_for_changes(wish.id, wish.version, staff("Zohra"), "It <would> fall", "Two tiers")
    page = opened(client, wish)
    words = said(page)
    assert words.index("It <would> fall") < words.index("Two tiers") < words.index("Change your cake")
    assert page.select_one(f"a[href='/custom-cakes/{wish.number}/edit']")
    assert "Zohra" not in words, "who decided is the shop's business"


def test_an_offer_says_price_people_pickup_and_until_when_in_the_shops_zone(
    client: FlaskClient, session: Session
) -> None:
    wish = approved()
    offer = opened(client, wish).select_one("#offer")
    words = " ".join(offer.text.split())
    for expected in (
        "$240.00", "about 24 people", "Sat 5 Dec, 10:00 am", "Mon 23 Nov, 9:00 am, Sydney time", "Lovely idea!",
    ):  # fmt: skip
        assert expected in words, expected
    assert "Use the tall board." not in words, "instructions are for the kitchen"
    form = offer.select_one(f"form[action='/custom-cakes/{wish.number}/pay']")
    assert form.select_one("input[name=quote_version]")["value"] == "1"
    assert form.select_one("input[type=checkbox][name=terms]") and "checked" not in str(form)


def test_an_offer_whose_time_is_up_cannot_be_accepted_before_any_job_has_noticed(
    client: FlaskClient, session: Session
) -> None:
    wish = approved()
    with clock.travel(NOW + timedelta(days=2, minutes=1)):
        page = opened(client, wish)
        assert page.select_one("h1").text == "The time to pay has run out"
        assert not page.select_one("form[action$='/pay']")
        assert expire_order(wish.order_id or 0)
        page = opened(client, wish)
        assert page.select_one("h1").text == "Our offer has run out"
        assert page.select_one(f"a[href='/custom-cakes/new?copy_of={wish.number}']")


def test_a_paid_cake_leads_to_its_order_and_receipt_at_once(client: FlaskClient, session: Session) -> None:
    wish = approved()
    paid(wish)
    page = opened(client, row(wish.id))
    assert "Thank you, Laila" in page.select_one("h1").text and stop(page) == "We make it"
    link = page.select_one("main a[href^='/orders/SC-']")["href"]
    assert client.get(link).status_code == 200, "a guest with the key to the cake has the key to its order"
    assert page.select_one(f"a[href='{link}/receipt.pdf']")
    assert not page.select_one("form[action$='/pay']") and not page.select_one("a[href$='/withdraw']")
    for status, words in (
        (OrderStatus.IN_PRODUCTION, "making your cake"),
        (OrderStatus.READY, "is ready for you"),
    ):
        with transaction() as session_:
            orders.change_status(session_, orders.lock_order(session_, wish.order_id or 0), status)
        assert words in opened(client, row(wish.id)).select_one("h1").text


def test_a_collected_cake_asks_no_more_and_one_whose_order_was_cancelled_is_called_off(
    client: FlaskClient, session: Session
) -> None:
    first, second = approved(), approved()
    for wish, road in (
        (first, (OrderStatus.IN_PRODUCTION, OrderStatus.READY, OrderStatus.COLLECTED)),
        (second, (OrderStatus.CANCELLED,)),
    ):
        paid(wish)
        services.follow_orders()
        for status in road:
            with transaction() as open_session:
                order = orders.lock_order(open_session, wish.order_id or 0)
                orders.change_status(open_session, order, status)
    page = opened(client, row(first.id))
    assert page.select_one("h1").text == "Enjoy your cake!" and "It was order" in said(page)
    assert not page.select_one("#cake-live").has_attr("hx-get")
    assert len(page.select(".stepper .done")) == 4
    page = opened(client, row(second.id))
    assert page.select_one("h1").text == "This cake was called off"
    assert "We will send your payment back" in said(page) and not page.select("a[href*=copy_of]")


@pytest.mark.parametrize("who", ["customer", "staff"])
def test_a_cake_that_was_called_off_says_by_whom_and_offers_a_copy(
    client: FlaskClient, session: Session, who: str
) -> None:
    wish = row(sent())
    if who == "customer":
        services.withdraw(wish.id, CUSTOMER)
    else:
        offers.take_back(wish.id, wish.version, staff(), "Our oven <broke>")
    page = opened(client, wish)
    assert page.select_one("h1").text == (
        "You called this cake off" if who == "customer" else "This cake was called off"
    )
    assert ("Our oven <broke>" in said(page)) == (who == "staff")
    assert page.select_one(f"a[href='/custom-cakes/new?copy_of={wish.number}']")
    assert not page.select_one("#cake-live").has_attr("hx-get") and not page.select_one("textarea")


@pytest.mark.parametrize(
    ("status", "words"),
    [(PaymentStatus.PAID, "We will send your payment back"), (PaymentStatus.REFUNDED, "is on its way back")],
)
def test_money_that_came_after_the_end_is_not_denied(
    client: FlaskClient, session: Session, status: PaymentStatus, words: str
) -> None:
    expired, off = approved(), approved()
    with clock.travel(NOW + timedelta(days=3)):
        assert expire_order(expired.order_id or 0)
    services.withdraw(off.id, CUSTOMER)
    for wish in (expired, off):
        with transaction() as open_session:
            order = orders.lock_order(open_session, wish.order_id or 0)
            for step in dict.fromkeys((PaymentStatus.PAID, status)):
                orders.change_payment_status(open_session, order, step)
        page = said(opened(client, wish))
        assert words in page and "Nothing was charged" not in page and "There is nothing to pay" not in page


def test_an_offer_shows_what_is_charged_where_tax_comes_on_top(client: FlaskClient, session: Session) -> None:
    session.get_one(Shop, 1).prices_include_tax = False
    session.commit()
    offer = opened(client, approved()).select_one("#offer").text
    assert "$264.00" in offer and "$240.00" not in offer


def test_a_no_says_why_and_what_would_be_possible(client: FlaskClient, session: Session) -> None:
    wish = row(sent())
    decisions.reject(wish.id, wish.version, staff(), "Too tall for our oven", "Two tiers of 10 cm")
    words = said(opened(client, wish))
    assert "We cannot make this cake" in words and "Too tall for our oven" in words
    assert "Two tiers of 10 cm" in words and "Send a changed copy" in words


def test_what_changed_between_offers_is_shown_with_the_new_allergen_loudest(
    client: FlaskClient, session: Session, outside: Adapters
) -> None:
    request_id = sent(tiers=[tier(flavour="vanilla")])
    decisions.approve(approval(request_id, row(request_id).version), staff())
    nutty = design(tiers=[tier(flavour="pistachio_rose", diameter_cm=28), tier(flavour="vanilla")])
    second = approval(request_id, row(request_id).version, price_cents=27_800, servings=60, design=nutty)
    offers.revise(second, staff(), outside.gateway)
    page = opened(client, row(request_id))
    change = page.select_one(".cake-change")
    words = " ".join(change.text.split())
    assert "Version 2 compared with version 1" in words
    assert [badge.text for badge in change.select(".badge")] == ["+1 tier", "+$38.00", "36 servings more"]
    assert "contains tree nuts now" in change.select_one(".notice-danger").text
    assert "Vanilla → Pistachio" in words
    assert page.select_one("input[name=quote_version]")["value"] == "2"
    assert page.select_one(".cake-drawing svg")["aria-label"].startswith("2-tier")


def test_the_page_asks_until_something_happened_and_304_until_then(
    client: FlaskClient, session: Session
) -> None:
    wish = row(sent())
    live = opened(client, wish).select_one("#cake-live")
    assert live["hx-trigger"] == "every 20s"
    seen = {"If-None-Match": json.loads(live["hx-headers"])["If-None-Match"]}
    unchanged = client.get(live["hx-get"], headers=HTMX | seen)
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    services.write_message(wish.id, "Rose or raspberry?", staff(), from_staff=True)
    spoken = client.get(live["hx-get"], headers=HTMX | seen)
    assert spoken.status_code == 200 and "Rose or raspberry?" in spoken.text and "<html" not in spoken.text
    seen = {"If-None-Match": spoken.headers["ETag"]}
    decisions.approve(approval(wish.id, row(wish.id).version), staff())
    assert "Our offer" in client.get(live["hx-get"], headers=HTMX | seen).text


def test_the_page_notices_by_itself_that_its_offer_ran_out(client: FlaskClient, session: Session) -> None:
    wish = approved()
    live = opened(client, wish).select_one("#cake-live")
    seen = {"If-None-Match": json.loads(live["hx-headers"])["If-None-Match"]}
    with clock.travel(sydney("2026-11-23 09:01")):
        assert "time to pay has run out" in client.get(live["hx-get"], headers=HTMX | seen).text


def test_the_page_takes_few_queries_however_much_happened(
    client: FlaskClient, session: Session, count_queries: Counter, outside: Adapters
) -> None:
    wish = approved()
    for price in (25_000, 26_000, 27_000):
        offers.revise(approval(wish.id, row(wish.id).version, price_cents=price), staff(), outside.gateway)
        services.write_message(wish.id, f"{price} it is", staff(), from_staff=True)
    opened(client, row(wish.id))
    with count_queries() as seen:
        client.get(f"/custom-cakes/{wish.number}")
    assert len(seen) <= 9, seen
    assert row(wish.id).needed_on == DAY
