"""The job that looks after what is due: each step once, however often, late or cut short it runs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.money import Money
from bakery.integrations.adapters import Adapters
from bakery.messages.models import Message
from bakery.orders import services as orders
from bakery.orders.models import Order
from bakery.orders.queries import history
from bakery.payments.dispute_models import Dispute, DisputeState
from bakery.payments.models import TransactionKind
from bakery.payments.operations import ledger
from bakery.payments.services import balance
from bakery.shop.models import Shop
from jobs import balance as jobs
from jobs import orders as order_jobs
from tests.factories.scheduling import sydney
from tests.factories.shop import ShopFactory
from tests.fakes.gateway import FakeGateway
from tests.fakes.mail import FakeMailer
from tests.payments import rests, steps
from tests.payments.rests import DEPOSIT, REST, look, send_mails, state, taken, with_deposit

STAFF = Actor(None, "manager@saffron.test")


@pytest.fixture(autouse=True)
def shop(session: Session) -> Shop:
    return ShopFactory()


@pytest.fixture
def order(session: Session, gateway: FakeGateway) -> Order:
    return with_deposit(gateway)


@pytest.fixture
def mailer(outside: Adapters) -> FakeMailer:
    assert isinstance(outside.mailer, FakeMailer)
    return outside.mailer


def subjects(mailer: FakeMailer) -> list[str]:
    return [mail.subject.partition(": ")[2] for mail in mailer.sent]


def test_a_word_before_on_and_after_the_day_then_the_end(
    session: Session, order: Order, gateway: FakeGateway, mailer: FakeMailer
) -> None:
    assert look("2026-11-30 08:55", gateway) == {}
    for at, step in (
        ("2026-11-30 09:00", "remind_before"),
        ("2026-12-02 09:00", "remind_on_day"),
        ("2026-12-03 00:00", "overdue"),
        ("2026-12-04 00:00", "cancelled"),
    ):
        assert look(at, gateway) == {step: 1}
        assert look(at, gateway) == {}, "run twice"
        send_mails(at)
    assert taken(order) == ["remind_before", "remind_on_day", "overdue", "cancelled"]
    assert subjects(mailer) == [
        "$52.75 is due on Wednesday 2 December",
        "$52.75 is due today",
        "$52.75 is overdue",
    ]
    assert state(order)[0] == "CANCELLED"
    assert steps.owed("jobs.production.void_tickets") == [[order.id]]
    assert steps.owed("jobs.orders.send_cancellation") == [[order.id]]
    assert history(session, order.id)[-1].reason == "the rest was not paid in time"


def test_the_last_word_says_when_it_ends_and_what_is_kept(
    order: Order, gateway: FakeGateway, mailer: FakeMailer
) -> None:
    look("2026-12-03 00:00", gateway)
    send_mails("2026-12-03 00:01")
    [mail] = mailer.sent
    for shape in (mail.text, mail.html):
        assert "$52.75 of your order" in shape and "was due on Wednesday 2 December" in shape
        assert "Please pay it by Thu 3 Dec, 11:59 pm" in shape and "we have to cancel your order" in shape
        assert "$26.37 of the deposit is not given back" in shape
        assert f"http://localhost/orders/{order.number}?key={order.secret}" in shape


def test_no_reminder_leaves_after_it_is_paid(
    session: Session, order: Order, gateway: FakeGateway, mailer: FakeMailer
) -> None:
    """The mail was owed, and the money came before the worker did."""
    look("2026-11-30 09:00", gateway)
    with clock.travel(sydney("2026-11-30 09:01")):
        steps.open_page(order, gateway)
        steps.pay(order, gateway)
    send_mails("2026-11-30 09:02")
    assert mailer.sent == []
    [message] = session.query(Message).filter_by(template="balance_reminder").all()
    assert message.status == "SUPPRESSED"
    assert look("2026-12-10 09:00", gateway) == {}


def test_a_reminder_that_comes_late_does_not_say_what_is_over(
    order: Order, gateway: FakeGateway, mailer: FakeMailer
) -> None:
    look("2026-11-30 09:00", gateway)
    send_mails("2026-12-02 07:00")
    assert mailer.sent == []


def test_each_mail_is_sent_once(order: Order, gateway: FakeGateway, mailer: FakeMailer) -> None:
    look("2026-11-30 09:00", gateway)
    for _ in range(3):
        send_mails("2026-11-30 09:01")
    assert len(mailer.sent) == 1


@pytest.mark.parametrize("status", ["IN_PRODUCTION", "READY"])
def test_what_the_kitchen_has_begun_is_not_cancelled_staff_are_told(
    order: Order, gateway: FakeGateway, mailer: FakeMailer, status: str
) -> None:
    orders.move_order(order.id, "IN_PRODUCTION", STAFF)
    if status == "READY":
        orders.move_order(order.id, "READY", STAFF)
    assert look("2026-12-03 00:00", gateway) == {"overdue": 1}
    send_mails("2026-12-03 00:01")
    assert "cancel" not in mailer.sent[0].text
    assert look("2026-12-04 00:00", gateway) == {"told": 1}
    assert look("2026-12-04 00:05", gateway) == {}
    assert state(order)[0] == status
    [alert] = steps.alerts("balance_overdue")
    assert "$52.75" in alert.text and "The kitchen has begun it." in alert.text


def test_with_the_setting_off_staff_are_told_at_once_and_nothing_is_cancelled(
    session: Session, shop: Shop, order: Order, gateway: FakeGateway
) -> None:
    shop.balance_grace_hours = 0
    session.commit()
    assert look("2026-12-03 00:00", gateway) == {"overdue": 1}
    assert look("2026-12-03 00:05", gateway) == {"told": 1}
    assert look("2026-12-08 00:05", gateway) == {}
    assert state(order)[0] == "CONFIRMED"


def test_a_disputed_deposit_is_for_a_person(session: Session, order: Order, gateway: FakeGateway) -> None:
    session.add(
        Dispute(
            stripe_id="dp_1", order_id=order.id, payment_id=steps.latest(order).id, state=DisputeState.NEEDS_RESPONSE,
            reason="fraudulent", amount_cents=DEPOSIT, currency="AUD", opened_at=clock.now(),
        )
    )  # fmt: skip
    session.commit()
    look("2026-12-03 00:00", gateway)
    assert look("2026-12-04 00:00", gateway) == {"told": 1}


def test_an_order_from_before_a_day_was_said_is_left_alone(session: Session, gateway: FakeGateway) -> None:
    with_deposit(gateway, balance_due_at=None)
    assert look("2026-12-30 00:00", gateway) == {}


def test_what_was_handed_over_is_not_written_about(order: Order, gateway: FakeGateway) -> None:
    for status in ("IN_PRODUCTION", "READY", "COLLECTED"):
        orders.move_order(order.id, status, STAFF, owing_cents=REST)
    assert look("2026-12-30 00:00", gateway) == {}


def test_an_open_page_is_closed_before_the_end_and_who_has_paid_there_is_left_to_it(
    order: Order, gateway: FakeGateway
) -> None:
    look("2026-12-03 00:00", gateway)
    with clock.travel(sydney("2026-12-03 23:00")):
        page = steps.open_page(order, gateway)
        paid = gateway.pay(str(page.session_id))
    # Paid, and not told of yet: nothing is cancelled.
    assert look("2026-12-04 00:00", gateway) == {}
    with clock.travel(sydney("2026-12-04 00:01")):
        steps.tell("checkout.session.completed", paid.raw)
    assert state(order) == ("CONFIRMED", "PAID", 0)
    assert look("2026-12-04 00:05", gateway) == {}


def test_an_open_page_that_nobody_pays_on_is_closed_and_the_order_ends(
    order: Order, gateway: FakeGateway
) -> None:
    look("2026-12-03 00:00", gateway)
    with clock.travel(sydney("2026-12-03 23:59")):
        page = steps.open_page(order, gateway)
    assert look("2026-12-04 00:00", gateway) == {"cancelled": 1}
    assert gateway.sessions[str(page.session_id)].status == "expired"


def test_while_stripe_is_away_nothing_is_cancelled(order: Order, gateway: FakeGateway) -> None:
    look("2026-12-03 00:00", gateway)
    with clock.travel(sydney("2026-12-03 23:59")):
        steps.open_page(order, gateway)
    gateway.away = True
    assert look("2026-12-04 00:00", gateway) == {}
    assert state(order)[0] == "CONFIRMED"
    gateway.away = False
    assert look("2026-12-04 00:05", gateway) == {"cancelled": 1}


def test_one_order_that_fails_stops_no_other(
    order: Order, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = with_deposit(gateway)
    real = balance.look_after

    def failing(order_id: int, *outside: object) -> object:
        if order_id == order.id:
            raise RuntimeError("broken")
        return real(order_id, *outside)

    monkeypatch.setattr(balance, "look_after", failing)
    assert look("2026-11-30 09:00", gateway) == {"remind_before": 1}
    assert taken(other) == ["remind_before"]


def test_money_at_the_counter_ends_it(session: Session, order: Order, gateway: FakeGateway) -> None:
    look("2026-12-03 00:00", gateway)
    rest = Money(REST, "AUD")
    ledger.enter(session, ledger.Entry(order.id, TransactionKind.CASH, rest, "cash:1", actor=STAFF))
    session.commit()
    assert look("2026-12-04 00:00", gateway) == {}


def test_another_day_begins_anew(session: Session, order: Order, gateway: FakeGateway) -> None:
    """The pickup was moved by a week, and the day with it."""
    look("2026-11-30 09:00", gateway)
    order.balance_due_at = rests.DUE + timedelta(days=7)
    session.commit()
    assert look("2026-12-02 10:00", gateway) == {}
    assert look("2026-12-07 09:00", gateway) == {"remind_before": 1}


def test_what_was_done_is_never_changed(session: Session, order: Order, gateway: FakeGateway) -> None:
    look("2026-11-30 09:00", gateway)
    for change in ("UPDATE balance_event SET note = 'x'", "DELETE FROM balance_event"):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text(change))


def test_the_job_says_what_it_did(order: Order, outside: Adapters) -> None:
    with clock.travel(sydney("2026-11-30 09:00")):
        assert jobs.collect.__wrapped__() == "1 remind before"
        assert jobs.collect.__wrapped__() == "nothing to do"


def test_the_rest_that_came_in_is_told_once(order: Order, gateway: FakeGateway, mailer: FakeMailer) -> None:
    with clock.travel(sydney("2026-12-01 10:00")):
        steps.open_page(order, gateway)
        steps.pay(order, gateway)
        [args] = steps.owed("jobs.orders.send_payment_received")
        for _ in range(2):
            order_jobs.send_payment_received(*args)
    [mail] = mailer.sent
    assert mail.subject == f"Order {order.number}: we have received the rest"
    assert "$52.75 for your order" in mail.text and "Your order is paid in full" in mail.text
