"""Steps inside somebody else's transaction: alerts, and the moves of a message."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra import outbox, queue
from bakery.messages.models import Channel, Message, MessageStatus, StaffAlert
from bakery.messages.states import MESSAGE, STAFF_SMS

COUNT_EVERY = timedelta(minutes=1)


def raise_alert(
    session: Session, kind: str, key: str, text: str, subject_ref: str | None = None, *, mail: bool = True
) -> StaffAlert:
    """Tell the staff once: in the back office, and by email when it is new or had been settled before.

    The same `key` again counts as the same trouble and mails nobody while it is open.
    """
    alert = _lock_alert(session, kind, key, text, subject_ref)
    _count(session, alert, text, mail=mail)
    return alert


def raise_alert_of_strangers(session: Session, kind: str, key: str, text: str) -> None:
    """Tell the staff, once, of what any stranger can bring about as often as they please.

    While the alert is open it is read, and written at most once in `COUNT_EVERY`: its `times` are minutes
    in which it happened, and a flood costs the database no more than a trickle.
    """
    known = session.scalars(select(StaffAlert).where(StaffAlert.unique_key == key)).one_or_none()
    if known is not None and _is_counted(known):
        return
    alert = _lock_alert(session, kind, key, text)
    # Who waited for the row finds it counted.
    if not _is_counted(alert):
        _count(session, alert, text)


def _is_counted(alert: StaffAlert) -> bool:
    return alert.times > 0 and alert.resolved_at is None and clock.now() - alert.last_at < COUNT_EVERY


def _lock_alert(
    session: Session, kind: str, key: str, text: str, subject_ref: str | None = None
) -> StaffAlert:
    """The alert of this key, locked, as it is now; made first, and not yet counted, if there is none."""
    now = clock.now()
    values = {"kind": kind, "unique_key": key, "subject_ref": subject_ref, "text": text[:500]}
    session.execute(
        insert(StaffAlert)
        .values(**values, times=0, created_at=now, last_at=now)
        .on_conflict_do_nothing(index_elements=["unique_key"])
    )
    return session.scalars(
        select(StaffAlert)
        .where(StaffAlert.unique_key == key)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _count(session: Session, alert: StaffAlert, text: str, *, mail: bool = True) -> None:
    news = alert.times == 0 or alert.resolved_at is not None
    alert.times += 1
    alert.last_at, alert.text = clock.now(), text[:500]
    alert.resolved_at = alert.resolved_by = None
    session.flush()
    if news and mail:
        owed = f"alert:{alert.id}:{alert.times}"
        outbox.owe(
            session, "jobs.messages.send_staff_alert", alert.id, alert.times, on=queue.DEFAULT, key=owed
        )


def resolve_alert(session: Session, alert: StaffAlert, user_id: int | None) -> None:
    """Settled by somebody; the same trouble later opens it again. Twice is once."""
    if alert.resolved_at is None:
        alert.resolved_at, alert.resolved_by = clock.now(), user_id


def move(session: Session, message: Message, to: MessageStatus) -> None:
    """One step forward. Refuses a step that the table does not name."""
    MESSAGE.check(MessageStatus(message.status), to)
    message.status = to
    if to in (MessageStatus.DELIVERED, MessageStatus.FAILED, MessageStatus.SUPPRESSED):
        message.ended_at = clock.now()
    elif to == MessageStatus.SENT:
        message.sent_at = clock.now()
    else:
        message.ended_at = None
    session.flush()


def fail(session: Session, message: Message, error: str) -> None:
    """It will not arrive: noted, staff told, and a staff SMS owed again as an email."""
    message.error = error[:500]
    move(session, message, MessageStatus.FAILED)
    falls_back = message.channel == Channel.SMS and message.template in STAFF_SMS
    if falls_back:
        owed = f"message:{message.id}:fallback"
        outbox.owe(session, "jobs.messages.send_sms_fallback", message.id, on=queue.URGENT, key=owed)
    what = "An SMS" if message.channel == Channel.SMS else "An email"
    raise_alert(
        session,
        kind="message_failed",
        key=f"message:{message.id}:failed",
        text=f"{what} ({message.template.replace('_', ' ')}) was not delivered: {error}",
        subject_ref=message.subject_ref,
        # A mail about the alert mail that failed would fail as well; the fallback mail already tells.
        mail=not falls_back and message.template != "staff_alert",
    )
