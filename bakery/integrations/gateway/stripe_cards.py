"""Saved cards at Stripe, and charging them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from bakery.integrations.gateway.card_port import CardCharge, ChargeResult
from bakery.integrations.gateway.stripe_connection import PAGE, StripeConnection, id_of


class StripeCards(StripeConnection):
    """`CardGateway` by Stripe."""

    def charge_card(self, charge: CardCharge) -> ChargeResult:
        """Charge a saved card. The same idempotency key charges it once; a bank's no is an answer."""
        params = {
            "amount": charge.amount_cents,
            "currency": charge.currency.lower(),
            "customer": charge.customer_id,
            "payment_method": charge.payment_method_id,
            "payment_method_types": ["card"],
            "confirm": True,
            "metadata": {"order_number": charge.order_number, "payment_id": str(charge.payment_id)},
            "description": f"Order {charge.order_number}",
        }
        # Without its owner there is nobody to send anywhere.
        params |= {"off_session": True} if charge.off_session else {"return_url": charge.return_url}
        with self._asking() as stripe:
            try:
                made = stripe.payment_intents.create(
                    params=params, options={"idempotency_key": charge.idempotency_key}
                )
            except self._sdk.CardError as error:
                if intent := _intent_of(error):
                    return intent
                raise
            return read_intent(made.to_dict())

    def get_charge(self, intent_id: str) -> ChargeResult:
        """Raises GatewayRefused for an intent that Stripe does not know."""
        with self._asking() as stripe:
            return read_intent(stripe.payment_intents.retrieve(intent_id).to_dict())

    def list_charges(self, since: datetime) -> list[ChargeResult]:
        """All payment intents made since then that succeeded, newest first."""
        params = {"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        with self._asking() as stripe:
            found = stripe.payment_intents.list(params=params)
            made = [read_intent(each.to_dict()) for each in found.auto_paging_iter()]
        return [each for each in made if each.status == "succeeded"]

    def cancel_charge(self, intent_id: str) -> ChargeResult:
        """Call off a charge that waits for its owner. Raises GatewayRefused for one that is over."""
        with self._asking() as stripe:
            return read_intent(stripe.payment_intents.cancel(intent_id).to_dict())


def read_intent(raw: dict[str, Any]) -> ChargeResult:
    """Stripe's PaymentIntent in the shop's words."""
    error = raw.get("last_payment_error") or {}
    # A refused card is off the intent; the error names it.
    method = raw.get("payment_method") or error.get("payment_method")
    redirect = (raw.get("next_action") or {}).get("redirect_to_url") or {}
    return ChargeResult(
        intent_id=raw["id"],
        status=raw["status"],
        url=redirect.get("url"),
        code=str(error.get("code") or ""),
        decline_code=str(error.get("decline_code") or ""),
        payment_method_id=id_of(method),
        raw=raw,
    )


def _intent_of(error: Any) -> ChargeResult | None:
    """The intent that a bank's no comes with."""
    body = (error.json_body or {}).get("error", {}) if isinstance(error.json_body, dict) else {}
    raw = body.get("payment_intent")
    if not isinstance(raw, dict) or not raw.get("id"):
        return None
    found = read_intent(raw)
    if found.code:
        return found
    return replace(found, url=None, code=error.code or "", decline_code=body.get("decline_code") or "")
