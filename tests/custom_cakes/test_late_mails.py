"""Mails about a cake that go late, twice, or after a worker was killed: still true, still once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.custom_cakes import services
from bakery.infra.transaction import transaction
from bakery.integrations.adapters import Adapters
from bakery.integrations.mail.port import MailFailed
from bakery.messages.models import Message, MessageStatus, StaffAlert
from bakery.orders import operations as orders
from bakery.orders.states import PaymentStatus
from jobs import cake_mails
from jobs import custom_cakes as jobs
from jobs.outbox import run
from tests.custom_cakes.deliveries import BAKERY, CUSTOMER, approved, deliver, mails_to, owed
from tests.custom_cakes.requests import NOW, row, sending
from tests.factories.shop import make_open_shop


@pytest.fixture(autouse=True)
def open_shop(session: Session) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(session, capacity_minutes=400)
        yield


def test_news_that_is_overtaken_is_never_told(session: Session, outside: Adapters) -> None:
    request_id = approved()
    services.withdraw(request_id, CUSTOMER)
    deliver(session)
    (mail,) = mails_to(outside)
    assert "called off" in mail.subject


@pytest.mark.parametrize("what", ["lapsed", "paid"])
def test_an_offer_that_cannot_be_accepted_any_more_is_not_announced_late(
    session: Session, outside: Adapters, what: str
) -> None:
    request = row(approved())
    if what == "paid":
        with transaction() as open_session:
            order = orders.lock_order(open_session, request.order_id or 0)
            orders.change_payment_status(open_session, order, PaymentStatus.PAID)
            orders.confirm(open_session, order)
    with clock.travel(NOW + timedelta(days=3 if what == "lapsed" else 0)):
        deliver(session)
    assert mails_to(outside) == []


def test_a_worker_killed_after_the_mail_left_sends_it_under_the_same_id(
    session: Session, outside: Adapters
) -> None:
    request = row(approved())
    jobs.send_decision(request.id, request.version)
    session.query(Message).filter_by(template=cake_mails.OFFER).update({"status": MessageStatus.QUEUED})
    session.commit()
    jobs.send_decision(request.id, request.version)
    first, again = mails_to(outside)
    assert first.message_id == again.message_id, "mailboxes show it once"


def test_an_offer_that_cannot_be_delivered_is_tried_again_and_then_told_to_staff(
    session: Session, outside: Adapters
) -> None:
    request = row(approved())
    outside.mailer.failing = MailFailed("away", permanent=False)
    (owed_id,) = (row_id for row_id, job, _ in owed(session) if job.endswith("send_decision"))
    run(owed_id)
    assert mails_to(outside) == []
    outside.mailer.failing = MailFailed("no such mailbox", permanent=True)
    with clock.travel(NOW + timedelta(minutes=1)):
        run(owed_id)
    session.expire_all()
    (message,) = session.scalars(select(Message).where(Message.template == cake_mails.OFFER))
    assert (message.status, message.version) == (MessageStatus.FAILED, request.version)
    (alert,) = session.scalars(select(StaffAlert))
    assert alert.subject_ref == request.ref


def test_a_job_given_up_fails_what_waits(session: Session, outside: Adapters) -> None:
    request = row(approved())
    outside.mailer.failing = MailFailed("away", permanent=False)
    with pytest.raises(MailFailed):
        jobs.send_decision(request.id, request.version)
    assert jobs.send_decision.gave_up(request.id, request.version, error="away")  # type: ignore[attr-defined]
    assert not jobs.send_received.gave_up(request.id, error="away")  # type: ignore[attr-defined]


def test_a_page_sent_twice_owes_one_mail(session: Session, outside: Adapters) -> None:
    once = sending("the same key")
    services.submit_request(once)
    services.submit_request(once)
    deliver(session)
    assert (len(mails_to(outside)), len(mails_to(outside, BAKERY))) == (1, 1)
