"""Customers at the payment service, the cards they have saved there, and charging one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class CardCharge:
    """What a saved card is charged for. `off_session`: its owner is not there to answer their bank."""

    order_number: str
    payment_id: int
    amount_cents: int
    currency: str
    customer_id: str
    payment_method_id: str
    off_session: bool
    return_url: str
    idempotency_key: str


@dataclass(frozen=True)
class ChargeResult:
    """How a charge stands. `raw` is the service's own object, as its events carry it."""

    intent_id: str
    # "succeeded", "processing", "requires_action" (the owner has to answer their bank at `url`),
    # "requires_payment_method" (declined, see `code` and `decline_code`), "canceled".
    status: str
    url: str | None = None
    code: str = ""
    decline_code: str = ""
    # Which card it is, or was tried with; None before there was one.
    payment_method_id: str | None = None
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CustomerRequest:
    """Who is to be known at the service. `reference`: by which they are found again when the answer is lost."""

    email: str
    reference: str
    idempotency_key: str


@dataclass(frozen=True)
class CardOnHand:
    """A card that the service keeps: what a person calls it, never its number. Its customer is None once detached."""

    payment_method_id: str
    customer_id: str | None
    brand: str
    last_four: str
    expiry_month: int
    expiry_year: int
    fingerprint: str


@dataclass(frozen=True)
class SetupRequest:
    """A page where a customer adds a card without buying anything."""

    customer_id: str
    reference: str
    success_url: str
    cancel_url: str
    expires_at: datetime
    idempotency_key: str


@dataclass(frozen=True)
class SetupPage:
    """Such a page: "open", "complete" (then with the card), or "expired"."""

    id: str
    status: str
    url: str | None
    payment_method_id: str | None = None


class CardGateway(Protocol):
    """Raises GatewayUnavailable or GatewayRefused; every writing call carries an idempotency key."""

    def charge_card(self, charge: CardCharge) -> ChargeResult:
        """A bank's no is an answer, not an error."""

    def get_charge(self, intent_id: str) -> ChargeResult: ...

    def list_charges(self, since: datetime) -> list[ChargeResult]:
        """Charges that succeeded, begun since then, of cards and of pages alike."""

    def cancel_charge(self, intent_id: str) -> ChargeResult: ...


class CustomerGateway(Protocol):
    """Raises GatewayUnavailable or GatewayRefused; every writing call carries an idempotency key, or is the same
    however often it is made.
    """

    def create_customer(self, request: CustomerRequest) -> str:
        """The customer's id. The same key answers with the same customer."""

    def find_customer(self, email: str, reference: str) -> str | None:
        """The customer that was made with this reference; for one whose answer was lost a day ago."""

    def delete_customer(self, customer_id: str) -> None:
        """For good, with every card. One that is gone already is fine."""

    def get_card(self, payment_method_id: str) -> CardOnHand: ...

    def detach_card(self, payment_method_id: str) -> None:
        """Take a card off its customer for good. One that is off already is fine."""

    def open_card_setup(self, request: SetupRequest) -> SetupPage: ...

    def get_card_setup(self, session_id: str) -> SetupPage: ...

    def expire_card_setup(self, session_id: str) -> SetupPage: ...
