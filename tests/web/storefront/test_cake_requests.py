"""Whose request it is on every verb, writing to the bakery, and taking a request back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import SYSTEM
from bakery.custom_cakes import decisions, services
from bakery.custom_cakes.models import CustomCakeRequest, RequestEvent, RequestMessage
from bakery.custom_cakes.states import RequestStatus
from bakery.infra.limits import limiter
from bakery.infra.models import Outbox
from bakery.infra.transaction import transaction
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus, PaymentStatus
from bakery.people import services as people
from tests.custom_cakes.requests import NOW, approval, row, sent, staff
from tests.factories.shop import make_open_shop

HTMX = {"HX-Request": "true", "HX-Target": "cake-live"}
VERBS = [
    ("get", ""),
    ("post", "/messages"),
    ("get", "/withdraw"),
    ("post", "/withdraw"),
    ("get", "/pay"),
    ("post", "/pay"),
    ("get", "/edit"),
    ("post", "/edit"),
]


@pytest.fixture(autouse=True)
def open_shop(session: Session) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(session, capacity_minutes=400)
        yield


@pytest.fixture
def wish(client: FlaskClient, session: Session) -> CustomCakeRequest:
    """A request whose key the client has."""
    found = row(sent())
    client.get(f"/custom-cakes/{found.number}?key={found.secret}")
    return found


def approve(wish: CustomCakeRequest) -> None:
    decisions.approve(approval(wish.id, row(wish.id).version), staff())


def messages(session: Session) -> list[str]:
    session.expire_all()
    return list(session.scalars(select(RequestMessage.text).order_by(RequestMessage.id)))


# -- whose request


@pytest.mark.parametrize(("verb", "path"), VERBS)
def test_a_stranger_finds_no_request_whether_it_exists_or_not(
    app: Flask, wish: CustomCakeRequest, session: Session, verb: str, path: str
) -> None:
    approve(wish)
    stranger = app.test_client()
    said = {"text": "Hello", "terms": "y", "quote_version": "1", "terms_version": "3"}
    answers = [
        getattr(stranger, verb)(f"/custom-cakes/{number}{path}", **({"data": said} if verb == "post" else {}))
        for number in (wish.number, "CC-2222-22", "nonsense")
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    text = [answer.text.replace(answer.headers["X-Request-ID"], "") for answer in answers]
    assert text[0] == text[1] == text[2]
    assert wish.contact_name not in text[0]
    assert row(wish.id).status == RequestStatus.APPROVED_AWAITING_PAYMENT and messages(session) == []


def test_the_link_is_taken_and_hidden_and_works_on_every_device(app: Flask, wish: CustomCakeRequest) -> None:
    other = app.test_client()
    answer = other.get(f"/custom-cakes/{wish.number.lower()}?key={wish.secret}")
    assert (answer.status_code, answer.location) == (303, f"/custom-cakes/{wish.number}")
    page = other.get(answer.location)
    assert page.status_code == 200 and wish.secret not in page.text
    assert page.headers["Cache-Control"] == "private, no-store"


def test_the_key_of_another_request_opens_nothing(app: Flask, wish: CustomCakeRequest) -> None:
    other = row(sent())
    assert app.test_client().get(f"/custom-cakes/{wish.number}?key={other.secret}").status_code == 404


def test_the_account_that_sent_it_needs_no_key(app: Flask, session: Session) -> None:
    mine = people.register("Laila", "laila@saffron.test", "a few words here", ip=None, user_agent="")
    people.register("Omar", "omar@saffron.test", "a few words here", ip=None, user_agent="")
    theirs = row(sent(user_id=mine.user_id))
    for email, status in (("laila@saffron.test", 200), ("omar@saffron.test", 404)):
        browser = app.test_client()
        browser.post("/login", data={"email": email, "password": "a few words here"})
        assert browser.get(f"/custom-cakes/{theirs.number}").status_code == status
        assert browser.get(f"/custom-cakes/{theirs.number}/withdraw").status_code == status


# -- messages


def test_a_message_is_on_the_page_at_once_and_owed_to_the_bakery(
    client: FlaskClient, wish: CustomCakeRequest, session: Session
) -> None:
    address = f"/custom-cakes/{wish.number}/messages"
    answer = client.post(address, data={"text": "  Could it be\r\npink? "}, follow_redirects=True)
    assert "Your message is sent." in answer.text and "Could it be\npink?" in answer.text
    assert messages(session) == ["Could it be\npink?"]
    assert session.scalars(select(Outbox).where(Outbox.job == "jobs.custom_cakes.send_message")).one()


def test_with_htmx_the_page_changes_in_place_and_the_field_is_empty_again(
    client: FlaskClient, wish: CustomCakeRequest
) -> None:
    address = f"/custom-cakes/{wish.number}/messages"
    before = BeautifulSoup(client.get(f"/custom-cakes/{wish.number}").text, "html.parser")
    answer = client.post(address, data={"text": "Pink, please"}, headers=HTMX)
    after = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 200 and "<html" not in answer.text
    assert after.select_one(".talk .yours").text.strip().endswith("Pink, please")
    form, old = after.select_one("#write form"), before.select_one("#write form")
    assert form.has_attr("hx-preserve") and form["id"] != old["id"], "a new field, not the written one kept"
    assert form.select_one("textarea").text.strip() == ""
    assert after.select_one("[role=status]").text == "Your message is sent."


def test_what_is_half_written_outlives_an_answer_of_the_bakery(
    client: FlaskClient, wish: CustomCakeRequest
) -> None:
    page = BeautifulSoup(client.get(f"/custom-cakes/{wish.number}").text, "html.parser")
    services.write_message(wish.id, "Rose or raspberry?", staff(), from_staff=True)
    live = BeautifulSoup(client.get(f"/custom-cakes/{wish.number}", headers=HTMX).text, "html.parser")
    assert live.select_one("#write form")["id"] == page.select_one("#write form")["id"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Write something first."),
        ("   \n ", "Write something first."),
        ("x" * 2001, "under 2,000 characters"),
        ("bell \x07", "cannot print"),
    ],
)
def test_a_message_that_cannot_be_sent_stays_in_its_field_with_why(
    client: FlaskClient, wish: CustomCakeRequest, session: Session, text: str, words: str
) -> None:
    address = f"/custom-cakes/{wish.number}/messages"
    whole = client.post(address, data={"text": text})
    part = client.post(address, data={"text": text}, headers=HTMX)
    assert part.headers["HX-Retarget"] == "#write"
    for answer in (whole, part):
        form = BeautifulSoup(answer.text, "html.parser").select_one("#write form")
        assert answer.status_code == 422 and words in form.text
        assert form.select_one("textarea")["aria-invalid"] == "true"
        assert not form.has_attr("hx-preserve"), "the refused form replaces the one on the page"
        assert form.select_one("textarea").text.strip() == text.strip()
    assert messages(session) == []


def test_what_was_written_is_words_and_never_markup(client: FlaskClient, wish: CustomCakeRequest) -> None:
    evil = "</textarea><script>alert(1)</script><img src=x onerror=alert(1)> {{ 7*7 }}"
    client.post(f"/custom-cakes/{wish.number}/messages", data={"text": evil})
    services.write_message(wish.id, evil, staff(), from_staff=True)
    page = client.get(f"/custom-cakes/{wish.number}")
    soup = BeautifulSoup(page.text, "html.parser")
    assert [p.text for p in soup.select(".talk bdi")] == [evil, evil]
    assert not soup.select(".talk script, .talk img")


def test_nobody_writes_about_a_request_that_is_over(
    client: FlaskClient, wish: CustomCakeRequest, session: Session
) -> None:
    services.withdraw(wish.id, SYSTEM)
    answer = client.post(f"/custom-cakes/{wish.number}/messages", data={"text": "Hello?"})
    assert answer.status_code == 409 and "nobody reads on here" in answer.text
    assert messages(session) == []


def test_writing_without_end_is_stopped(app: Flask, client: FlaskClient, wish: CustomCakeRequest) -> None:
    limiter.enabled = True
    try:
        for _ in range(30):
            client.post(f"/custom-cakes/{wish.number}/messages", data={"text": ""})
        answer = client.post(f"/custom-cakes/{wish.number}/messages", data={"text": "Once more"})
    finally:
        limiter.reset()
        limiter.enabled = False
    assert answer.status_code == 429


# -- taking it back


def test_taking_it_back_asks_once_and_frees_what_was_held(
    client: FlaskClient, wish: CustomCakeRequest, session: Session
) -> None:
    approve(wish)
    address = f"/custom-cakes/{wish.number}/withdraw"
    asked = client.get(address)
    assert asked.status_code == 200 and "Call it off" in asked.text and "Our offer ends" in asked.text
    assert row(wish.id).status == RequestStatus.APPROVED_AWAITING_PAYMENT
    done = client.post(address, data={"reason": "Plans <changed>"}, follow_redirects=True)
    assert "You called this cake off" in done.text and "Plans &lt;changed&gt;" in done.text
    assert row(wish.id).status == RequestStatus.WITHDRAWN
    assert session.get(Order, wish.order_id).status == OrderStatus.CANCELLED
    event = session.scalars(select(RequestEvent).order_by(RequestEvent.id.desc())).first()
    assert (event.actor_label, event.reason) == ("customer", "Plans <changed>")


def test_a_reason_that_is_too_long_is_refused_at_its_field(
    client: FlaskClient, wish: CustomCakeRequest
) -> None:
    answer = client.post(f"/custom-cakes/{wish.number}/withdraw", data={"reason": "x" * 501})
    assert answer.status_code == 422 and "under 500 characters" in answer.text
    assert row(wish.id).status == RequestStatus.PENDING_REVIEW


def test_what_is_over_or_paid_cannot_be_taken_back(
    client: FlaskClient, wish: CustomCakeRequest, session: Session
) -> None:
    approve(wish)
    with transaction() as open_session:
        order = orders.lock_order(open_session, row(wish.id).order_id or 0)
        orders.change_payment_status(open_session, order, PaymentStatus.PAID)
        orders.confirm(open_session, order)
    for verb in (client.get, client.post):
        answer = verb(f"/custom-cakes/{wish.number}/withdraw", follow_redirects=True)
        assert "nothing to call off" in answer.text
    session.expire_all()
    assert session.get(Order, wish.order_id).status == OrderStatus.CONFIRMED
