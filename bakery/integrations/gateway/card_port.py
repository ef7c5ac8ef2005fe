"""Charging a card that its owner has saved."""

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
    raw: dict[str, Any] = field(default_factory=dict)


class CardGateway(Protocol):
    """Raises GatewayUnavailable or GatewayRefused; every writing call carries an idempotency key."""

    def charge_card(self, charge: CardCharge) -> ChargeResult:
        """A bank's no is an answer, not an error."""

    def get_charge(self, intent_id: str) -> ChargeResult: ...

    def list_charges(self, since: datetime) -> list[ChargeResult]:
        """Charges that succeeded, begun since then, of cards and of pages alike."""

    def cancel_charge(self, intent_id: str) -> ChargeResult: ...
