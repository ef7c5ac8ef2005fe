"""Consent to marketing: the newest word counts, however the address was typed."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.people import consents
from bakery.people.models import Consent, ConsentChannel
from tests.factories.people import UserFactory

EMAIL, SMS = ConsentChannel.EMAIL, ConsentChannel.SMS


def test_no_word_is_no(session: Session) -> None:
    assert not consents.has_consented(session, EMAIL, "laila@saffron.test")


def test_a_yes_typed_with_capitals_is_taken_back_by_the_account(session: Session) -> None:
    user = UserFactory(email="laila@saffron.test")
    consents.enter(session, EMAIL, "Laila@saffron.test", True, wording="Yes", source="checkout")
    session.flush()
    assert consents.has_consented(session, EMAIL, user.email)
    consents.set_preference(EMAIL, user.email, False, wording="Yes", user_id=user.id, ip=None)
    assert not consents.has_consented(session, EMAIL, "Laila@saffron.test")


def test_stop_by_sms_after_agreeing_ends_also_what_was_asked_for_and_a_no_on_a_form_does_not(
    session: Session,
) -> None:
    phone, agreed = "+61491570156", clock.now() - timedelta(minutes=1)
    consents.enter(session, SMS, phone, False, wording="Offers by SMS", source="checkout")
    session.flush()
    assert not consents.has_stopped(session, phone, agreed)
    consents.withdraw(SMS, phone, wording="STOP", source=consents.SMS_REPLY)
    consents.withdraw(SMS, phone, wording="STOP", source=consents.SMS_REPLY)
    assert consents.has_stopped(session, phone, agreed)
    assert not consents.has_stopped(session, "+61491570157", agreed)
    assert not consents.has_stopped(session, phone, clock.now() + timedelta(minutes=1)), "agreed again since"
    said = session.scalars(select(Consent.source).where(Consent.address == phone).order_by(Consent.id)).all()
    assert said == ["checkout", consents.SMS_REPLY], "twice is once"
