"""Every movement of the account's own money, as the payment service books it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class BalanceTransaction:
    """One movement, in minor units: in positive, out negative, and `net` is what is left after the fee.

    `source` is the object that moved it (a charge, a refund, a dispute, a payout), as the service's events carry it;
    `order_number` and `payment_intent_id` are what that object names.
    """

    id: str
    type: str
    reporting_category: str
    source_id: str | None
    payment_intent_id: str | None
    order_number: str | None
    amount_cents: int
    fee_cents: int
    net_cents: int
    currency: str
    created: datetime
    available_on: datetime
    source: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


class BalanceGateway(Protocol):
    """Raises GatewayUnavailable or GatewayRefused; reads only."""

    def list_balance_transactions(
        self, since: datetime, until: datetime
    ) -> Iterator[list[BalanceTransaction]]:
        """Everything booked from `since` to before `until`, page by page, newest first."""

    def get_balance_transaction(self, transaction_id: str) -> BalanceTransaction: ...
