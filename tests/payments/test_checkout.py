"""Opening the page where an order is paid."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.errors import Unavailable
from bakery.infra.db import db
from bakery.infra.transaction import transaction
from bakery.integrations.gateway.port import CheckoutItem
from bakery.orders.models import Order, OrderLine
from bakery.payments import services
from bakery.payments.models import Payment, PaymentState
from bakery.payments.operations.attempts import GRACE, PATIENCE, NotPayable
from tests.fakes.gateway import FakeGateway
from tests.payments import steps
from tests.payments.steps import BASE


class Killed(BaseException):
    """The process dies here."""


def test_the_page_asks_for_exactly_the_order_and_names_it(order: Order, gateway: FakeGateway) -> None:
    url = services.start_checkout(order.id, gateway, BASE)
    payment = steps.latest(order)
    request, made = next(iter(gateway.by_key.values()))
    assert url == made.url == payment.url
    assert (payment.state, payment.session_id) == (PaymentState.OPEN, made.id)
    assert (payment.amount_cents, payment.currency) == (order.total_cents, "AUD")
    assert made.amount_cents == order.total_cents == 8600 + 3 * 650
    assert [(item.amount_cents, item.quantity) for item in request.items] == [(8600, 1), (650, 3)]
    assert request.items[0].description == "Happy 40th Laila"
    assert (request.order_number, request.payment_id) == (order.number, payment.id)
    assert request.customer_email == order.contact_email


def test_the_addresses_to_return_to_do_not_carry_the_orders_secret(
    order: Order, gateway: FakeGateway
) -> None:
    services.start_checkout(order.id, gateway, BASE)
    request, _ = next(iter(gateway.by_key.values()))
    assert request.success_url == f"{BASE}/orders/{order.number}?paid=1"
    assert request.cancel_url == f"{BASE}/orders/{order.number}?paid=0"
    assert order.secret not in request.success_url + request.cancel_url


def test_the_page_closes_before_what_is_held_is_given_back(order: Order, gateway: FakeGateway) -> None:
    before = clock.now()
    payment = steps.open_page(order, gateway)
    order = steps.reread(order)
    assert payment.expires_at is not None
    assert before + timedelta(minutes=30) < payment.expires_at < before + timedelta(hours=24)
    assert payment.expires_at + GRACE <= order.hold_expires_at


def test_a_long_hold_gives_a_long_page_within_a_day(session: Session, gateway: FakeGateway) -> None:
    order = steps.pending(hold_expires_at=clock.now() + timedelta(hours=30))
    payment = steps.open_page(order, gateway)
    assert payment.expires_at is not None
    assert timedelta(hours=23) < payment.expires_at - clock.now() < timedelta(hours=24)


def test_a_second_click_leads_to_the_same_page(order: Order, gateway: FakeGateway) -> None:
    first = services.start_checkout(order.id, gateway, BASE)
    assert services.start_checkout(order.id, gateway, BASE) == first
    assert len(gateway.sessions) == 1


def test_when_stripe_is_away_the_customer_is_told_and_the_next_click_opens_the_page(
    order: Order, gateway: FakeGateway
) -> None:
    gateway.away = True
    with pytest.raises(Unavailable, match="nothing was charged"):
        services.start_checkout(order.id, gateway, BASE)
    assert steps.latest(order).state == PaymentState.CREATED
    assert steps.reread(order).status == "PENDING_PAYMENT"
    gateway.away = False
    services.start_checkout(order.id, gateway, BASE)
    assert len(db.session.scalars(select(Payment)).all()) == 1


def test_a_page_that_is_open_is_still_reached_when_stripe_is_away(order: Order, gateway: FakeGateway) -> None:
    first = services.start_checkout(order.id, gateway, BASE)
    gateway.away = True
    assert services.start_checkout(order.id, gateway, BASE) == first


def test_a_process_killed_between_call_and_record_leaves_one_page_that_the_next_try_finds(
    order: Order, gateway: FakeGateway
) -> None:
    def die() -> None:
        raise Killed

    gateway.interrupt = die
    with pytest.raises(Killed):
        services.start_checkout(order.id, gateway, BASE)
    left = steps.latest(order)
    assert (left.state, left.session_id) == (PaymentState.CREATED, None)
    url = services.start_checkout(order.id, gateway, BASE)
    assert len(gateway.sessions) == 1
    assert url == next(iter(gateway.sessions.values())).url
    assert steps.latest(order).session_id in gateway.sessions


def test_stripe_is_called_outside_any_transaction(order: Order, gateway: FakeGateway) -> None:
    def look() -> None:
        with transaction() as inner:  # would refuse to nest
            assert inner.get_one(Payment, steps.latest(order).id).state == PaymentState.CREATED

    gateway.interrupt = look
    services.start_checkout(order.id, gateway, BASE)
    assert gateway.interrupt is None


def test_a_page_that_ran_out_gives_way_to_a_new_one_and_the_hold_follows(
    order: Order, gateway: FakeGateway
) -> None:
    first = steps.open_page(order, gateway)
    assert first.expires_at is not None
    first_id, first_hold = first.id, steps.reread(order).hold_expires_at
    with clock.travel(first.expires_at + timedelta(minutes=1)):
        second = steps.open_page(order, gateway)
        assert second.id != first_id and second.expires_at is not None
        assert steps.reread(order).hold_expires_at == second.expires_at + GRACE > first_hold
    assert db.session.get_one(Payment, first_id).state == PaymentState.EXPIRED


def test_a_page_closed_at_stripe_gives_way_to_a_new_one(order: Order, gateway: FakeGateway) -> None:
    first = steps.open_page(order, gateway)
    first_id = first.id
    gateway.close(str(first.session_id))
    assert steps.open_page(order, gateway).id != first_id
    assert db.session.get_one(Payment, first_id).state == PaymentState.EXPIRED


def test_a_page_about_to_close_gives_way_to_a_new_one_and_is_closed_for_good(
    order: Order, gateway: FakeGateway
) -> None:
    first = steps.open_page(order, gateway)
    first_id, closes = first.id, first.expires_at
    assert closes is not None
    with clock.travel(closes - timedelta(minutes=1)):
        assert steps.open_page(order, gateway).id != first_id
        services.close_session(first_id, gateway)
    assert steps.owed("jobs.payments.close_session") == [[first_id]]
    assert [page.status for page in gateway.sessions.values()] == ["expired", "open"]


def test_a_page_that_stripe_does_not_know_gives_way_to_a_new_one(order: Order, gateway: FakeGateway) -> None:
    first_id = steps.open_page(order, gateway).id
    gateway.sessions.clear()
    assert steps.open_page(order, gateway).id != first_id


def test_trying_again_does_not_hold_a_cake_for_ever(session: Session, gateway: FakeGateway) -> None:
    start = clock.now()
    order = steps.pending(placed_at=start - PATIENCE - timedelta(minutes=1))
    order_row = db.session.get_one(Order, order.id)
    order_row.hold_expires_at = start + timedelta(minutes=10)
    db.session.commit()
    with pytest.raises(NotPayable, match="order anew"):
        services.start_checkout(order.id, gateway, BASE)
    assert gateway.sessions == {}


def test_going_back_after_paying_leads_to_the_order_and_not_to_a_second_page(
    order: Order, gateway: FakeGateway
) -> None:
    payment = steps.open_page(order, gateway)
    gateway.pay(str(payment.session_id))  # and its event is still on its way
    assert services.start_checkout(order.id, gateway, BASE) == f"{BASE}/orders/{order.number}?paid=1"
    assert len(gateway.sessions) == 1


@pytest.mark.parametrize("status", ["CONFIRMED", "READY", "EXPIRED", "CANCELLED"])
def test_an_order_that_is_not_waiting_for_money_is_refused(
    session: Session, gateway: FakeGateway, status: str
) -> None:
    order = steps.pending(status=status, payment_status="PAID")
    with pytest.raises(NotPayable):
        services.start_checkout(order.id, gateway, BASE)
    assert gateway.calls == []


def test_an_order_whose_time_ran_out_is_refused(order: Order, gateway: FakeGateway) -> None:
    with clock.travel(order.hold_expires_at), pytest.raises(NotPayable, match="run out"):
        services.start_checkout(order.id, gateway, BASE)
    assert gateway.calls == []


def test_nobody_pays_once_the_pickup_has_passed(order: Order, gateway: FakeGateway) -> None:
    order.hold_expires_at = order.pickup_at + timedelta(hours=1)
    with clock.travel(order.pickup_at), pytest.raises(NotPayable, match="run out"):
        services.start_checkout(order.id, gateway, BASE)
    assert gateway.calls == []


def test_a_refusal_ends_the_attempt_tells_the_staff_and_the_next_try_is_a_new_one(
    order: Order, gateway: FakeGateway
) -> None:
    gateway.refusing = "api_key_expired"
    with pytest.raises(Unavailable):
        services.start_checkout(order.id, gateway, BASE)
    failed = steps.latest(order)
    failed_id = failed.id
    assert failed.state == PaymentState.FAILED
    assert [alert.subject_ref for alert in steps.alerts("payment_page_refused")] == [order.ref]
    gateway.refusing = ""
    assert steps.open_page(order, gateway).id != failed_id


def test_an_interrupted_attempt_that_stripe_refuses_to_finish_gives_way_within_one_click(
    order: Order, gateway: FakeGateway
) -> None:
    def die() -> None:
        raise Killed

    gateway.interrupt = die
    with pytest.raises(Killed):
        services.start_checkout(order.id, gateway, BASE)
    # Another address of the shop: not the same request any more.
    url = services.start_checkout(order.id, gateway, "https://saffron.test")
    assert url == steps.latest(order).url
    assert steps.latest(order).state == PaymentState.OPEN
    assert steps.alerts() == []


def test_an_order_cancelled_while_stripe_was_asked_is_not_paid_for(
    order: Order, gateway: FakeGateway
) -> None:
    def cancel() -> None:
        with transaction() as inner:
            inner.get_one(Order, order.id).status = "CANCELLED"

    gateway.interrupt = cancel
    with pytest.raises(NotPayable, match="cancelled"):
        services.start_checkout(order.id, gateway, BASE)
    payment = steps.latest(order)
    assert steps.owed("jobs.payments.close_session") == [[payment.id]]
    services.close_session(payment.id, gateway)
    assert gateway.sessions[str(payment.session_id)].status == "expired"
    assert steps.latest(order).state == PaymentState.EXPIRED


def test_closing_a_page_that_was_paid_meanwhile_leaves_it_to_its_event(
    order: Order, gateway: FakeGateway
) -> None:
    payment = steps.open_page(order, gateway)
    gateway.pay(str(payment.session_id))
    services.cancel_attempt(order.id)
    services.close_session(payment.id, gateway)
    assert steps.latest(order).state == PaymentState.OPEN


def test_an_order_with_nothing_to_pay_makes_no_call_to_stripe(session: Session, gateway: FakeGateway) -> None:
    order = steps.pending(total_cents=0, tax_cents=0, status="CONFIRMED", payment_status="PAID")
    assert services.start_checkout(order.id, gateway, BASE) == f"{BASE}/orders/{order.number}?paid=1"
    assert gateway.calls == [] and steps.latest(order) is None


def test_a_discounted_line_is_asked_for_as_a_whole(order: Order, gateway: FakeGateway) -> None:
    line = db.session.scalars(
        select(OrderLine).where(OrderLine.order_id == order.id, OrderLine.quantity == 3)
    ).one()
    line.discount_cents, line.total_cents = 100, 3 * 650 - 100
    db.session.get_one(Order, order.id).total_cents -= 100
    db.session.commit()
    services.start_checkout(order.id, gateway, BASE)
    request, made = next(iter(gateway.by_key.values()))
    assert request.items[1].name.startswith("3 × ")
    assert (request.items[1].amount_cents, request.items[1].quantity) == (1850, 1)
    assert made.amount_cents == steps.reread(order).total_cents


def test_tax_on_top_is_a_line_of_its_own(order: Order, gateway: FakeGateway) -> None:
    row = db.session.get_one(Order, order.id)
    row.prices_include_tax, row.tax_cents = False, 1055
    row.total_cents += 1055
    db.session.commit()
    services.start_checkout(order.id, gateway, BASE)
    request, made = next(iter(gateway.by_key.values()))
    assert request.items[-1] == CheckoutItem("Tax", 1055, 1)
    assert made.amount_cents == steps.reread(order).total_cents


def test_lines_that_do_not_add_up_are_never_asked_for(order: Order, gateway: FakeGateway) -> None:
    db.session.get_one(Order, order.id).total_cents = 5000
    db.session.commit()
    services.start_checkout(order.id, gateway, BASE)
    request, _ = next(iter(gateway.by_key.values()))
    assert request.items == [CheckoutItem(f"Order {order.number}", 5000, 1)]
