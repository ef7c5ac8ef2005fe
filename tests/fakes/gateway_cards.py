"""Saved cards in memory: `pm_good` pays, `pm_declined` and `pm_poor` do not, `pm_asks` asks its owner."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bakery.integrations.gateway.card_port import CardCharge, ChargeResult
from bakery.integrations.gateway.port import GatewayRefused

DECLINES = {
    "pm_declined": ("card_declined", "generic_decline"),
    "pm_poor": ("card_declined", "insufficient_funds"),
}


class FakeCards:
    """The part of the fake that charges saved cards. `charges`: each request with its result, by key."""

    charges: dict[str, tuple[CardCharge, ChargeResult]]
    # The cards that were typed on a page, by payment intent.
    page_cards: dict[str, str]
    # Cards whose bank asks their owner from now on.
    asking: set[str]
    # Cards whose bank says no from now on: (code, decline code).
    declining: dict[str, tuple[str, str]]

    def charge_card(self, charge: CardCharge) -> ChargeResult:
        self._answer("charge_card")
        card = self.cards.get(charge.payment_method_id)
        theirs = card is None or card.customer_id == charge.customer_id
        if charge.payment_method_id == "pm_gone" or not theirs:
            raise GatewayRefused("no such payment method", code="resource_missing")
        if charge.idempotency_key not in self.charges:
            intent_id = f"pi_card_{charge.payment_id}_{len(self.charges)}"
            self._put(charge, self._first_answer(charge, intent_id))
        first, result = self.charges[charge.idempotency_key]
        if first != charge:
            raise GatewayRefused("this key was used for something else", code="idempotency_error")
        self._worked()
        return result

    def get_charge(self, intent_id: str) -> ChargeResult:
        self._answer("get_charge")
        if intent_id in self.page_cards:
            return ChargeResult(intent_id, "succeeded", payment_method_id=self.page_cards[intent_id])
        return self._find(intent_id)[1]

    def list_charges(self, since: datetime) -> list[ChargeResult]:
        self._answer("list_charges")
        return [result for _, result in self.charges.values() if result.status == "succeeded"]

    def cancel_charge(self, intent_id: str) -> ChargeResult:
        self._answer("cancel_charge")
        charge, result = self._find(intent_id)
        if result.status != "requires_action":
            raise GatewayRefused("a charge that is over is not called off")
        return self._put(charge, replace(result, status="canceled", url=None))

    def answer_bank(self, intent_id: str, *, yes: bool) -> ChargeResult:
        """The card's owner answers their bank."""
        charge, result = self._find(intent_id)
        code = "" if yes else "payment_intent_authentication_failure"
        status = "succeeded" if yes else "requires_payment_method"
        return self._put(charge, replace(result, status=status, url=None, code=code))

    def _first_answer(self, charge: CardCharge, intent_id: str) -> ChargeResult:
        card = charge.payment_method_id
        if said := DECLINES.get(card) or self.declining.get(card):
            return ChargeResult(intent_id, "requires_payment_method", code=said[0], decline_code=said[1])
        if card != "pm_asks" and card not in self.asking:
            return ChargeResult(intent_id, "succeeded")
        if charge.off_session:
            return ChargeResult(intent_id, "requires_payment_method", code="authentication_required")
        return ChargeResult(intent_id, "requires_action", url=f"https://bank.saffron.test/{intent_id}")

    def _find(self, intent_id: str) -> tuple[CardCharge, ChargeResult]:
        for charge, result in self.charges.values():
            if result.intent_id == intent_id:
                return charge, result
        raise GatewayRefused("no such payment intent", code="resource_missing")

    def _put(self, charge: CardCharge, result: ChargeResult) -> ChargeResult:
        raw = {
            "id": result.intent_id,
            "object": "payment_intent",
            "status": result.status,
            "amount": charge.amount_cents,
            "currency": charge.currency.lower(),
            "metadata": {"order_number": charge.order_number, "payment_id": str(charge.payment_id)},
            "last_payment_error": {"code": result.code, "decline_code": result.decline_code}
            if result.code
            else None,
        }
        result = replace(result, raw=raw, payment_method_id=charge.payment_method_id)
        self.charges[charge.idempotency_key] = (charge, result)
        return result
