"""What staff decide about a request: approve, ask for changes, reject, extend. One transaction each.

Whoever decides names the version they looked at; the request's row lock makes two who decide at once take turns,
and the second is told who was faster.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Invalid, InvalidTransition
from bakery.custom_cakes import operations, promise
from bakery.custom_cakes.models import CustomCakeRequest, Quote, SoftHoldState
from bakery.custom_cakes.promise import MAX_TEXT, Approve, Prediction
from bakery.custom_cakes.spec import from_json
from bakery.custom_cakes.states import REQUEST, RequestStatus
from bakery.infra.transaction import transaction
from bakery.orders import operations as orders
from bakery.orders.bespoke import place_bespoke
from bakery.shop.models import Shop

__all__ = [
    "Approve",
    "Prediction",
    "approve",
    "ask_for_changes",
    "extend",
    "latest_quote",
    "reject",
]


def approve(decision: Approve, actor: Actor) -> int:
    """Promise the cake: the next quote, and the unpaid order that holds its pickup slot. Answers the quote's id.

    Refuses with Conflict what somebody else decided meanwhile, InvalidTransition a request that is not waiting
    for review, SlotGone a slot that is full or closed by now, Invalid a price, servings, expiry, pickup day or
    a missing reason (`override_reason`) that cannot be taken.
    """
    with transaction() as session:
        row = operations.lock_request(session, decision.request_id)
        operations.refuse_stale(session, row, decision.version)
        before = row.status
        REQUEST.check(RequestStatus(before), RequestStatus.APPROVED_AWAITING_PAYMENT)
        design = decision.design or operations.design_of(row)
        shop = session.get_one(Shop, 1)
        promise.check(session, decision, design, shop)
        order = place_bespoke(session, promise.to_bespoke(row, decision, design), actor)
        row.order_id = order.id
        quote = promise.write_quote(session, row, decision, design, shop, actor)
        operations.change_status(
            session, row, RequestStatus.APPROVED_AWAITING_PAYMENT, actor, f"quote {quote.version}"
        )
        operations.end_soft_hold(session, row, SoftHoldState.CONSUMED)
        operations.note_in_audit(
            session, row, actor, "approve", before, decision.override_reason,
            quote=quote.version, price_cents=quote.price_cents, servings=quote.servings, order=order.number,
        )  # fmt: skip
        operations.owe_decision(session, row)
        return quote.id


def ask_for_changes(request_id: int, version: int, actor: Actor, reason: str, suggestion: str = "") -> None:
    """Hand the wish back to the customer. Refuses without a reason; Conflict and InvalidTransition as above."""
    _hand_back(
        (request_id, version), actor, RequestStatus.CHANGES_REQUESTED, "ask for changes", (reason, suggestion)
    )


def reject(request_id: int, version: int, actor: Actor, reason: str, suggestion: str = "") -> None:
    """Say no, why, and what would be possible; its work leaves its day. Refuses as `ask_for_changes` does."""
    _hand_back((request_id, version), actor, RequestStatus.REJECTED, "reject", (reason, suggestion))


def extend(request_id: int, version: int, until: datetime, actor: Actor) -> int:
    """Keep a promise longer: the same quote with a later expiry is the next version. Answers its id.

    Refuses with Conflict a request that is not awaiting payment or whose order holds nothing any more, and with
    Invalid an expiry that is no later or lies beyond the pickup.
    """
    with transaction() as session:
        row = operations.lock_request(session, request_id)
        operations.refuse_stale(session, row, version)
        if row.status != RequestStatus.APPROVED_AWAITING_PAYMENT or row.order_id is None:
            raise InvalidTransition("Only a quote that awaits payment can be extended.")
        last = latest_quote(session, row)
        after = max(last.expires_at, clock.now())
        promise.check_expiry(session, from_json(last.design), last.pickup_at, until, after)
        orders.extend_hold(session, orders.lock_order(session, row.order_id), until)
        row.quote_version += 1
        kept = {
            column.key: getattr(last, column.key)
            for column in Quote.__table__.columns
            if column.key not in ("id", "version", "expires_at", "created_at", "actor_id", "actor_label")
        }
        quote = Quote(
            **kept,
            version=row.quote_version,
            expires_at=until,
            created_at=clock.now(),
            actor_id=actor.id,
            actor_label=actor.label,
        )
        session.add(quote)
        operations.enter(session, row, "quote", actor, reason=f"quote {quote.version}: extended")
        operations.note_in_audit(
            session, row, actor, "extend", row.status, quote=quote.version, expires_at=until.isoformat()
        )
        operations.owe_decision(session, row)
        return quote.id


def latest_quote(session: Session, row: CustomCakeRequest) -> Quote:
    """The version that counts. Refuses a request that has none."""
    return session.scalars(
        select(Quote).where(Quote.request_id == row.id, Quote.version == row.quote_version)
    ).one()


def _hand_back(
    what: tuple[int, int], actor: Actor, to: RequestStatus, action: str, said: tuple[str, str]
) -> None:
    reason, suggestion = (text.strip() for text in said)
    if not reason or len(reason) > MAX_TEXT:
        raise Invalid(f"Tell the customer why, in up to {MAX_TEXT:,} characters.", field="reason")
    if len(suggestion) > MAX_TEXT:
        raise Invalid(f"Keep the suggestion under {MAX_TEXT:,} characters.", field="suggestion")
    with transaction() as session:
        row = operations.lock_request(session, what[0])
        operations.refuse_stale(session, row, what[1])
        before = row.status
        operations.change_status(session, row, to, actor, reason, suggestion)
        if to == RequestStatus.REJECTED:
            operations.end_soft_hold(session, row, SoftHoldState.RELEASED)
        operations.note_in_audit(session, row, actor, action, before, reason)
        operations.owe_decision(session, row)
