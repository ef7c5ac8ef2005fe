"""What staff decide: quotes that never change, the order an approval makes, and everything in the audit log."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, InternalError
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Invalid, InvalidTransition, NotFound
from bakery.custom_cakes import decisions, queries, services
from bakery.custom_cakes.decisions import Prediction
from bakery.custom_cakes.models import Quote, SoftHold
from bakery.custom_cakes.states import RequestStatus
from bakery.infra.models import Outbox
from bakery.infra.transaction import transaction
from bakery.orders import operations as orders
from bakery.orders.models import Order, OrderLine
from bakery.orders.popularity import popular_and_trending
from bakery.orders.services import expire_order
from bakery.orders.states import OrderStatus, PaymentStatus
from bakery.people.models import AuditEntry
from bakery.production.services import open_tickets
from bakery.scheduling.errors import SlotGone
from bakery.scheduling.models import PickupSlot
from tests.custom_cakes.designs import design
from tests.custom_cakes.requests import AT, DAY, NOW, approval, row, sent, staff
from tests.factories.scheduling import PickupSlotFactory, sydney
from tests.factories.shop import make_open_shop

CUSTOMER = Actor(None, "customer", "203.0.113.9")
GUESS = Prediction(25_000, 21_000, 29_000, 25, "pricing-3", {"layers": 3})


@pytest.fixture(autouse=True)
def open_shop(session: Session) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(session, capacity_minutes=400)
        yield


def approved(**changes) -> int:
    request_id = sent()
    decisions.approve(approval(request_id, row(request_id).version, **changes), staff())
    return request_id


def order_of(session: Session, request_id: int) -> Order:
    return session.get_one(Order, row(request_id).order_id, populate_existing=True)


def test_an_approval_is_a_quote_an_order_a_slot_a_mail_and_a_line_in_the_audit_log(session: Session) -> None:
    request_id = approved(prediction=GUESS)
    request = row(request_id)
    assert request.status == RequestStatus.APPROVED_AWAITING_PAYMENT
    quote = queries.read_file(session, request).quote
    assert quote is not None
    assert (quote.version, quote.price_cents, quote.predicted_cents, quote.low_cents) == (
        1,
        24000,
        25000,
        21000,
    )
    assert (quote.servings, quote.predicted_servings, quote.features) == (24, 25, {"layers": 3})
    assert (quote.design_hash, quote.terms_version) == (design().hash, "3")
    order = order_of(session, request_id)
    assert (order.status, order.payment_status, order.total_cents) == ("PENDING_PAYMENT", "UNPAID", 24000)
    assert (order.tax_cents, order.pickup_at, order.hold_expires_at) == (2182, AT, quote.expires_at)
    line = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).one()
    assert (line.product_id, line.message, line.make_minutes) == (None, "Happy 40th Laila", 15)
    assert line.allergens["nuts"]["state"] == "contains"
    assert line.allergens["fish"]["state"] == "not_contained"
    assert session.scalars(select(PickupSlot.booked_minutes)).all() == [15]
    assert session.scalars(select(SoftHold.state)).all() == ["CONSUMED"]
    assert queries.softly_held(session, DAY, DAY) == {}
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.subject_id, str(entry.ip)) == (
        "custom_cake.approve",
        request.number,
        "203.0.113.5",
    )
    assert entry.before == {"status": "PENDING_REVIEW"}
    assert entry.after is not None and entry.after["price_cents"] == 24000
    decided = select(Outbox.args).where(Outbox.job == "jobs.custom_cakes.send_decision")
    assert session.scalars(decided).all() == [[request_id, request.version]]


def test_what_the_customer_avoids_stands_on_the_order_for_the_kitchen(session: Session) -> None:
    request_id = sent(allergies=["nuts"], diets=["vegan"], allergy_note="Anaphylaxis")
    decisions.approve(approval(request_id, row(request_id).version), staff())
    note = order_of(session, request_id).customer_note
    assert "MIND: vegan, nuts, Anaphylaxis" in note


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"price_cents": 0}, "price_cents"),
        ({"price_cents": -100}, "price_cents"),
        ({"price_cents": 10**8}, "price_cents"),
        ({"servings": 0}, "servings"),
        ({"starts_at": sydney("2026-12-06 10:00")}, "starts_at"),
        ({"expires_at": NOW - timedelta(hours=1)}, "expires_at"),
        ({"expires_at": AT + timedelta(hours=1)}, "expires_at"),
        ({"prediction": GUESS, "price_cents": 29_000}, "override_reason"),
        ({"prediction": GUESS, "servings": 20}, "override_reason"),
        ({"instructions": "x" * 1001}, "instructions"),
    ],
)
def test_what_cannot_be_promised_is_refused_and_leaves_nothing(
    session: Session, changes: dict[str, object], field: str
) -> None:
    request_id = sent()
    with pytest.raises(Invalid) as refused:
        decisions.approve(approval(request_id, row(request_id).version, **changes), staff())
    assert refused.value.field == field
    assert row(request_id).status == RequestStatus.PENDING_REVIEW
    assert [session.scalar(select(func.count()).select_from(each)) for each in (Order, AuditEntry)] == [0, 0]


@pytest.mark.parametrize("far", [{"price_cents": 40_000}, {"price_cents": 25_000, "servings": 18}])
def test_what_is_far_from_the_suggestion_needs_its_reason(session: Session, far: dict[str, int]) -> None:
    approved(prediction=GUESS, **far, override_reason="Sugar flowers by hand")
    assert session.scalars(select(Quote.override_reason)).all() == ["Sugar flowers by hand"]
    assert session.scalars(select(AuditEntry.reason)).all() == ["Sugar flowers by hand"]


def test_a_day_that_filled_up_between_request_and_approval_is_said_and_nothing_is_lost(
    session: Session,
) -> None:
    request_id = sent()
    slot = PickupSlotFactory(starts_at=AT, capacity_minutes=None, booked_minutes=390, booked_orders=1)
    with pytest.raises(SlotGone):
        decisions.approve(approval(request_id, row(request_id).version), staff())
    assert row(request_id).status == RequestStatus.PENDING_REVIEW
    assert queries.softly_held(session, DAY, DAY)[DAY].requests == 1
    session.refresh(slot)
    assert slot.booked_minutes == 390
    later = approval(request_id, row(request_id).version, starts_at=sydney("2026-12-05 11:00"))
    assert decisions.approve(later, staff())


def test_whoever_decides_on_an_old_page_is_told_who_was_faster() -> None:
    request_id = sent()
    seen = row(request_id).version
    decisions.reject(request_id, seen, staff("Karim"), "No time")
    with pytest.raises(Conflict, match=r"Karim was faster: request CC-.* is rejected now"):
        decisions.approve(approval(request_id, seen), staff())


@pytest.mark.parametrize("end", ["reject", "withdraw", "approve", "changes"])
def test_what_is_decided_is_not_decided_again(end: str) -> None:
    request_id = approved() if end == "approve" else sent()
    if end == "reject":
        decisions.reject(request_id, row(request_id).version, staff(), "No")
    elif end == "withdraw":
        services.withdraw(request_id, CUSTOMER)
    elif end == "changes":
        decisions.ask_for_changes(request_id, row(request_id).version, staff(), "Smaller")
    version = row(request_id).version
    with pytest.raises(InvalidTransition):
        decisions.approve(approval(request_id, version), staff())
    with pytest.raises(InvalidTransition):
        decisions.reject(request_id, version, staff(), "No")
    assert row(request_id).version == version


@pytest.mark.parametrize("decide", [decisions.reject, decisions.ask_for_changes])
def test_a_no_says_why(decide, session: Session) -> None:
    request_id = sent()
    version = row(request_id).version
    for reason, suggestion, field in (
        (" ", "", "reason"),
        ("x" * 1001, "", "reason"),
        ("a", "x" * 1001, "suggestion"),
    ):
        with pytest.raises(Invalid) as refused:
            decide(request_id, version, staff(), reason, suggestion)
        assert refused.value.field == field
    decide(request_id, version, staff(), "It would fall", "Three tiers")
    step = queries.read_file(session, row(request_id)).events[-1]
    assert (step.reason, step.suggestion) == ("It would fall", "Three tiers")
    with pytest.raises(NotFound):
        decide(10**9, 1, staff(), "It would fall")


@pytest.mark.parametrize(
    "change", ["UPDATE quote SET price_cents = 1", "DELETE FROM quote", "TRUNCATE quote, quote_acceptance"]
)
def test_a_quote_never_changes(session: Session, change: str) -> None:
    approved()
    with pytest.raises((IntegrityError, InternalError), match="append-only"), session.begin_nested():
        session.execute(text(change))


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 1},
        {"price_cents": -1},
        {"servings": 0},
        {"low_cents": None},
        {"model_version": None},
        {"low_cents": 26_000},
        {"high_cents": 24_000},
        {"design_hash": "x"},
        {"expires_at": NOW - timedelta(days=1)},
    ],
)
def test_the_database_refuses_a_quote_that_cannot_be(session: Session, changes: dict[str, object]) -> None:
    request_id = approved(prediction=GUESS)
    quote = queries.read_file(session, row(request_id)).quotes[0]
    values = {c.key: getattr(quote, c.key) for c in Quote.__table__.columns if c.key != "id"}
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add(Quote(**values | {"version": 2} | changes))
        session.flush()


def test_a_longer_promise_is_the_next_version_and_holds_the_slot_as_long(session: Session) -> None:
    request_id = approved(prediction=GUESS)
    until = NOW + timedelta(days=5)
    decisions.extend(request_id, row(request_id).version, until, staff())
    first, second = queries.read_file(session, row(request_id)).quotes
    assert (second.version, second.expires_at, second.price_cents) == (2, until, first.price_cents)
    assert (second.low_cents, second.design_hash) == (first.low_cents, first.design_hash)
    assert order_of(session, request_id).hold_expires_at == until
    for wrong in (until, AT + timedelta(hours=1)):
        with pytest.raises(Invalid):
            decisions.extend(request_id, row(request_id).version, wrong, staff())
    services.withdraw(request_id, CUSTOMER)
    with pytest.raises(InvalidTransition):
        decisions.extend(request_id, row(request_id).version, until + timedelta(hours=1), staff())


def test_taking_back_an_approved_request_cancels_its_order_and_frees_the_slot(session: Session) -> None:
    request_id = approved()
    services.withdraw(request_id, staff(), "Rang us", staff=True)
    assert order_of(session, request_id).status == OrderStatus.CANCELLED
    assert session.scalars(select(PickupSlot.booked_minutes)).all() == [0]
    assert "custom_cake.withdraw" in session.scalars(select(AuditEntry.action)).all()


def pay(session: Session, order_id: int) -> None:
    with transaction() as open_session:
        order = orders.lock_order(open_session, order_id)
        orders.change_payment_status(open_session, order, PaymentStatus.PAID)
        orders.confirm(open_session, order)


def test_a_paid_order_makes_the_request_paid_and_opens_its_tickets(session: Session) -> None:
    request_id = approved()
    order = order_of(session, request_id)
    assert services.follow_orders() == 0
    pay(session, order.id)
    assert services.follow_orders() == 1
    assert services.follow_orders() == 0
    assert row(request_id).status == RequestStatus.PAID
    assert open_tickets(order.id) == 3
    with pytest.raises(InvalidTransition):
        services.withdraw(request_id, CUSTOMER)
    # What was made for one customer is popular with nobody.
    assert popular_and_trending(session, clock.now())[0] == {}


def test_a_payment_a_moment_before_the_withdrawal_wins(session: Session) -> None:
    request_id = approved()
    pay(session, order_of(session, request_id).id)
    with pytest.raises(Conflict, match="has been paid"):
        services.withdraw(request_id, CUSTOMER)
    assert services.follow_orders() == 1


def test_a_quote_that_ran_out_frees_its_slot_and_a_late_payment_still_counts(session: Session) -> None:
    request_id = approved()
    order_id = order_of(session, request_id).id
    with clock.travel(NOW + timedelta(days=2, minutes=1)):
        assert expire_order(order_id)
        assert services.follow_orders() == 1
        assert row(request_id).status == RequestStatus.EXPIRED
        assert services.follow_orders() == 0
        assert session.scalars(select(PickupSlot.booked_minutes)).all() == [0]
        with transaction() as open_session:
            order = orders.lock_order(open_session, order_id)
            assert orders.retake_or_none(open_session, order) is not None
        pay(session, order_id)
        assert services.follow_orders() == 1
        assert row(request_id).status == RequestStatus.PAID
        assert session.scalars(select(PickupSlot.booked_minutes)).all() == [15]


def test_an_order_called_off_takes_the_request_along(session: Session) -> None:
    request_id = approved()
    with transaction() as open_session:
        order = orders.lock_order(open_session, row(request_id).order_id or 0)
        orders.cancel(open_session, order, staff(), "Closed that day")
    assert services.follow_orders() == 1
    assert row(request_id).status == RequestStatus.WITHDRAWN
