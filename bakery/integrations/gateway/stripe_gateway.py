"""Stripe through its own SDK: its hosted page and its events."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

from bakery.integrations.gateway.port import (
    BadSignature,
    CheckoutItem,
    CheckoutRequest,
    CheckoutSession,
)
from bakery.integrations.gateway.stripe_balance import StripeBalance
from bakery.integrations.gateway.stripe_cards import StripeCards
from bakery.integrations.gateway.stripe_connection import PAGE, id_of
from bakery.integrations.gateway.stripe_customers import StripeCustomers
from bakery.integrations.gateway.stripe_disputes import StripeDisputes
from bakery.integrations.gateway.stripe_refunds import StripeRefunds

# Younger signatures only (Stripe's own advice): a recorded event cannot be played back later.
TOLERANCE_SECONDS = 300
# As long as its column; and deeper than any event of Stripe's by far.
LONGEST_ID, DEEPEST = 120, 60


class StripeGateway(StripeCards, StripeCustomers, StripeDisputes, StripeRefunds, StripeBalance):
    """`Gateway` by Stripe: the hosted page and the events here, the rest by area beside it."""

    def create_checkout(self, request: CheckoutRequest) -> CheckoutSession:
        """Open a hosted page. The same idempotency key answers with the same page."""
        metadata = {"order_number": request.order_number, "payment_id": str(request.payment_id)}
        params = {
            "mode": "payment",
            # Cards and wallets answer at once; slower ways to pay do not fit holds of half an hour.
            "payment_method_types": ["card"],
            "line_items": [_line(item, request.currency) for item in request.items],
            **_buyer(request),
            "client_reference_id": request.order_number,
            "metadata": metadata,
            # Charges and failed attempts name the order too.
            "payment_intent_data": {
                "metadata": metadata,
                "description": f"Order {request.order_number}",
                **({"setup_future_usage": request.future_usage} if request.future_usage else {}),
            },
            "success_url": request.success_url,
            "cancel_url": request.cancel_url,
            "expires_at": int(request.expires_at.timestamp()),
        }
        with self._asking() as stripe:
            made = stripe.checkout.sessions.create(
                params=params, options={"idempotency_key": request.idempotency_key}
            )
            return read_session(made.to_dict())

    def get_checkout(self, session_id: str) -> CheckoutSession:
        """Raises GatewayRefused for a session that Stripe does not know."""
        with self._asking() as stripe:
            return read_session(stripe.checkout.sessions.retrieve(session_id).to_dict())

    def find_checkout(self, payment_intent_id: str) -> CheckoutSession | None:
        """The page on which an intent was paid; None for one that was paid without a page."""
        params = {"payment_intent": payment_intent_id, "limit": 1}
        with self._asking() as stripe:
            found = stripe.checkout.sessions.list(params=params).data
            return read_session(found[0].to_dict()) if found else None

    def expire_checkout(self, session_id: str) -> CheckoutSession:
        """Close the page. Raises GatewayRefused for one that is paid or closed already."""
        with self._asking() as stripe:
            return read_session(stripe.checkout.sessions.expire(session_id).to_dict())

    def list_completed_checkouts(self, since: datetime) -> list[CheckoutSession]:
        """All completed sessions that were opened since then, newest first."""
        params = {"status": "complete", "created": {"gte": int(since.timestamp())}, "limit": PAGE}
        with self._asking() as stripe:
            found = stripe.checkout.sessions.list(params=params)
            made = [each.to_dict() for each in found.auto_paging_iter()]
        # A page that only saved a card has no amount.
        return [read_session(raw) for raw in made if raw["mode"] == "payment"]

    def read_event(self, payload: bytes, signature: str) -> dict[str, Any]:
        """A webhook's event, when its signature is Stripe's and fresh. Raises BadSignature."""
        try:
            self._sdk.WebhookSignature.verify_header(
                payload, signature, self._webhook_secret, TOLERANCE_SECONDS
            )
            if _signed_at(signature) > time.time() + TOLERANCE_SECONDS:
                raise BadSignature("signed in the future")
            event = json.loads(payload)
            can_be_kept = _can_be_kept(event)
        except (self._sdk.SignatureVerificationError, ValueError, RecursionError) as error:
            raise BadSignature(type(error).__name__) from error
        if not isinstance(event, dict) or not event.get("id") or not event.get("type"):
            raise BadSignature("signed, but not an event")
        if not can_be_kept or len(str(event["id"])) > LONGEST_ID:
            raise BadSignature("signed, but nothing that can be kept")
        return event


def _signed_at(signature: str) -> int:
    """The second in a header that was verified. Stripe's SDK refuses old ones, and none of the future."""
    return int(next(part for part in signature.split(",") if part.startswith("t="))[2:])


def _can_be_kept(event: object) -> bool:
    """Whether the database can store it: neither nested without end nor with a NUL. Raises ValueError for half a
    character and for what is no number.
    """
    level = [event]
    for _ in range(DEEPEST):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    if level:
        return False
    text = json.dumps(event, ensure_ascii=False, allow_nan=False)
    text.encode()
    # A backslash of the text itself is written twice.
    return "\\u0000" not in text.replace("\\\\", "")


def read_session(raw: dict[str, Any]) -> CheckoutSession:
    """Stripe's Checkout Session in the shop's words."""
    return CheckoutSession(
        id=raw["id"],
        status=raw["status"],
        payment_status=raw["payment_status"],
        amount_cents=raw["amount_total"],
        currency=raw["currency"],
        url=raw["url"],
        payment_intent_id=id_of(raw["payment_intent"]),
        client_reference_id=raw["client_reference_id"],
        expires_at=datetime.fromtimestamp(raw["expires_at"], UTC),
        metadata=dict(raw["metadata"] or {}),
        raw=raw,
    )


def _buyer(request: CheckoutRequest) -> dict[str, str]:
    """A customer of Stripe's brings their own email; Stripe refuses both."""
    if request.customer_id:
        return {"customer": request.customer_id}
    return {"customer_email": request.customer_email}


def _line(item: CheckoutItem, currency: str) -> dict[str, Any]:
    product = {"name": item.name}
    if item.description:
        product["description"] = item.description
    return {
        "quantity": item.quantity,
        "price_data": {
            "currency": currency.lower(),
            "unit_amount": item.amount_cents,
            "product_data": product,
        },
    }
