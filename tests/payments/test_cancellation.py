"""Calling a paid order off: the promise made with it says what comes back, and a person confirms it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Invalid, InvalidTransition, NotFound
from bakery.infra.db import db
from bakery.infra.models import Outbox
from bakery.integrations.adapters import Adapters
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.refund_states import RefundKind, RefundSource
from bakery.payments.services import refund_requests
from bakery.payments.services.cancellation import Back, OtherTerms, cancel_own, read_back
from bakery.scheduling.models import PickupSlot
from bakery.stock.models import StockLevel
from tests.factories.catalog import make_cake
from tests.factories.checkout import place
from tests.factories.shop import make_open_shop
from tests.fakes.gateway import FakeGateway, refund_body
from tests.payments import refund_steps as refunds
from tests.payments import steps

STAFF, GUEST = Actor(None, "Zohra"), Actor(None, "customer", "198.51.100.4")
WEEK = [{"days": 7, "percent": 100}, {"days": 3, "percent": 50}]


@pytest.fixture
def order(session: Session, gateway: FakeGateway) -> Order:
    """A cake for 86.00 to be collected in ten days, off a shelf of five, paid."""
    make_open_shop(session)
    starts_at = place((make_cake(stock=5), 1)).pickup_at + timedelta(days=9)
    order = place((make_cake(stock=5), 1), starts_at=starts_at)
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    return steps.reread(order)


def terms(order: Order, tiers: list[dict[str, int]] | None, **more: int) -> None:
    """As if that had been promised with the order."""
    row = steps.reread(order)
    rest = {key: value for key, value in row.snapshot.items() if key != "cancellation"}
    row.snapshot = rest | ({"cancellation": {"tiers": tiers}} if tiers is not None else {}) | more
    db.session.commit()


def back(order: Order) -> Back:
    found = read_back(db.session(), steps.reread(order))
    db.session.rollback()
    return found


def own(order: Order) -> int | None:
    return cancel_own(order.id, GUEST, back(order).fingerprint)


def test_an_order_remembers_what_the_shop_promised_when_it_was_placed(order: Order) -> None:
    assert order.snapshot["cancellation"] == {"tiers": WEEK}


def test_a_week_before_all_of_it_comes_back_once_a_person_has_confirmed_it(
    order: Order, gateway: FakeGateway
) -> None:
    shown = back(order)
    assert (shown.percent, shown.amount.cents, shown.paid.cents) == (100, 8600, 8600)
    assert shown.simulation is not None and shown.simulation.slot_freed
    request_id = own(order)
    assert request_id is not None
    assert steps.reread(order).status == "CANCELLED"
    request = refunds.row(request_id)
    assert (request.source, request.kind, request.state) == (
        RefundSource.POLICY,
        RefundKind.CANCELLATION,
        "REQUESTED",
    )
    assert "was cancelled, and $86.00 of it is to come back" in steps.alerts("refund_asked")[0].text
    assert gateway.refunds == {}
    refund_requests.approve(request_id, refunds.who())
    services.run_refund(request_id, gateway)
    assert steps.reread(order).payment_status == "REFUNDED"


def test_the_slot_is_free_the_kitchen_and_the_customer_are_told_and_the_cake_is_not_sold_again(
    order: Order, session: Session
) -> None:
    own(order)
    assert session.scalars(select(PickupSlot.booked_orders).where(PickupSlot.id == order.slot_id)).one() == 0
    owed = set(session.scalars(select(Outbox.job)))
    assert {"jobs.production.void_tickets", "jobs.orders.send_cancellation"} <= owed
    assert 4 in session.scalars(select(StockLevel.on_hand)).all()


@pytest.mark.parametrize(("days_before", "cents"), [(7, 8600), (6, 4300), (3, 4300)])
def test_later_less_comes_back_by_the_shops_own_days(order: Order, days_before: int, cents: int) -> None:
    with clock.travel(order.pickup_at - timedelta(days=days_before)):
        request_id = own(order)
        assert request_id is not None and refunds.row(request_id).amount_cents == cents


def test_too_late_nothing_comes_back_and_nobody_is_asked(order: Order) -> None:
    with clock.travel(order.pickup_at - timedelta(days=2)):
        shown = back(order)
        assert (shown.percent, shown.amount.cents, shown.simulation) == (0, 0, None)
        assert own(order) is None
    assert steps.reread(order).status == "CANCELLED"
    assert steps.alerts("refund_asked") == []
    assert steps.reread(order).held_cents == 8600


def test_what_was_agreed_to_stay_stays(order: Order) -> None:
    terms(order, WEEK, deposit_kept_cents=2000)
    shown = back(order)
    assert (shown.amount.cents, shown.kept.cents) == (6600, 2000)


def test_an_order_of_before_promised_nothing_so_a_person_says_how_much(
    order: Order, gateway: FakeGateway
) -> None:
    terms(order, None)
    shown = back(order)
    assert (shown.percent, shown.amount.cents) == (None, 8600)
    assert own(order) is not None


def test_what_comes_back_is_what_was_shown_or_nothing_is_cancelled(order: Order) -> None:
    shown = back(order)
    with clock.travel(order.pickup_at - timedelta(days=5)):
        with pytest.raises(OtherTerms) as other:
            cancel_own(order.id, GUEST, shown.fingerprint)
        assert other.value.now.amount.cents == 4300
        assert steps.reread(order).status == "CONFIRMED"
        cancel_own(order.id, GUEST, other.value.now.fingerprint)


def test_after_a_refund_the_share_is_of_what_is_left(order: Order, gateway: FakeGateway) -> None:
    refunds.refunded(order, gateway, refunds.amount(1600))
    with clock.travel(order.pickup_at - timedelta(days=5)):
        assert back(order).amount.cents == 3500


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("IN_PRODUCTION", "making your order"),
        ("READY", "is made"),
        ("COLLECTED", "collected"),
        ("CANCELLED", "already"),
        ("EXPIRED", "never paid"),
        ("PENDING_PAYMENT", "not paid"),
    ],
)
def test_what_is_made_or_over_is_not_called_off_by_its_customer(order: Order, status: str, said: str) -> None:
    seen = back(order).fingerprint
    steps.reread(order).status = status
    db.session.commit()
    with pytest.raises(Conflict, match=said):
        cancel_own(order.id, GUEST, seen)


def test_when_its_time_has_come_it_is_too_late(order: Order) -> None:
    with clock.travel(order.pickup_at), pytest.raises(Conflict, match="time to collect"):
        own(order)


def test_pressed_twice_it_is_cancelled_once(order: Order) -> None:
    seen = back(order).fingerprint
    cancel_own(order.id, GUEST, seen)
    with pytest.raises(Conflict, match="already"):
        cancel_own(order.id, GUEST, seen)


# Staff


def test_staff_cancel_and_the_promise_says_what_comes_back(order: Order) -> None:
    request_id = services.cancel_with_refund(order.id, STAFF, "the oven broke")
    assert request_id is not None
    request = refunds.row(request_id)
    assert (request.amount_cents, request.source, request.asked_by) == (8600, "policy", "Zohra")


@pytest.mark.parametrize(
    ("how", "cents", "source"),
    [
        ({"amount_cents": 5000}, 5000, "staff"),
        ({"share": 25}, 2150, "policy"),
        ({"share": 100}, 8600, "policy"),
    ],
)
def test_staff_and_other_rules_may_say_otherwise(
    order: Order, how: dict[str, int], cents: int, source: str
) -> None:
    request_id = services.cancel_with_refund(order.id, STAFF, "the oven broke", **how)
    assert request_id is not None
    assert (refunds.row(request_id).amount_cents, refunds.row(request_id).source) == (cents, source)


@pytest.mark.parametrize("how", [{"amount_cents": 0}, {"share": 0}])
def test_nothing_may_come_back(order: Order, how: dict[str, int]) -> None:
    assert services.cancel_with_refund(order.id, STAFF, "nobody paid the rest", **how) is None
    assert steps.reread(order).status == "CANCELLED"


@pytest.mark.parametrize("cents", [-1, 8601, 10**12])
def test_more_than_was_paid_is_refused_and_nothing_is_cancelled(order: Order, cents: int) -> None:
    with pytest.raises(Invalid):
        services.cancel_with_refund(order.id, STAFF, "the oven broke", amount_cents=cents)
    assert steps.reread(order).status == "CONFIRMED"


def test_a_share_that_is_none_is_a_fault(order: Order) -> None:
    with pytest.raises(ValueError, match="share"):
        services.cancel_with_refund(order.id, STAFF, "the oven broke", share=101)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_staff_say_why(order: Order, reason: str) -> None:
    with pytest.raises(Invalid):
        services.cancel_with_refund(order.id, STAFF, reason)


def test_an_unpaid_order_is_cancelled_and_asks_for_nothing(session: Session) -> None:
    order = steps.pending()
    assert services.cancel_with_refund(order.id, STAFF, "wrong number") is None
    assert steps.alerts("refund_asked") == []
    with pytest.raises(InvalidTransition):
        services.cancel_with_refund(order.id, STAFF, "again")
    with pytest.raises(NotFound):
        services.cancel_with_refund(77, STAFF, "no such thing")


def test_an_open_page_is_closed_with_it(session: Session, gateway: FakeGateway) -> None:
    order = steps.pending()
    page = steps.open_page(order, gateway)
    services.cancel_with_refund(order.id, STAFF, "wrong number")
    assert steps.owed("jobs.payments.close_session") == [[page.id]]


def test_what_was_on_the_shelf_goes_back_there_only_when_told(
    order: Order, session: Session, outside: Adapters
) -> None:
    services.cancel_with_refund(order.id, STAFF, "rang us", restock=True)
    assert set(session.scalars(select(StockLevel.on_hand))) == {5}


def test_a_declined_cancellation_is_told_to_its_customer(order: Order) -> None:
    request_id = services.cancel_with_refund(order.id, STAFF, "the oven broke", amount_cents=5000)
    assert request_id is not None
    refund_requests.reject(request_id, refunds.who(), "You had it from us in cash already")
    assert steps.owed("jobs.refunds.send_declined") == [[request_id]]


def test_of_what_was_promised_the_rest_comes_back_where_a_part_has_gone_another_way(
    order: Order, gateway: FakeGateway
) -> None:
    request_id = services.cancel_with_refund(order.id, STAFF, "the oven broke")
    assert request_id is not None and refunds.row(request_id).amount_cents == 8600
    # Meanwhile somebody gives a part of it back in Stripe's dashboard.
    intent = str(steps.latest(order).payment_intent_id)
    steps.tell("refund.updated", refund_body("re_dash", intent, 7000))
    asked = refund_requests.approve(request_id, refunds.who())
    assert asked.state == "APPROVED" and refunds.row(request_id).amount_cents == 1600
    services.run_refund(request_id, gateway)
    assert (steps.reread(order).held_cents, refunds.row(request_id).state) == (0, "SUCCEEDED")
