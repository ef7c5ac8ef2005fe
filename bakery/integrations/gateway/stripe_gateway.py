"""Stripe through its own SDK. The only module that knows Stripe's errors and object classes."""

from __future__ import annotations

import importlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import requests

from bakery.integrations.gateway.port import (
    BadSignature,
    CheckoutItem,
    CheckoutRequest,
    CheckoutSession,
    GatewayRefund,
    GatewayRefused,
    GatewayUnavailable,
)

# One try and two more, with the SDK's pauses between them, end within about eight seconds: a customer
# waits for this, and gunicorn must not believe the worker dead.
SECONDS_A_TRY = 2.2
RETRIES = 2
# Younger signatures only (Stripe's own advice): a recorded event cannot be played back later.
TOLERANCE_SECONDS = 300
PAGE = 100


class StripeGateway:
    """`Gateway` by Stripe. Makes no call and imports no SDK before it is first used or told to `load`."""

    def __init__(self, secret_key: str, webhook_secret: str, api_base: str = "") -> None:
        self._secret_key = secret_key
        self._webhook_secret = webhook_secret
        self._api_base = api_base

    @cached_property
    def _sdk(self) -> Any:
        # Takes most of a second and 15 MB: commands that take no money never pay for it.
        sdk: Any = importlib.import_module("stripe")
        sdk.enable_telemetry = False
        logging.getLogger("stripe").setLevel(logging.WARNING)
        return sdk

    @cached_property
    def _client(self) -> Any:
        session = None
        if self._api_base:
            # A stand-in on this machine is not reached through the machine's proxy.
            session = requests.Session()
            session.trust_env = False
        http = self._sdk.RequestsClient(timeout=SECONDS_A_TRY, session=session)
        bases = {"api": self._api_base, "files": self._api_base} if self._api_base else None
        return self._sdk.StripeClient(
            self._secret_key, base_addresses=bases, max_network_retries=RETRIES, http_client=http
        )

    def load(self) -> None:
        """Import the SDK and build its client, so that no customer waits for that. Calls nobody."""
        _ = self._client.v1.checkout.sessions

    @contextmanager
    def _asking(self) -> Iterator[Any]:
        """The client; whatever Stripe's SDK raises comes out as one of the port's errors."""
        sdk = self._sdk
        try:
            yield self._client.v1
        except (sdk.APIConnectionError, sdk.RateLimitError) as error:
            raise GatewayUnavailable(_plain(error)) from error
        except sdk.StripeError as error:
            # 409: another request with this idempotency key is still at work.
            if error.http_status is None or error.http_status >= 500 or error.http_status in (409, 429):
                raise GatewayUnavailable(_plain(error)) from error
            raise GatewayRefused(_plain(error), code=error.code or "") from error

    def create_checkout(self, request: CheckoutRequest) -> CheckoutSession:
        """Open a hosted page. The same idempotency key answers with the same page."""
        metadata = {"order_number": request.order_number, "payment_id": str(request.payment_id)}
        params = {
            "mode": "payment",
            # Cards and wallets answer at once; slower ways to pay do not fit holds of half an hour.
            "payment_method_types": ["card"],
            "line_items": [_line(item, request.currency) for item in request.items],
            "customer_email": request.customer_email,
            "client_reference_id": request.order_number,
            "metadata": metadata,
            # Charges and failed attempts name the order too.
            "payment_intent_data": {"metadata": metadata, "description": f"Order {request.order_number}"},
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

    def expire_checkout(self, session_id: str) -> CheckoutSession:
        """Close the page. Raises GatewayRefused for one that is paid or closed already."""
        with self._asking() as stripe:
            return read_session(stripe.checkout.sessions.expire(session_id).to_dict())

    def list_completed_checkouts(self, since: datetime) -> list[CheckoutSession]:
        """All completed sessions that were opened since then, newest first."""
        params = {"status": "complete", "created": {"gte": int(since.timestamp())}, "limit": PAGE}
        with self._asking() as stripe:
            found = stripe.checkout.sessions.list(params=params)
            return [read_session(each.to_dict()) for each in found.auto_paging_iter()]

    def list_refunds(self, since: datetime) -> list[GatewayRefund]:
        """All refunds made since then, whoever made them, newest first."""
        params = {"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        with self._asking() as stripe:
            found = stripe.refunds.list(params=params)
            return [read_refund(each.to_dict()) for each in found.auto_paging_iter()]

    def refund(self, payment_intent_id: str, amount_cents: int, *, idempotency_key: str) -> GatewayRefund:
        """Give money back. The same idempotency key gives it back once."""
        params = {"payment_intent": payment_intent_id, "amount": amount_cents}
        with self._asking() as stripe:
            made = stripe.refunds.create(params=params, options={"idempotency_key": idempotency_key})
            return read_refund(made.to_dict())

    def read_event(self, payload: bytes, signature: str) -> dict[str, Any]:
        """A webhook's event, when its signature is Stripe's and fresh. Raises BadSignature."""
        try:
            self._sdk.WebhookSignature.verify_header(
                payload, signature, self._webhook_secret, TOLERANCE_SECONDS
            )
            event = json.loads(payload)
        except (self._sdk.SignatureVerificationError, ValueError) as error:
            raise BadSignature(type(error).__name__) from error
        if not isinstance(event, dict) or not event.get("id") or not event.get("type"):
            raise BadSignature("signed, but not an event")
        return event


def read_session(raw: dict[str, Any]) -> CheckoutSession:
    """Stripe's Checkout Session in the shop's words."""
    return CheckoutSession(
        id=raw["id"],
        status=raw["status"],
        payment_status=raw["payment_status"],
        amount_cents=raw["amount_total"],
        currency=raw["currency"],
        url=raw["url"],
        payment_intent_id=_id(raw["payment_intent"]),
        client_reference_id=raw["client_reference_id"],
        expires_at=datetime.fromtimestamp(raw["expires_at"], UTC),
        metadata=dict(raw["metadata"] or {}),
        raw=raw,
    )


def read_refund(raw: dict[str, Any]) -> GatewayRefund:
    """Stripe's Refund in the shop's words."""
    return GatewayRefund(
        id=raw["id"],
        status=raw["status"] or "succeeded",
        amount_cents=raw["amount"],
        currency=raw["currency"],
        raw=raw,
    )


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


def _id(reference: Any) -> str | None:
    """An id, also where Stripe was asked to put the whole object in its place."""
    found = reference["id"] if isinstance(reference, dict) else reference
    return str(found) if found else None


def _plain(error: Any) -> str:
    """What may be stored and logged: Stripe's code and sentence, cut short."""
    return f"{type(error).__name__} {error.code or ''}: {error.user_message or error}"[:250]
