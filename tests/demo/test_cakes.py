"""The demo shop's custom cakes: every state, a year behind them, and nobody gets a mail."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.custom_cakes import contents, queries
from bakery.custom_cakes.models import CustomCakeRequest, Quote, RequestPicture, SoftHold
from bakery.custom_cakes.spec import from_json
from bakery.custom_cakes.states import RequestStatus
from bakery.custom_cakes.uploads import StoredPicture
from bakery.demo import content
from bakery.demo.content.cake_history import Outcome, plan_cakes
from bakery.demo.content.inspirations import INSPIRATIONS
from bakery.demo.seed import _people
from bakery.demo.seed_cakes import People, add_cakes
from bakery.demo.seed_cakes_past import add_past_cakes
from bakery.demo.seed_shop import add_shop
from bakery.infra.models import Outbox
from bakery.infra.transaction import transaction
from bakery.messages.models import Message
from bakery.orders.models import Order
from bakery.people.models import Role, User
from bakery.scheduling.models import SlotHold, SlotHoldState

PASSWORD = "warm saffron bread"
PICTURES = {wish.name: StoredPicture(f"custom-cakes/{wish.name}.webp", 960, 720, 99) for wish in INSPIRATIONS}


@pytest.fixture
def demo(session: Session) -> Session:
    now = clock.now()
    with transaction() as open_session:
        add_shop(open_session, content.SHOP, content.FAQS, now)
        customers = _people(open_session, PASSWORD, now)
        manager = open_session.scalars(select(User).where(User.role == Role.MANAGER)).one()
        people = People(customers, Actor(manager.id, manager.name))
        add_past_cakes(open_session, people, now, days=365)
        add_cakes(open_session, people, PICTURES, now)
    return session


def test_there_is_a_request_in_every_state_and_all_are_marked_as_demo(demo: Session) -> None:
    states = Counter(demo.scalars(select(CustomCakeRequest.status)))
    assert set(states) == set(RequestStatus)
    assert states[RequestStatus.PENDING_REVIEW] >= 7
    assert demo.scalar(select(func.bool_and(CustomCakeRequest.is_demo)))
    assert demo.scalar(select(func.bool_and(Order.is_demo)))
    addresses = demo.scalars(select(CustomCakeRequest.contact_email)).all()
    assert all(address.endswith("@saffron.test") for address in addresses)


def test_the_queue_has_an_allergy_clash_pictures_and_an_old_request(demo: Session) -> None:
    waiting = queries.list_queue(demo)
    assert any(contents.clashes(from_json(row.design)) for row in waiting)
    assert max(clock.now() - row.created_at for row in waiting) > timedelta(days=2)
    assert min(clock.now() - row.created_at for row in waiting) < timedelta(hours=1)
    assert demo.scalar(select(func.count()).select_from(RequestPicture)) == 3
    today = clock.today(content.SHOP.timezone)
    held = queries.softly_held(demo, today, today + timedelta(days=60))
    assert sum(day.requests for day in held.values()) == sum(
        1 for row in demo.scalars(select(SoftHold)) if row.state == "HELD"
    )
    assert sum(day.requests for day in held.values()) >= len(waiting)


def test_promises_stand_on_orders_that_hold_their_slot_until_the_quote_runs_out(demo: Session) -> None:
    rows = demo.scalars(
        select(CustomCakeRequest).where(CustomCakeRequest.status == RequestStatus.APPROVED_AWAITING_PAYMENT)
    ).all()
    assert len(rows) >= 3
    for row in rows:
        quote = queries.read_file(demo, row).quote
        order = demo.get_one(Order, row.order_id)
        hold = demo.scalars(select(SlotHold).where(SlotHold.owner == order.ref)).one()
        assert quote.expires_at > clock.now() and hold.state == SlotHoldState.HELD
        assert hold.expires_at == quote.expires_at == order.hold_expires_at
        assert order.total_cents == quote.price_cents and order.pickup_at == quote.pickup_at
    assert any(row.quote_version == 2 for row in rows), "one was extended"


def test_a_year_of_decisions_has_prices_near_and_far_from_the_suggested_ones(demo: Session) -> None:
    quotes = demo.scalars(select(Quote)).all()
    assert 60 <= len(quotes) <= 95
    off = [quote.price_cents / quote.predicted_cents - 1 for quote in quotes]
    assert sum(abs(each) < 0.15 for each in off) > 0.75 * len(quotes)
    for quote, each in zip(quotes, off, strict=True):
        assert (abs(each) <= 0.15) or quote.override_reason
        assert quote.features and quote.low_cents <= quote.predicted_cents <= quote.high_cents
    inside = [quote.low_cents <= quote.price_cents <= quote.high_cents for quote in quotes]
    assert 0.6 < sum(inside) / len(inside) < 1
    assert sum(quote.servings != quote.predicted_servings for quote in quotes) >= 15


def test_no_mail_goes_out_for_what_nobody_asked(demo: Session) -> None:
    assert set(demo.scalars(select(Outbox.job))) == {"jobs.production.open_tickets"}
    assert demo.scalar(select(func.count()).select_from(Message)) == 0


def test_the_same_year_is_planned_every_time_and_a_month_is_its_newest_part() -> None:
    today = clock.today(content.SHOP.timezone)
    year = list(plan_cakes(7, today, 365))
    assert list(plan_cakes(7, today, 365)) == year
    assert list(plan_cakes(7, today, 30)) == year[: len(list(plan_cakes(7, today, 30)))]
    assert {cake.outcome for cake in year} == set(Outcome)
    for cake in year:
        assert cake.sent_at < cake.decided_at <= cake.ended_at < cake.pickup_at
        assert cake.pickup_at.date() < today
