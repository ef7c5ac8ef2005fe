"""Requests for tests: sent through the service, as a customer would."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from bakery.core import clock, ids
from bakery.core.actor import Actor
from bakery.custom_cakes.decisions import Approve
from bakery.custom_cakes.models import CustomCakeRequest
from bakery.custom_cakes.queries import get_request
from bakery.custom_cakes.services import Contact, SubmitRequest, submit_request
from bakery.custom_cakes.uploads import StoredPicture
from bakery.custom_cakes.wish import read_wish
from bakery.infra.db import db
from bakery.people.models import Role
from tests.custom_cakes.designs import wish
from tests.factories.people import UserFactory
from tests.factories.scheduling import sydney

NOW = sydney("2026-11-21 09:00")
DAY = date(2026, 12, 5)
AT = sydney("2026-12-05 10:00")
OWN = ("contact", "user_id", "copy_of_id", "draft_id", "sms_agreed", "rights_stated")
LAILA = Contact("Laila Rahimi", "laila@saffron.test", "+61491570156")


def sending(submit_key: str = "", **changes: Any) -> SubmitRequest:
    """What the builder's page sends; design fields and those of `OWN` can be changed."""
    own = {name: changes.pop(name) for name in OWN if name in changes}
    pictures = changes.pop("pictures", (StoredPicture(f"custom-cakes/{ids.new_secret()}.webp", 10, 10, 99),))
    return SubmitRequest(
        design=read_wish(wish(**changes), clock.today("Australia/Sydney")),
        submit_key=submit_key or ids.new_secret(),
        pictures=pictures,
        **{"contact": LAILA} | own,
    )


def sent(**changes: Any) -> int:
    return submit_request(sending(**changes))


def row(request_id: int, session: Session | None = None) -> CustomCakeRequest:
    session = session or db.session()
    session.expire_all()
    return get_request(session, request_id)


def staff(name: str = "Zohra") -> Actor:
    user = UserFactory(role=Role.MANAGER, name=name)
    return Actor(user.id, name, "203.0.113.5")


def approval(request_id: int, version: int, starts_at: datetime = AT, **changes: Any) -> Approve:
    values: dict[str, Any] = {
        "price_cents": 24_000,
        "servings": 24,
        "expires_at": clock.now() + timedelta(days=2),
        "message": "Lovely idea!",
        "instructions": "Use the tall board.",
    }
    return Approve(request_id, version, starts_at=starts_at, **values | changes)
