"""What piles up and is cleared away."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra.models import Outbox
from bakery.infra.transaction import transaction
from bakery.orders.models import Cart
from bakery.people.sessions import delete_expired
from jobs.periodic import periodic

# An anonymous browser's cart nobody touched; a customer's own stays.
STALE_CART = timedelta(days=30)
# Long enough to answer "did that mail go out last month?".
DONE_OUTBOX = timedelta(days=60)


@periodic("tidy")
def tidy() -> str:
    """Sign-ins that ran out, carts left behind, effects long done."""
    with transaction() as session:
        signed_out = delete_expired(session)
        carts = _rows(
            session, delete(Cart).where(Cart.user_id.is_(None), Cart.updated_at < clock.now() - STALE_CART)
        )
        owed = _rows(session, delete(Outbox).where(Outbox.done_at < clock.now() - DONE_OUTBOX))
    return f"{signed_out} sign-ins, {carts} carts, {owed} done effects"


def _rows(session: Session, statement: object) -> int:
    return int(session.execute(statement).rowcount)  # type: ignore[call-overload]
