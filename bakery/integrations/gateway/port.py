"""What the shop asks of a payment service, in its own words: the hosted page here, the rest by area beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bakery.integrations.gateway.balance_port import BalanceGateway
from bakery.integrations.gateway.card_port import CardGateway, CustomerGateway
from bakery.integrations.gateway.dispute_port import DisputeGateway
from bakery.integrations.gateway.refund_port import RefundGateway


class GatewayUnavailable(Exception):
    """The service did not answer in time, or answered that it cannot now. Trying again may help."""


class GatewayRefused(Exception):
    """The service understood and said no; the same again will not help. `code` is its own word for why."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class BadSignature(Exception):
    """An event that did not come from the service, or is too old to be believed."""


@dataclass(frozen=True)
class CheckoutItem:
    """One line of the hosted page; amounts in minor units, tax included."""

    name: str
    amount_cents: int
    quantity: int
    description: str = ""


@dataclass(frozen=True)
class CheckoutRequest:
    """What a hosted checkout page is opened for."""

    order_number: str
    payment_id: int
    currency: str
    items: list[CheckoutItem]
    customer_email: str
    success_url: str
    cancel_url: str
    expires_at: datetime
    idempotency_key: str
    # Whose card it becomes, and how it may be charged later: "on_session" (they are there) or "off_session".
    customer_id: str | None = None
    future_usage: str = ""


@dataclass(frozen=True)
class CheckoutSession:
    """A hosted checkout page and what is known of its payment."""

    id: str
    status: str  # "open", "complete", "expired"
    payment_status: str  # "unpaid", "paid"
    amount_cents: int
    currency: str
    url: str | None
    payment_intent_id: str | None
    client_reference_id: str | None
    expires_at: datetime
    metadata: dict[str, str] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)


class Gateway(CardGateway, CustomerGateway, DisputeGateway, RefundGateway, BalanceGateway, Protocol):
    """Raises GatewayUnavailable or GatewayRefused; every writing call carries an idempotency key."""

    def load(self) -> None:
        """Load what the first call would have to. Calls nobody."""

    def create_checkout(self, request: CheckoutRequest) -> CheckoutSession: ...

    def get_checkout(self, session_id: str) -> CheckoutSession: ...

    def find_checkout(self, payment_intent_id: str) -> CheckoutSession | None: ...

    def expire_checkout(self, session_id: str) -> CheckoutSession: ...

    def list_completed_checkouts(self, since: datetime) -> list[CheckoutSession]: ...

    def read_event(self, payload: bytes, signature: str) -> dict[str, Any]: ...
