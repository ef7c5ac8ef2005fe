"""Consent to marketing, by channel and address: append-only, the newest word counts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.infra.transaction import transaction
from bakery.people.models import Consent, ConsentChannel

# The person said it by SMS to us. The network then lets no SMS of any kind through to them.
SMS_REPLY = "sms reply"


def has_consented(session: Session, channel: ConsentChannel, address: str) -> bool:
    """Whether the newest word for this address is yes. No word is no."""
    granted = session.scalar(
        select(Consent.granted)
        .where(Consent.channel == channel, func.lower(Consent.address) == address.lower())
        .order_by(Consent.at.desc(), Consent.id.desc())
        .limit(1)
    )
    return bool(granted)


def has_stopped(session: Session, address: str, since: datetime) -> bool:
    """Whether a person answered STOP to our SMS after they had last agreed to some, at `since`.

    That ends messages they had asked for as well; a no to marketing on a form does not.
    """
    return bool(
        session.scalar(
            select(Consent.id)
            .where(
                Consent.channel == ConsentChannel.SMS,
                func.lower(Consent.address) == address.lower(),
                Consent.source == SMS_REPLY,
                Consent.granted.is_(False),
                Consent.at > since,
            )
            .limit(1)
        )
    )


def enter(  # noqa: PLR0913 all that must be provable later
    session: Session,
    channel: ConsentChannel,
    address: str,
    granted: bool,
    *,
    wording: str,
    source: str,
    user_id: int | None = None,
    ip: str | None = None,
) -> None:
    """Enter a yes or no with its wording, inside an open transaction."""
    session.add(
        Consent(
            channel=channel,
            address=address,
            granted=granted,
            wording=wording,
            source=source,
            user_id=user_id,
            ip=ip,
        )
    )


def set_preference(
    channel: ConsentChannel, address: str, granted: bool, *, wording: str, user_id: int, ip: str | None
) -> None:
    """A person changes their mind on their preferences page. The same word twice is entered once."""
    with transaction() as session:
        if has_consented(session, channel, address) != granted:
            enter(
                session,
                channel,
                address,
                granted,
                wording=wording,
                source="preferences",
                user_id=user_id,
                ip=ip,
            )


def withdraw(channel: ConsentChannel, address: str, *, wording: str, source: str) -> None:
    """Enter a no that came with the words themselves (STOP, unsubscribe). In force at once; twice is once.

    Entered also for an address that never said yes: a later yes must be a later word.
    """
    with transaction() as session:
        newest = session.execute(
            select(Consent.granted, Consent.source)
            .where(Consent.channel == channel, func.lower(Consent.address) == address.lower())
            .order_by(Consent.at.desc(), Consent.id.desc())
            .limit(1)
        ).first()
        # STOP after a no on a form says more than that no did.
        if newest is None or tuple(newest) != (False, source):
            enter(session, channel, address, False, wording=wording, source=source)
