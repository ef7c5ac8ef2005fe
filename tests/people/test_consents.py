"""Consent to marketing: the newest word counts, however the address was typed."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bakery.people import consents
from bakery.people.models import ConsentChannel
from tests.factories.people import UserFactory

EMAIL = ConsentChannel.EMAIL


def test_no_word_is_no(session: Session) -> None:
    assert not consents.has_consented(session, EMAIL, "laila@saffron.test")


def test_a_yes_typed_with_capitals_is_taken_back_by_the_account(session: Session) -> None:
    user = UserFactory(email="laila@saffron.test")
    consents.enter(session, EMAIL, "Laila@saffron.test", True, wording="Yes", source="checkout")
    session.flush()
    assert consents.has_consented(session, EMAIL, user.email)
    consents.set_preference(EMAIL, user.email, False, wording="Yes", user_id=user.id, ip=None)
    assert not consents.has_consented(session, EMAIL, "Laila@saffron.test")
