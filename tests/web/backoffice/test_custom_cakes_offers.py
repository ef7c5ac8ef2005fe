"""An offer that awaits payment: sent again, held longer, replaced by another, taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.custom_cakes import acceptance, services
from bakery.custom_cakes.models import Quote
from bakery.custom_cakes.states import RequestStatus
from bakery.infra.models import Outbox
from bakery.integrations.adapters import Adapters
from bakery.orders.models import Order, OrderLine
from bakery.payments.models import Payment
from bakery.payments.services import start_checkout
from bakery.people.models import AuditEntry
from bakery.scheduling.models import PickupSlot, StationDay
from tests.custom_cakes.deliveries import deliver
from tests.custom_cakes.requests import NOW, row, sent
from tests.web.backoffice.cake_desk import address, form, look, send, words

CUSTOMER = Actor(None, "customer", "203.0.113.9")
BASE = "http://shop.saffron.test"


@pytest.fixture
def offer(desk: FlaskClient) -> int:
    """An offer of $200 that awaits payment."""
    request_id = sent()
    answer = send(desk, request_id, "approval", price="200", message="Lovely!", instructions="Tall board")
    assert answer.status_code == 303
    return request_id


def to_stripe(session: Session, outside: Adapters, request_id: int) -> None:
    """The customer says yes and goes to Stripe's page."""
    one = row(request_id)
    offer = acceptance.accept(request_id, one.quote_version, "3", CUSTOMER)
    start_checkout(offer.order_id, outside.gateway, BASE, until=offer.until)


def quotes(session: Session) -> list[Quote]:
    return list(
        session.scalars(select(Quote).order_by(Quote.version).execution_options(populate_existing=True))
    )


def order_of(session: Session, request_id: int) -> Order:
    return session.get_one(Order, row(request_id).order_id, populate_existing=True)


def mails_owed(session: Session) -> int:
    job = "jobs.custom_cakes.send_decision"
    return session.scalar(select(func.count()).select_from(Outbox).where(Outbox.job == job)) or 0


def actions(session: Session) -> list[str]:
    cake = AuditEntry.action.startswith("custom_cake.")
    return list(session.scalars(select(AuditEntry.action).where(cake).order_by(AuditEntry.id)))


def test_the_link_is_sent_again_once_a_press(desk: FlaskClient, session: Session, offer: int) -> None:
    page = look(desk, offer)
    assert send(desk, offer, "reminder", page).status_code == 303
    assert send(desk, offer, "reminder", page).status_code == 409, "the second of two presses"
    assert mails_owed(session) == 2
    assert actions(session) == ["custom_cake.approve", "custom_cake.send again"]
    assert len(quotes(session)) == 1
    assert "Link sent again" in words(look(desk, offer))


def test_the_customer_gets_the_offer_again_and_once_for_each_press(
    desk: FlaskClient, session: Session, outside: Adapters, offer: int
) -> None:
    deliver(session)
    send(desk, offer, "reminder")
    deliver(session)
    send(desk, offer, "revision", price="190")
    deliver(session)
    subjects = [mail.subject for mail in outside.mailer.sent if mail.to == "laila@saffron.test"]
    assert ["$200.00" in subject for subject in subjects] == [True, True, False]
    assert "$190.00" in subjects[2]


def test_a_link_that_is_dead_is_not_sent_again(desk: FlaskClient, session: Session) -> None:
    request_id = sent()
    send(desk, request_id, "approval", expires_at="2026-11-21T11:00")
    page = look(desk, request_id)
    with clock.travel(NOW + timedelta(hours=3)):
        assert "This quote has run out" in words(look(desk, request_id))
        answer = send(desk, request_id, "reminder", page)
    assert answer.status_code == 409 and "its link is dead" in words(answer.text)
    assert mails_owed(session) == 1


def test_an_offer_holds_longer_with_everything_it_holds(
    desk: FlaskClient, session: Session, offer: int
) -> None:
    answer = send(desk, offer, "extension", expires_at="2026-12-02T12:00")
    assert answer.status_code == 303
    first, second = quotes(session)
    assert second.expires_at - first.expires_at == timedelta(days=3, hours=16)
    assert (second.price_cents, second.message, second.description) == (
        first.price_cents, first.message, first.description,
    )  # fmt: skip
    assert order_of(session, offer).hold_expires_at == second.expires_at
    assert mails_owed(session) == 2 and actions(session)[-1] == "custom_cake.extend"
    assert "Holds until: Sat 28 Nov, 8:00 pm → Wed 2 Dec, 12:00 pm." in words(look(desk, offer))


@pytest.mark.parametrize("until", ["2026-11-22T10:00", "2026-12-05T14:00", "", "soon"])
def test_no_offer_holds_shorter_than_it_did_or_beyond_its_day(
    desk: FlaskClient, session: Session, offer: int, until: str
) -> None:
    answer = send(desk, offer, "extension", expires_at=until)
    assert answer.status_code == 422
    assert "extension-expires_at-error" in answer.text
    assert len(quotes(session)) == 1


