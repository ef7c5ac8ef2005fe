"""One message is delivered once, however the providers and processes behave."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.infra.models import Outbox
from bakery.integrations.adapters import Adapters
from bakery.integrations.mail.port import MailFailed
from bakery.integrations.sms.port import SmsFailed
from bakery.messages import services
from bakery.messages.drafts import DeliveryFailed, Email, Sms
from bakery.messages.models import Message, MessageStatus, StaffAlert

TO = "laila@saffron.test"
PHONE = "+61491570156"


def email(**changes: object) -> Email:
    values = {"to": TO, "template": "order_confirmation", "subject_ref": "order:1", "subject": "Hello"}
    return Email(**values | {"text": "text", "html": "<p>text</p>", "domain": "saffron.test"} | changes)


def sms(**changes: object) -> Sms:
    values = {"to": PHONE, "template": "cake_alert", "subject_ref": "order:1", "body": "CAKE #1"}
    return Sms(**values | changes)


def the_message(session: Session) -> Message:
    session.expire_all()
    return session.scalars(select(Message)).one()


def owed(session: Session) -> list[str]:
    return list(session.scalars(select(Outbox.job).order_by(Outbox.id)))


def test_an_email_asked_for_twice_is_sent_once(session: Session, outside: Adapters) -> None:
    assert services.deliver_email(email(), outside.mailer) == MessageStatus.SENT
    assert services.deliver_email(email(), outside.mailer) == MessageStatus.SENT
    assert len(outside.mailer.sent) == 1
    assert the_message(session).sent_at is not None


def test_another_version_is_another_email(session: Session, outside: Adapters) -> None:
    services.deliver_email(email(), outside.mailer)
    services.deliver_email(email(version=2), outside.mailer)
    assert len({mail.message_id for mail in outside.mailer.sent}) == 2


def test_a_failing_mail_server_is_raised_and_the_next_try_carries_the_same_message_id(
    session: Session, outside: Adapters
) -> None:
    seen: list[str] = []

    class TakesItButDrops:
        def send(self, mail) -> None:
            seen.append(mail.message_id)
            raise MailFailed("connection dropped", permanent=False)

    with pytest.raises(MailFailed):
        services.deliver_email(email(), TakesItButDrops())
    assert the_message(session).status == MessageStatus.QUEUED
    assert the_message(session).error == "connection dropped"
    services.deliver_email(email(), outside.mailer)
    assert [mail.message_id for mail in outside.mailer.sent] == seen
    assert seen[0].startswith("<") and seen[0].endswith("@saffron.test>")
    assert the_message(session).attempts == 2


def test_a_refused_address_fails_the_message_and_tells_the_staff(session: Session, outside: Adapters) -> None:
    outside.mailer.failing = MailFailed("550 no such mailbox", permanent=True)
    with pytest.raises(DeliveryFailed):
        services.deliver_email(email(), outside.mailer)
    assert the_message(session).status == MessageStatus.FAILED
    alert = session.scalars(select(StaffAlert)).one()
    assert "550 no such mailbox" in alert.text and alert.subject_ref == "order:1"
    assert owed(session) == ["jobs.messages.send_staff_alert"]


def test_a_failed_alert_mail_does_not_owe_another_alert_mail(session: Session, outside: Adapters) -> None:
    outside.mailer.failing = MailFailed("550", permanent=True)
    with pytest.raises(DeliveryFailed):
        services.deliver_email(email(template="staff_alert"), outside.mailer)
    assert session.scalars(select(StaffAlert)).one()
    assert owed(session) == []


def test_after_a_refusal_a_person_may_have_it_tried_again(session: Session, outside: Adapters) -> None:
    outside.mailer.failing = MailFailed("550", permanent=True)
    with pytest.raises(DeliveryFailed):
        services.deliver_email(email(), outside.mailer)
    outside.mailer.failing = None
    assert services.deliver_email(email(), outside.mailer) == MessageStatus.SENT
    assert the_message(session).ended_at is None


def test_marketing_without_consent_is_suppressed_and_consent_is_asked_each_time(
    session: Session, outside: Adapters
) -> None:
    said_yes = [False]
    draft = email(template="news", consent=lambda _: said_yes[0])
    assert services.deliver_email(draft, outside.mailer) == MessageStatus.SUPPRESSED
    assert outside.mailer.sent == []
    said_yes[0] = True
    assert services.deliver_email(draft, outside.mailer) == MessageStatus.SENT


def test_an_sms_that_got_out_before_the_crash_is_found_and_not_sent_again(
    session: Session, outside: Adapters
) -> None:
    class DiesAfterSending:
        """The provider took it; the process never came to write that down."""

        def __init__(self) -> None:
            self.real = outside.sms

        def send(self, to: str, body: str, *, status_url: str | None = None) -> str:
            self.real.send(to, body, status_url=status_url)
            raise KeyboardInterrupt

        def find_sent(self, to: str, body: str, since: datetime) -> str | None:
            return self.real.find_sent(to, body, since)

    with pytest.raises(KeyboardInterrupt):
        services.deliver_sms(sms(), DiesAfterSending())
    assert the_message(session).status == MessageStatus.QUEUED
    assert the_message(session).attempted_at is not None
    assert services.deliver_sms(sms(), outside.sms) == MessageStatus.SENT
    assert len(outside.sms.sent) == 1
    assert the_message(session).provider_id == outside.sms.sent[0][2]


def test_it_is_looked_for_since_the_first_try_not_the_last(session: Session, outside: Adapters) -> None:
    asked: list[datetime] = []

    class Away:
        def send(self, *_: object, **__: object) -> str:
            raise SmsFailed("timeout", permanent=False)

        def find_sent(self, to: str, body: str, since: datetime) -> str | None:
            asked.append(since)
            raise SmsFailed("timeout", permanent=False)

    for _ in range(3):
        with pytest.raises(SmsFailed):
            services.deliver_sms(sms(), Away())
    assert asked == [the_message(session).attempted_at] * 2


def test_a_staff_sms_that_fails_for_good_is_owed_once_as_an_email(
    session: Session, outside: Adapters
) -> None:
    outside.sms.failing = SmsFailed("400 code 21211", permanent=True)
    for _ in range(2):
        with pytest.raises(DeliveryFailed):
            services.deliver_sms(sms(), outside.sms)
    assert owed(session) == ["jobs.messages.send_sms_fallback"]
    assert session.scalars(select(StaffAlert)).one().times == 2


def test_a_status_callback_moves_forward_only(session: Session, outside: Adapters) -> None:
    services.deliver_sms(sms(), outside.sms)
    message = the_message(session)
    sid = message.provider_id
    assert not services.record_outcome(message.id, "SMother", delivered=True)
    assert services.record_outcome(message.id, sid, delivered=True)
    assert not services.record_outcome(message.id, sid, delivered=False, error="late news")
    assert the_message(session).status == MessageStatus.DELIVERED


def test_an_undelivered_staff_sms_falls_back_to_email(session: Session, outside: Adapters) -> None:
    services.deliver_sms(sms(), outside.sms)
    message = the_message(session)
    assert services.record_outcome(message.id, message.provider_id, delivered=False, error="30003")
    assert the_message(session).status == MessageStatus.FAILED
    assert owed(session) == ["jobs.messages.send_sms_fallback"]


def test_giving_up_fails_what_waits_and_says_whether_there_was_any(
    session: Session, outside: Adapters
) -> None:
    outside.sms.failing = SmsFailed("timeout", permanent=False)
    assert not services.give_up("cake_alert", "order:1", "timeout")
    with pytest.raises(SmsFailed):
        services.deliver_sms(sms(), outside.sms)
    assert services.give_up("cake_alert", "order:1", "timeout")
    assert the_message(session).status == MessageStatus.FAILED
    assert not services.give_up("cake_alert", "order:1", "timeout")


def test_the_callback_address_names_the_message(session: Session, outside: Adapters) -> None:
    given: list[str | None] = []

    class Listens:
        def send(self, to: str, body: str, *, status_url: str | None = None) -> str:
            given.append(status_url)
            return "SM1"

    services.deliver_sms(sms(status_url="https://shop.test/webhooks/twilio/status"), Listens())
    assert given == [f"https://shop.test/webhooks/twilio/status?message={the_message(session).id}"]
