"""Deliver a message once, however often, late or at once it is asked for. The row decides.

Three steps, so that a process killed anywhere leaves a trace: the attempt is noted and committed, the
provider is called while the row stays locked, the outcome is recorded. A row with an attempt and no outcome
may have got out: an email is repeated under the same Message-ID, an SMS is looked for at the provider first.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra.transaction import transaction
from bakery.integrations.mail.port import Mail, Mailer, MailFailed
from bakery.integrations.sms.port import SmsFailed, SmsSender
from bakery.messages import operations, queries
from bakery.messages.drafts import Busy, DeliveryFailed, Email, Sms
from bakery.messages.models import Channel, Message, MessageStatus
from bakery.messages.states import MESSAGE

# Sends, or finds what a try that was cut short had sent; answers the provider's id.
Send = Callable[[Message, datetime | None], str]


def deliver_email(draft: Email, mailer: Mailer) -> MessageStatus:
    """Send this email unless it was. Raises MailFailed (try again), Busy, or DeliveryFailed (for good)."""

    def send(message: Message, _earlier: datetime | None) -> str:
        message_id = draft.message_id(message)
        mailer.send(
            Mail(draft.to, draft.subject, draft.text, draft.html, message_id, attachments=draft.attachments)
        )
        return message_id

    return _deliver(draft, send)


def deliver_sms(draft: Sms, sender: SmsSender) -> MessageStatus:
    """Send this SMS unless it was. Raises SmsFailed (try again), Busy, or DeliveryFailed (for good)."""

    def send(message: Message, earlier: datetime | None) -> str:
        found = sender.find_sent(draft.to, message.body, earlier) if earlier else None
        url = f"{draft.status_url}?message={message.id}" if draft.status_url else None
        return found or sender.send(draft.to, message.body, status_url=url)

    return _deliver(draft, send)


def give_up(template: str, subject_ref: str, error: str) -> bool:
    """After the last try: what still waits is FAILED, and staff told. False when no message was waiting."""
    with transaction() as session:
        waiting = select(Message).where(
            Message.template == template,
            Message.subject_ref == subject_ref,
            Message.status == MessageStatus.QUEUED,
        )
        found = session.scalars(waiting.with_for_update()).all()
        for message in found:
            operations.fail(session, message, error)
        return bool(found)


def record_outcome(message_id: int, provider_id: str, delivered: bool, error: str = "") -> bool:
    """What the provider reports later. False when it is about nothing we know, or would be a step back."""
    with transaction() as session:
        message = session.scalar(
            select(Message)
            .where(
                Message.id == message_id,
                Message.channel == Channel.SMS,
                Message.provider_id.is_(None) | (Message.provider_id == provider_id),
            )
            .with_for_update()
        )
        target = MessageStatus.DELIVERED if delivered else MessageStatus.FAILED
        if message is None or target not in MESSAGE.allowed(MessageStatus(message.status)):
            return False
        message.provider_id = provider_id
        message.sent_at = message.sent_at or clock.now()
        if delivered:
            operations.move(session, message, target)
        else:
            operations.fail(session, message, error)
        return True


def _deliver(draft: Email | Sms, send: Send) -> MessageStatus:
    taken = _note_attempt(draft)
    if isinstance(taken, MessageStatus):
        return taken
    message_id, earlier = taken
    refusal: DeliveryFailed | None = None
    try:
        with transaction() as session:
            message = _lock(session, message_id)
            if message.status != MessageStatus.QUEUED:
                return MessageStatus(message.status)
            try:
                message.provider_id = send(message, earlier)
            except (MailFailed, SmsFailed) as error:
                if not error.permanent:
                    raise
                operations.fail(session, message, str(error))
                refusal = DeliveryFailed(str(error))
            else:
                message.error = ""
                operations.move(session, message, MessageStatus.SENT)
    except (MailFailed, SmsFailed) as error:
        _note_error(message_id, str(error))
        raise
    if refusal:
        raise refusal
    return MessageStatus.SENT


def _lock(session: Session, message_id: int) -> Message:
    message = session.scalar(
        select(Message).where(Message.id == message_id).with_for_update(skip_locked=True)
    )
    if message is None:
        raise Busy(f"message {message_id} is being delivered")
    return message


def _note_attempt(draft: Email | Sms) -> MessageStatus | tuple[int, datetime | None]:
    """Make the row if need be, commit the attempt: (id, when first tried before); or how it has ended."""
    now = clock.now()
    with transaction() as session:
        session.execute(
            insert(Message)
            .values(**draft.key, subject=draft.subject[:300], body=draft.body, created_at=now)
            .values(status=MessageStatus.QUEUED, attempts=0, error="")
            .on_conflict_do_nothing()
        )
        row_id = session.scalars(select(Message.id).filter_by(**draft.key)).one()
        message = _lock(session, row_id)
        if message.status in (MessageStatus.SENT, MessageStatus.DELIVERED):
            return MessageStatus(message.status)
        if draft.consent and not draft.consent(session):
            if message.status != MessageStatus.SUPPRESSED:
                operations.move(session, message, MessageStatus.SUPPRESSED)
            return MessageStatus.SUPPRESSED
        if message.status != MessageStatus.QUEUED:
            operations.move(session, message, MessageStatus.QUEUED)
        earlier = message.attempted_at
        # The first try's time stays: that is how far back a cut-short one is looked for.
        message.attempted_at = earlier or now
        message.attempts += 1
        return message.id, earlier


def _note_error(message_id: int, error: str) -> None:
    with transaction() as session:
        message = session.get(Message, message_id)
        if message is not None:
            message.error = error[:500]


def settle_alert(alert_id: int, user_id: int) -> None:
    """Somebody looked at it and it is settled. Refuses an unknown id (NotFound); twice is once."""
    with transaction() as session:
        operations.resolve_alert(session, queries.get_alert(session, alert_id), user_id)


def report_bad_signature() -> None:
    """Somebody posed as the SMS provider, or its token here is wrong: staff are told once."""
    with transaction() as session:
        operations.raise_alert_of_strangers(
            session,
            kind="bad_signature",
            key="sms:bad_signature",
            text="A message came to the SMS address that Twilio did not sign. "
            "If SMS reports are missing too, check TWILIO_AUTH_TOKEN and BASE_URL.",
        )
