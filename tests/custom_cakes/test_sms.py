"""SMS to the customer: only who agreed, only what matters, never after STOP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.custom_cakes import decisions, offers, services
from bakery.integrations.adapters import Adapters
from bakery.integrations.sms.port import SmsFailed
from bakery.messages.models import Channel, Message, MessageStatus
from bakery.people import consents
from bakery.people.models import ConsentChannel
from jobs import custom_cakes as jobs
from tests.custom_cakes.deliveries import CUSTOMER, deliver, owed
from tests.custom_cakes.requests import LAILA, NOW, approval, row, sent, staff
from tests.factories.shop import make_open_shop


@pytest.fixture(autouse=True)
def open_shop(session: Session) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(session, capacity_minutes=400)
        yield


def approved(agreed: bool = True) -> int:
    request_id = sent(sms_agreed=agreed)
    decisions.approve(approval(request_id, row(request_id).version), staff())
    return request_id


def status(session: Session) -> str:
    session.expire_all()
    return session.scalars(select(Message.status).where(Message.channel == Channel.SMS)).one()


def test_an_approval_says_price_until_when_and_where_to_pay(session: Session, outside: Adapters) -> None:
    request = row(approved())
    deliver(session)
    ((to, body, _sid, _at),) = outside.sms.sent
    assert to == LAILA.phone
    assert body == (
        f"Saffron & Crumb: your cake {request.number} is approved: $240.00. "
        "Pay it by Mon 23 Nov, 9:00 am (Sydney time): "
        f"http://localhost/custom-cakes/{request.number}/pay?key={request.secret}"
    )


def test_an_offer_that_changed_or_holds_longer_is_called_so(session: Session, outside: Adapters) -> None:
    request_id = approved()
    dearer = approval(request_id, row(request_id).version, price_cents=27_800)
    offers.revise(dearer, staff(), outside.gateway)
    deliver(session)
    decisions.extend(request_id, row(request_id).version, NOW + timedelta(days=4), staff())
    deliver(session)
    changed, longer = (body for _to, body, _sid, _at in outside.sms.sent)
    assert "has changed to $278.00. Pay it by Mon 23 Nov, 9:00 am" in changed
    assert "$278.00, holds longer. Pay it by Wed 25 Nov, 9:00 am" in longer


@pytest.mark.parametrize(
    ("decide", "words"), [(decisions.reject, "cannot make"), (decisions.ask_for_changes, "please change")]
)
def test_a_no_and_a_but_come_with_the_link_alone(decide, words, session: Session, outside: Adapters) -> None:
    request_id = sent(sms_agreed=True)
    decide(request_id, row(request_id).version, staff(), "It would fall", "Two tiers")
    deliver(session)
    ((_to, body, _sid, _at),) = outside.sms.sent
    assert words in body and f"?key={row(request_id).secret}" in body and "fall" not in body


def test_nobody_who_did_not_agree_gets_one(session: Session, outside: Adapters) -> None:
    approved(agreed=False)
    deliver(session)
    assert outside.sms.sent == []
    assert not [job for _, job, _ in owed(session) if job.endswith("_sms")]


def test_stop_takes_effect_at_once_and_keeps_no_mail_back(session: Session, outside: Adapters) -> None:
    approved()
    consents.withdraw(ConsentChannel.SMS, LAILA.phone, wording="STOP", source=consents.SMS_REPLY)
    deliver(session)
    assert outside.sms.sent == [] and status(session) == MessageStatus.SUPPRESSED
    assert outside.mailer.sent, "the mail comes all the same"


def test_a_no_to_marketing_is_no_no_to_what_was_asked_for(session: Session, outside: Adapters) -> None:
    approved()
    consents.withdraw(ConsentChannel.SMS, LAILA.phone, wording="Offers", source="preferences")
    deliver(session)
    assert len(outside.sms.sent) == 1


def test_an_sms_that_is_late_tells_nothing_that_is_not_true_any_more(
    session: Session, outside: Adapters
) -> None:
    request_id = approved()
    with clock.travel(NOW + timedelta(days=3)):
        deliver(session)
    services.withdraw(request_id, CUSTOMER)
    deliver(session)
    assert outside.sms.sent == []


def test_an_sms_whose_worker_was_killed_is_looked_for_before_it_goes_again(
    session: Session, outside: Adapters
) -> None:
    request = row(approved())
    jobs.send_decision_sms(request.id, request.version)
    session.query(Message).filter_by(channel=Channel.SMS).update({"status": MessageStatus.QUEUED})
    session.commit()
    jobs.send_decision_sms(request.id, request.version)
    assert len(outside.sms.sent) == 1 and status(session) == MessageStatus.SENT


def test_an_sms_that_cannot_be_sent_keeps_no_mail_back(session: Session, outside: Adapters) -> None:
    request = row(approved())
    outside.sms.failing = SmsFailed("no such number", permanent=True)
    with pytest.raises(Exception, match="no such number"):
        jobs.send_decision_sms(request.id, request.version)
    jobs.send_decision(request.id, request.version)
    assert status(session) == MessageStatus.FAILED and outside.mailer.sent