def test_a_new_quote_replaces_the_offer_and_its_order(
    desk: FlaskClient, session: Session, offer: int
) -> None:
    old = order_of(session, offer)
    answer = send(
        desk,
        offer,
        "revision",
        price="210.50",
        servings="30",
        override_reason="Small slices",
        message="Roses",
    )
    assert answer.status_code == 303, words(answer.text)
    first, second = quotes(session)
    assert (second.version, second.price_cents, second.servings) == (2, 21_050, 30)
    assert (first.price_cents, second.instructions) == (20_000, "Tall board")
    new = order_of(session, offer)
    session.refresh(old)
    assert new.id != old.id
    assert (old.status, new.status, new.total_cents) == ("CANCELLED", "PENDING_PAYMENT", 21_050)
    line = session.scalars(select(OrderLine).where(OrderLine.order_id == new.id)).one()
    assert (line.unit_price_cents, line.servings, line.instructions) == (21_050, "30", "Tall board")
    assert session.scalars(select(PickupSlot.booked_orders)).all() == [1], "what it holds, it holds once"
    assert sorted(session.scalars(select(StationDay.booked_minutes))) == [50, 55, 70]
    assert row(offer).status == RequestStatus.APPROVED_AWAITING_PAYMENT
    assert mails_owed(session) == 2 and actions(session)[-1] == "custom_cake.revise"
    said = words(look(desk, offer))
    assert "Price: $200.00 → $210.50." in said and "Quote 2: $210.50, 30 servings" in said
    services.follow_orders()
    assert row(offer).status == RequestStatus.APPROVED_AWAITING_PAYMENT, "the old order is nobody's any more"


def test_a_new_quote_at_another_time_takes_that_slot(desk: FlaskClient, session: Session, offer: int) -> None:
    wanted = "2026-12-05T03:00Z"
    assert send(desk, offer, "revision", starts_at=wanted).status_code == 303
    rows = session.execute(select(PickupSlot.starts_at, PickupSlot.booked_orders))
    booked = {starts_at: orders for starts_at, orders in rows}
    assert sorted(booked.values()) == [0, 1]
    assert booked[order_of(session, offer).pickup_at] == 1


def test_the_old_payment_page_is_closed_before_the_price_changes(
    desk: FlaskClient, session: Session, outside: Adapters, offer: int
) -> None:
    to_stripe(session, outside, offer)
    (page,) = outside.gateway.sessions.values()
    assert page.status == "open"
    assert send(desk, offer, "revision", price="210").status_code == 303
    (page,) = outside.gateway.sessions.values()
    assert page.status == "expired"
    assert session.scalars(select(Payment.state)).all() == ["EXPIRED"]


def test_an_offer_that_is_being_paid_keeps_its_price(
    desk: FlaskClient, session: Session, outside: Adapters, offer: int
) -> None:
    to_stripe(session, outside, offer)
    (session_id,) = outside.gateway.sessions
    outside.gateway.pay(session_id)
    answer = send(desk, offer, "revision", price="210", message="With more roses")
    assert answer.status_code == 409
    assert "is paying at this moment" in words(answer.text) and "With more roses" in answer.text
    assert len(quotes(session)) == 1 and order_of(session, offer).status == "PENDING_PAYMENT"


def test_while_stripe_is_away_the_price_stays(
    desk: FlaskClient, session: Session, outside: Adapters, offer: int
) -> None:
    to_stripe(session, outside, offer)
    outside.gateway.away = True
    answer = send(desk, offer, "revision", price="210")
    assert answer.status_code == 503 and "still shows the old price" in words(answer.text)
    assert len(quotes(session)) == 1
    outside.gateway.away = False
    assert send(desk, offer, "revision", price="210").status_code == 303


def test_a_new_quote_is_refused_like_the_first_and_its_page_stays_open(
    desk: FlaskClient, session: Session, outside: Adapters, offer: int
) -> None:
    to_stripe(session, outside, offer)
    answer = send(desk, offer, "revision", price="900", override_reason="")
    assert answer.status_code == 422 and "Say why." in answer.text
    assert [page.status for page in outside.gateway.sessions.values()] == ["open"]


def test_an_offer_taken_back_frees_its_day_and_tells_the_customer(
    desk: FlaskClient, session: Session, outside: Adapters, offer: int
) -> None:
    to_stripe(session, outside, offer)
    page = look(desk, offer)
    refused = send(desk, offer, "withdrawal", page, reason=" ")
    assert refused.status_code == 422 and "taking-reason-error" in refused.text
    assert send(desk, offer, "withdrawal", page, reason="Our oven broke").status_code == 303
    assert row(offer).status == RequestStatus.WITHDRAWN
    assert order_of(session, offer).status == "CANCELLED"
    assert set(session.scalars(select(PickupSlot.booked_orders))) == {0}
    assert set(session.scalars(select(StationDay.booked_minutes))) == {0}
    closing = select(func.count()).where(Outbox.job == "jobs.payments.close_session")
    assert session.scalar(closing) == 1, "nobody shall pay on the page that is open"
    assert mails_owed(session) == 2 and actions(session)[-1] == "custom_cake.withdraw"
    late = send(desk, offer, "revision", page, price="210")
    assert late.status_code == 409 and "Zohra Karimi was faster" in words(late.text)


def test_nothing_of_an_offer_is_done_twice_from_one_page(
    desk: FlaskClient, session: Session, offer: int
) -> None:
    page = look(desk, offer)
    assert form(page, "revision")["price"] == "200.00"
    assert send(desk, offer, "revision", page, price="210").status_code == 303
    again = send(desk, offer, "revision", page, price="220", htmx=True)
    assert again.status_code == 409 and "was faster" in words(again.text, "#decide")
    assert 'value="220"' in again.text, "what was typed is still in the form"
    assert len(quotes(session)) == 2


def test_a_description_is_of_the_cake_that_it_was_written_for(desk: FlaskClient, offer: int) -> None:
    old = "A walnut cake as last year."
    send(desk, offer, "revision", description=old)
    assert form(look(desk, offer), "revision")["description"] == old
    fields = form(desk.get(f"{address(offer)}/design").text, "variation") | {"tiers.0.flavour": "red_velvet"}
    varied = desk.get(f"{address(offer)}/variation", query_string=fields)
    drafted = form(varied.text, "revision")["description"]
    assert old not in drafted and "Red velvet" in drafted and "Contains: " in drafted
