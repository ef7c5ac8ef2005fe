"""Customers at Stripe and the cards they have saved there."""

from __future__ import annotations

from typing import Any

from bakery.integrations.gateway.card_port import CardOnHand, CustomerRequest, SetupPage, SetupRequest
from bakery.integrations.gateway.port import GatewayRefused
from bakery.integrations.gateway.stripe_connection import PAGE, StripeConnection, id_of

REFERENCE = "reference"
# Stripe's words for what is gone already.
_GONE = ("resource_missing",)


class StripeCustomers(StripeConnection):
    """`CustomerGateway` by Stripe."""

    def create_customer(self, request: CustomerRequest) -> str:
        """A customer who carries our reference. The same idempotency key makes them once."""
        params = {"email": request.email, "metadata": {REFERENCE: request.reference}}
        with self._asking() as stripe:
            made = stripe.customers.create(
                params=params, options={"idempotency_key": request.idempotency_key}
            )
            return str(made.id)

    def find_customer(self, email: str, reference: str) -> str | None:
        """Among the customers with this email the one with our reference; Stripe forgets keys after a day."""
        with self._asking() as stripe:
            found = stripe.customers.list(params={"email": email, "limit": PAGE})
            for each in found.auto_paging_iter():
                if (each.to_dict().get("metadata") or {}).get(REFERENCE) == reference:
                    return str(each.id)
        return None

    def delete_customer(self, customer_id: str) -> None:
        """For good, with every card. Done twice is done."""
        try:
            with self._asking() as stripe:
                stripe.customers.delete(customer_id)
        except GatewayRefused as error:
            if error.code not in _GONE:
                raise

    def get_card(self, payment_method_id: str) -> CardOnHand:
        """Raises GatewayRefused for one that Stripe does not know."""
        with self._asking() as stripe:
            return read_card(stripe.payment_methods.retrieve(payment_method_id).to_dict())

    def detach_card(self, payment_method_id: str) -> None:
        """Take it off its customer for good. Stripe refuses one that is off; then there is nothing to do."""
        try:
            with self._asking() as stripe:
                stripe.payment_methods.detach(payment_method_id)
        except GatewayRefused as error:
            if error.code not in _GONE and self.get_card(payment_method_id).customer_id is not None:
                raise

    def open_card_setup(self, request: SetupRequest) -> SetupPage:
        """A hosted page that saves a card and charges nothing."""
        params = {
            "mode": "setup",
            "customer": request.customer_id,
            "payment_method_types": ["card"],
            "client_reference_id": request.reference,
            "metadata": {REFERENCE: request.reference},
            "setup_intent_data": {"metadata": {REFERENCE: request.reference}},
            "success_url": request.success_url,
            "cancel_url": request.cancel_url,
            "expires_at": int(request.expires_at.timestamp()),
        }
        with self._asking() as stripe:
            made = stripe.checkout.sessions.create(
                params=params, options={"idempotency_key": request.idempotency_key}
            )
            return read_setup(made.to_dict())

    def get_card_setup(self, session_id: str) -> SetupPage:
        """Raises GatewayRefused for a page that Stripe does not know."""
        with self._asking() as stripe:
            found = stripe.checkout.sessions.retrieve(session_id, params={"expand": ["setup_intent"]})
            return read_setup(found.to_dict())

    def expire_card_setup(self, session_id: str) -> SetupPage:
        """Close the page. Raises GatewayRefused for one that is over."""
        with self._asking() as stripe:
            return read_setup(stripe.checkout.sessions.expire(session_id).to_dict())


def read_card(raw: dict[str, Any]) -> CardOnHand:
    """Stripe's PaymentMethod in the shop's words. What is no card has a name and no digits."""
    card = raw.get("card") or {}
    return CardOnHand(
        payment_method_id=raw["id"],
        customer_id=id_of(raw.get("customer")),
        brand=str(card.get("brand") or raw.get("type") or "card")[:30],
        last_four=str(card.get("last4") or ""),
        expiry_month=int(card.get("exp_month") or 12),
        expiry_year=int(card.get("exp_year") or 2099),
        fingerprint=str(card.get("fingerprint") or ""),
    )


def read_setup(raw: dict[str, Any]) -> SetupPage:
    """Stripe's Checkout Session in setup mode in the shop's words; the card when its SetupIntent was asked for."""
    intent = raw.get("setup_intent")
    method = intent.get("payment_method") if isinstance(intent, dict) else None
    return SetupPage(raw["id"], raw["status"], raw["url"], id_of(method))
