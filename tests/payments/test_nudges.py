"""The mail about a payment that is not finished: in a while, never while they are at it, twice at most."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra.db import db
from bakery.infra.models import Outbox
from bakery.integrations.adapters import Adapters
from bakery.integrations.mail.port import Mail
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.operations.attempts import CardOnFile
from bakery.payments.operations.tries import OF_ORDER
from jobs.outbox import handler
from tests.fakes.gateway import FakeGateway
from tests.fakes.mail import FakeMailer
from tests.payments import steps
from tests.payments.test_failed_payments import refuse

JOBS = ("jobs.nudges.look", "jobs.nudges.send")


@pytest.fixture
def mails(outside: Adapters, session: Session) -> list[Mail]:
    assert isinstance(outside.mailer, FakeMailer)
    return outside.mailer.sent


@contextmanager
def later(**time: int) -> Iterator[None]:
    """The clock goes on, and workers do what is due by then."""
    with clock.travel(clock.now() + timedelta(**time)):
        work()
        yield


def work() -> None:
    """Run what is due of these jobs, once each."""
    while True:
        query = select(Outbox).where(
            Outbox.job.in_(JOBS), Outbox.done_at.is_(None), Outbox.next_try_at <= clock.now()
        )
        row = db.session.scalars(query.order_by(Outbox.id).limit(1)).first()
        if row is None:
            return
        job, args, row.done_at = row.job, list(row.args), clock.now()
        db.session.commit()
        handler(job)(*args)


def test_a_page_that_was_left_is_told_of_in_a_while_with_the_way_back(
    order: Order, gateway: FakeGateway, mails: list[Mail]
) -> None:
    steps.open_page(order, gateway)
    with later(minutes=10):
        assert mails == []
    with later(minutes=13):
        [mail] = mails
    assert mail.to == order.contact_email
    assert mail.subject.startswith(f"Your payment was not finished: order {order.number} is held until ")
    for body in (mail.text, mail.html):
        assert f"/orders/{order.number}?key={order.secret}" in body and "Nothing was charged" in body
        assert "$105.50" in body
    with later(minutes=25):
        assert len(mails) == 1


def test_a_refused_card_is_told_with_its_reason_once(
    order: Order, gateway: FakeGateway, mails: list[Mail]
) -> None:
    steps.open_page(order, gateway)
    refuse(order, "card_declined", "insufficient_funds")
    refuse(order, "card_declined", "insufficient_funds")
    with later(minutes=4):
        assert mails == []
    with later(minutes=6):
        [mail] = mails
    assert mail.subject.startswith("Your payment did not go through")
    assert "The card did not have enough money on it." in mail.text
    with later(minutes=20):
        assert len(mails) == 1


def test_whoever_is_still_at_it_is_left_alone(order: Order, gateway: FakeGateway, mails: list[Mail]) -> None:
    steps.open_page(order, gateway)
    refuse(order)
    with later(minutes=4):
        refuse(order, "expired_card")
    with later(minutes=6):
        assert mails == []
    with later(minutes=10):
        assert len(mails) == 1 and "The card has expired." in mails[0].text


def test_never_after_it_is_paid(order: Order, gateway: FakeGateway, mails: list[Mail]) -> None:
    steps.open_page(order, gateway)
    refuse(order)
    steps.pay(order, gateway)
    with later(minutes=30):
        assert mails == []


def test_paid_between_the_decision_and_the_mail_nothing_is_sent(
    order: Order, gateway: FakeGateway, mails: list[Mail]
) -> None:
    steps.open_page(order, gateway)
    refuse(order)
    with clock.travel(clock.now() + timedelta(minutes=6)):
        assert services.look_at_unpaid(order.id)
        steps.pay(order, gateway)
        work()
    assert mails == []


def test_money_that_is_on_its_way_is_waited_for(
    order: Order, gateway: FakeGateway, mails: list[Mail]
) -> None:
    page = steps.open_page(order, gateway)
    paid = steps.an_event("checkout.session.completed", gateway.pay(str(page.session_id)).raw)
    services.record_event(paid)
    with later(minutes=13):
        assert mails == []


def test_a_charge_that_the_bank_has_taken_is_waited_for(
    order: Order, gateway: FakeGateway, mails: list[Mail]
) -> None:
    services.charge_saved_card(order.id, CardOnFile("cus_laila", "pm_good"), gateway, steps.BASE)
    with later(minutes=13):
        assert mails == []


def test_a_bank_that_was_not_answered_is_a_payment_not_finished(
    order: Order, gateway: FakeGateway, mails: list[Mail]
) -> None:
    services.charge_saved_card(order.id, CardOnFile("cus_laila", "pm_asks"), gateway, steps.BASE)
    with later(minutes=13):
        assert [mail.subject.partition(":")[0] for mail in mails] == ["Your payment was not finished"]


def test_the_job_run_twice_or_late_sends_one(order: Order, gateway: FakeGateway, mails: list[Mail]) -> None:
    steps.open_page(order, gateway)
    refuse(order)
    with clock.travel(clock.now() + timedelta(minutes=6)):
        for _ in range(3):
            services.look_at_unpaid(order.id)
        work()
        for _ in range(2):
            handler("jobs.nudges.send")(order.id, 1)
    assert len(mails) == 1


def test_another_try_later_is_told_once_more_and_never_a_third_time(
    order: Order, gateway: FakeGateway, mails: list[Mail]
) -> None:
    order.hold_expires_at = clock.now() + timedelta(hours=20)
    db.session.commit()
    start = clock.now()
    for hour, expected in ((0, 1), (2, 2), (4, 2)):
        with clock.travel(start + timedelta(hours=hour)):
            steps.open_page(order, gateway)
            refuse(order)
        with clock.travel(start + timedelta(hours=hour, minutes=45)):
            work()
            assert len(mails) == expected


def test_a_second_try_soon_after_the_first_mail_waits_for_its_turn(
    order: Order, gateway: FakeGateway, mails: list[Mail]
) -> None:
    order.hold_expires_at = clock.now() + timedelta(hours=20)
    db.session.commit()
    steps.open_page(order, gateway)
    refuse(order)
    with later(minutes=6):
        assert len(mails) == 1
        refuse(order, "expired_card")
    with later(minutes=15):
        assert len(mails) == 1
    with later(minutes=40):
        assert len(mails) == 2


def test_at_the_end_of_the_hold_nobody_is_written_to(
    order: Order, gateway: FakeGateway, mails: list[Mail]
) -> None:
    order.hold_expires_at = clock.now() + timedelta(minutes=7)
    db.session.commit()
    services.start_checkout(order.id, gateway, steps.BASE)
    db.session.get_one(Order, order.id).hold_expires_at = clock.now() + timedelta(minutes=7)
    db.session.commit()
    refuse(order)
    with later(minutes=6):
        assert mails == []


@pytest.mark.parametrize("status", ["EXPIRED", "CANCELLED"])
def test_of_an_order_that_is_over_nothing_is_said(
    order: Order, gateway: FakeGateway, mails: list[Mail], status: str
) -> None:
    steps.open_page(order, gateway)
    refuse(order)
    db.session.get_one(Order, order.id).status = status
    db.session.commit()
    with later(minutes=13):
        assert mails == []


def test_while_payments_are_paused_nobody_is_asked_to_pay(
    order: Order, gateway: FakeGateway, mails: list[Mail]
) -> None:
    steps.open_page(order, gateway)
    for _ in range(OF_ORDER):
        refuse(order)
    with later(minutes=6):
        assert mails == []
    with later(minutes=23):
        assert len(mails) == 1
