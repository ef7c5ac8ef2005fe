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

    def charge_card(self, charge: CardCharge) -> ChargeResult:
        self._answer("charge_card")
        if charge.payment_method_id == "pm_gone":
            raise GatewayRefused("no such payment method", code="resource_missing")
        if charge.idempotency_key not in self.charges:
            self._put(charge, _first_answer(charge, f"pi_card_{charge.payment_id}_{len(self.charges)}"))
        first, result = self.charges[charge.idempotency_key]
        if first != charge:
            raise GatewayRefused("this key was used for something else", code="idempotency_error")
        self._worked()
        return result

    def get_charge(self, intent_id: str) -> ChargeResult:
        self._answer("get_charge")
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
        result = replace(result, raw=raw)
        self.charges[charge.idempotency_key] = (charge, result)
        return result


def _first_answer(charge: CardCharge, intent_id: str) -> ChargeResult:
    if charge.payment_method_id in DECLINES:
        code, decline = DECLINES[charge.payment_method_id]
        return ChargeResult(intent_id, "requires_payment_method", code=code, decline_code=decline)
    if charge.payment_method_id == "pm_asks" and charge.off_session:
        return ChargeResult(intent_id, "requires_payment_method", code="authentication_required")
    if charge.payment_method_id == "pm_asks":
        return ChargeResult(intent_id, "requires_action", url=f"https://bank.saffron.test/{intent_id}")
    return ChargeResult(intent_id, "succeeded")
