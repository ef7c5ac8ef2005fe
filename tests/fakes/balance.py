"""The payment service's own books in memory: what a charge brings, what a refund takes, and whatever a test adds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from bakery.core import clock
from bakery.integrations.gateway.balance_port import BalanceTransaction
from bakery.integrations.gateway.port import GatewayRefused

_ids = itertools.count(1)


def fee_of(cents: int) -> int:
    """1.7 % and 30 cents."""
    return (cents * 17 + 500) // 1000 + 30


class FakeBalance:
    """`balance` is everything booked, oldest first. `PAGE` rows a page; `between_pages` is called before each."""

    PAGE = 100

    def __init__(self) -> None:
        self.balance: list[BalanceTransaction] = []
        self.between_pages: Callable[[int], None] | None = None

    def _answer(self, call: str = "") -> None:
        raise NotImplementedError

    def book(self, category: str, cents: int, **values: Any) -> BalanceTransaction:
        """One movement, booked now unless `created` says when."""
        fee = values.pop("fee_cents", 0)
        created = values.pop("created", None) or clock.now().replace(microsecond=0)
        row: dict[str, Any] = {
            "id": f"txn_{next(_ids)}",
            "type": category,
            "reporting_category": category,
            "source_id": None,
            "payment_intent_id": None,
            "order_number": None,
            "amount_cents": cents,
            "fee_cents": fee,
            "net_cents": cents - fee,
            "currency": "AUD",
            "created": created,
            "available_on": created + timedelta(days=2),
        }
        made = BalanceTransaction(**(row | values))
        self.balance.append(made)
        return made

    def book_charge(
        self, intent_id: str, cents: int, number: str | None, **values: Any
    ) -> BalanceTransaction:
        """What a charge brings, less its fee."""
        source = {"id": f"ch_{intent_id}", "object": "charge", "payment_intent": intent_id}
        row = {
            "source_id": source["id"],
            "payment_intent_id": intent_id,
            "order_number": number,
            "fee_cents": fee_of(cents),
            "source": source,
        }
        return self.book("charge", cents, **(row | values))

    def book_refund(self, body: dict[str, Any], **values: Any) -> BalanceTransaction:
        """What a refund takes, or brings back when it failed."""
        failed = body["status"] in ("failed", "canceled")
        row = {"source_id": body["id"], "payment_intent_id": body["payment_intent"], "source": body}
        cents = body["amount"] if failed else -body["amount"]
        return self.book("refund_failure" if failed else "refund", cents, **(row | values))

    def list_balance_transactions(
        self, since: datetime, until: datetime
    ) -> Iterator[list[BalanceTransaction]]:
        self._answer("list_balance_transactions")
        found = [each for each in self.balance if since <= each.created < until]
        found.sort(key=lambda each: each.created, reverse=True)
        for number, start in enumerate(range(0, len(found), self.PAGE)):
            if self.between_pages:
                self.between_pages(number)
            self._answer("page of balance transactions")
            yield found[start : start + self.PAGE]

    def get_balance_transaction(self, transaction_id: str) -> BalanceTransaction:
        self._answer("get_balance_transaction")
        for each in self.balance:
            if each.id == transaction_id:
                return each
        raise GatewayRefused("no such balance transaction", code="resource_missing")
