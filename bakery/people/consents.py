"""Consent to marketing, by channel and address: append-only, the newest word counts."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.infra.transaction import transaction
from bakery.people.models import Consent, ConsentChannel


def has_consented(session: Session, channel: ConsentChannel, address: str) -> bool:
    """Whether the newest word for this address is yes. No word is no."""
    granted = session.scalar(
        select(Consent.granted)
        .where(Consent.channel == channel, func.lower(Consent.address) == address.lower())
        .order_by(Consent.at.desc(), Consent.id.desc())
        .limit(1)
    )
    return bool(granted)


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
        newest = session.scalar(
            select(Consent.granted)
            .where(Consent.channel == channel, func.lower(Consent.address) == address.lower())
            .order_by(Consent.at.desc(), Consent.id.desc())
            .limit(1)
        )
        if newest is not False:
            enter(session, channel, address, False, wording=wording, source=source)
