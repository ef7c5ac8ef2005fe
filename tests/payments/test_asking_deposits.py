"""Staff turn an unpaid order into one that its deposit orders: what it asks, what is refused, what is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Invalid, Unavailable
from bakery.infra.db import db
from bakery.integrations.adapters import Adapters
from bakery.orders.models import Order
from bakery.orders.queries import get_order
from bakery.orders.services import abandon_order, expire_order
from bakery.payments import services
from bakery.payments.models import EventOutcome
from bakery.people.models import AuditEntry
from bakery.pricing.deposit import Rule
from jobs.orders import send_deposit_asked
from tests.custom_cakes.offers import accept, offered, order_of
from tests.factories.catalog import make_cake
from tests.factories.checkout import place
from tests.factories.shop import make_open_shop
from tests.fakes.gateway import FakeGateway
from tests.fakes.mail import FakeMailer
from tests.payments import steps

STAFF = Actor(None, "manager@saffron.test")
HALF = Rule(percent=50)
NOW = datetime.fromisoformat("2026-11-21T00:00:00+00:00")  # Saturday, eleven in Sydney
PICKUP = datetime.fromisoformat("2026-12-04T23:00:00+00:00")  # Saturday the 5th, ten


@pytest.fixture(autouse=True)
def open_shop(session: Session) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(session, capacity_minutes=400)
        yield


@pytest.fixture
def order(session: Session) -> Order:
    """A walnut cake of 86.00 for Saturday in two weeks."""
    return place((make_cake(stock=5), 1), starts_at=PICKUP)


def ask(order: Order, gateway: FakeGateway, rule: Rule = HALF) -> Order:
    services.ask_deposit(order.id, rule, STAFF, gateway)
    return steps.reread(order)


def test_half_of_it_is_asked_first_and_the_rest_three_days_before(order: Order, gateway: FakeGateway) -> None:
    assert (order.deposit_cents, order.balance_due_at) == (0, None)
    asked = ask(order, gateway)
    assert (asked.deposit_cents, asked.deposit_kept_cents, asked.rest.cents) == (4_300, 2_150, 4_300)
    assert asked.balance_due_on and asked.balance_due_on.isoformat() == "2026-12-02"
    assert asked.snapshot["deposit_kept_cents"] == 2_150
    assert asked.deposit_wording == (
        "You pay $43.00 now as a deposit, and the remaining $43.00 by Wednesday 2 December 2026. If you cancel, or the "
        "rest is not paid in time and the order is cancelled, $21.50 of the deposit is not given back. By the "
        "cancellation terms, of what you paid comes back (never that part): all until 7 days before the pickup, 50 % "
        "until 3 days before, nothing after."
    )
    page = steps.open_page(order, gateway)
    assert (page.kind, page.amount_cents) == ("deposit", 4_300)
    steps.pay(order, gateway)
    paid = steps.reread(order)
    assert (paid.status, paid.payment_status, paid.due_later.cents) == ("CONFIRMED", "DEPOSIT_PAID", 4_300)


def test_a_fixed_amount_and_back_to_everything(order: Order, gateway: FakeGateway) -> None:
    assert ask(order, gateway, Rule(cents=2_001)).deposit_cents == 2_001
    back = ask(order, gateway, Rule(percent=100))
    assert (back.deposit_cents, back.deposit_kept_cents, back.balance_due_at, back.deposit_wording) == (
        0,
        0,
        None,
        "",
    )
    assert steps.open_page(order, gateway).kind == "full"


def test_the_customer_gets_the_link_and_a_day_to_use_it(
    session: Session, order: Order, gateway: FakeGateway, outside: Adapters
) -> None:
    held = order.hold_expires_at
    ask(order, gateway)
    assert steps.reread(order).hold_expires_at > held + timedelta(hours=23)
    [args] = steps.owed("jobs.orders.send_deposit_asked")
    send_deposit_asked(*args)
    assert isinstance(outside.mailer, FakeMailer)
    [mail] = outside.mailer.sent
    assert mail.subject == f"Order {order.number}: $43.00 to order it"
    assert order.deposit_wording in mail.text and f"/orders/{order.number}?key={order.secret}" in mail.text
    [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "order.ask deposit"))
    assert (entry.before["deposit_cents"], entry.after["deposit_cents"]) == (0, 4_300)


def test_a_mail_for_an_order_that_is_paid_meanwhile_stays_here(
    order: Order, gateway: FakeGateway, outside: Adapters
) -> None:
    ask(order, gateway)
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    send_deposit_asked(*steps.owed("jobs.orders.send_deposit_asked")[0])
    assert isinstance(outside.mailer, FakeMailer) and outside.mailer.sent == []


def test_an_open_page_is_closed_first(order: Order, gateway: FakeGateway) -> None:
    page = steps.open_page(order, gateway)
    ask(order, gateway)
    assert gateway.sessions[str(page.session_id)].status == "expired"
    assert steps.open_page(order, gateway).amount_cents == 4_300


def test_nothing_changes_while_the_customer_pays(order: Order, gateway: FakeGateway) -> None:
    page = steps.open_page(order, gateway)
    paid = gateway.pay(str(page.session_id))
    with pytest.raises(Conflict, match="is paying at this moment"):
        ask(order, gateway)
    steps.tell("checkout.session.completed", paid.raw)
    found = steps.reread(order)
    assert (found.payment_status, found.deposit_cents) == ("PAID", 0)
    with pytest.raises(Conflict, match="paid or over"):
        ask(order, gateway)


def test_nothing_changes_while_stripe_cannot_be_told(order: Order, gateway: FakeGateway) -> None:
    steps.open_page(order, gateway)
    gateway.away = True
    with pytest.raises(Unavailable, match="Nothing was changed"):
        ask(order, gateway)
    assert steps.reread(order).deposit_cents == 0


def test_everything_paid_on_a_page_that_outlived_the_change_counts_as_everything(
    session: Session, order: Order, gateway: FakeGateway
) -> None:
    page = steps.open_page(order, gateway)
    ask(order, gateway)
    assert (
        steps.tell("checkout.session.completed", gateway.pay(str(page.session_id)).raw)
        == EventOutcome.APPLIED
    )
    found = steps.reread(order)
    assert (found.status, found.payment_status, found.due.cents) == ("CONFIRMED", "PAID", 0)


def test_another_deposit_paid_on_an_old_page_is_for_a_person(order: Order, gateway: FakeGateway) -> None:
    ask(order, gateway)
    page = steps.open_page(order, gateway)
    ask(order, gateway, Rule(percent=30))
    assert (
        steps.tell("checkout.session.completed", gateway.pay(str(page.session_id)).raw)
        == EventOutcome.FLAGGED
    )
    assert steps.reread(order).payment_status == "UNPAID"
    assert len(steps.alerts("stripe_event")) == 1


@pytest.mark.parametrize("rule", [Rule(cents=49), Rule(cents=8_551), Rule(cents=99_999)])
def test_a_part_that_no_card_can_pay_is_refused(order: Order, gateway: FakeGateway, rule: Rule) -> None:
    with pytest.raises(Invalid, match="under 50 cents") as refused:
        ask(order, gateway, rule)
    assert refused.value.field == "amount"


def test_where_the_rest_would_be_due_by_now_it_is_due_at_the_pickup(
    session: Session, gateway: FakeGateway
) -> None:
    soon = place((make_cake(stock=5), 1), starts_at=PICKUP - timedelta(days=12))
    asked = ask(soon, gateway)
    assert asked.balance_due_at == asked.pickup_at and asked.asks_deposit
    with clock.travel(soon.pickup_at - timedelta(hours=1)):
        # On the day itself everything is due.
        assert not asked.asks_deposit and asked.first_payment == asked.total


def test_an_order_for_today_is_paid_at_once(session: Session, gateway: FakeGateway) -> None:
    today = place((make_cake(stock=5, lead_time_hours=0), 1), starts_at=NOW + timedelta(hours=4))
    with pytest.raises(Conflict, match="collected today"):
        ask(today, gateway)


def test_an_order_that_is_over_is_refused(order: Order, gateway: FakeGateway) -> None:
    with clock.travel(order.hold_expires_at + timedelta(seconds=1)):
        with pytest.raises(Conflict, match="run out"):
            ask(order, gateway)
        expire_order(order.id)
        with pytest.raises(Conflict, match="paid or over"):
            ask(order, gateway)


def test_a_cancelled_order_is_refused(order: Order, gateway: FakeGateway) -> None:
    abandon_order(order.id, STAFF)
    with pytest.raises(Conflict, match="paid or over"):
        ask(order, gateway)


def test_an_offer_may_change_until_it_is_accepted(session: Session, gateway: FakeGateway) -> None:
    wish = offered(percent=30)
    held = order_of(wish).hold_expires_at
    asked = ask(order_of(wish), gateway, Rule(percent=20))
    assert (asked.deposit_cents, asked.hold_expires_at) == (4_800, held)
    accept(wish)
    with pytest.raises(Conflict, match="accepted the offer"):
        ask(order_of(wish), gateway)


def test_the_database_keeps_the_deposit_once_somebody_pays(
    session: Session, order: Order, gateway: FakeGateway
) -> None:
    change = "UPDATE shop_order SET deposit_cents = 2000"
    with session.begin_nested() as undone:
        session.execute(text(change))
        undone.rollback()
    page = steps.open_page(order, gateway)
    for again in (change, "UPDATE shop_order SET deposit_cents = 2000, deposit_kept_cents = 7"):
        with pytest.raises(DBAPIError, match="never changes"), session.begin_nested():
            session.execute(text(again))
    gateway.close(str(page.session_id))
    services.close_session(page.id, gateway)
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    with pytest.raises(DBAPIError, match="never changes"), session.begin_nested():
        session.execute(text(change))


@pytest.mark.parametrize("kept", [-1, 4_301])
def test_the_database_refuses_to_keep_more_than_the_deposit(
    session: Session, order: Order, gateway: FakeGateway, kept: int
) -> None:
    ask(order, gateway)
    with pytest.raises(DBAPIError, match="deposit_kept_sane"), session.begin_nested():
        session.execute(text(f"UPDATE shop_order SET deposit_kept_cents = {kept}"))


def test_staff_see_it_in_the_history(session: Session, order: Order, gateway: FakeGateway) -> None:
    ask(order, gateway)
    assert get_order(session, order.id).version > 1
    notes = [step for step in steps.steps(order) if step[0] == "note"]
    assert len(notes) == 1


def test_stripe_takes_no_longer_description_than_it_has_room_for(order: Order, gateway: FakeGateway) -> None:
    asked = ask(order, gateway)
    asked.deposit_wording += f" {'And one more tier. ' * 20}"
    db.session.commit()
    steps.open_page(order, gateway)
    request, _ = next(iter(gateway.by_key.values()))
    [item] = request.items
    assert len(item.description) <= 500 and item.description.endswith("And one more tier.")
    assert "is not given back." in item.description
