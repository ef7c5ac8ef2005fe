"""Stripe's balance transactions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from bakery.integrations.gateway.balance_port import BalanceTransaction
from bakery.integrations.gateway.stripe_connection import PAGE, StripeConnection, id_of


class StripeBalance(StripeConnection):
    """`BalanceGateway` by Stripe."""

    def list_balance_transactions(
        self, since: datetime, until: datetime
    ) -> Iterator[list[BalanceTransaction]]:
        """Everything booked from `since` to before `until`, page by page, newest first.

        A page is read when it is asked for, so what was taken stays taken when Stripe goes away in between.
        """
        window = {"gte": int(since.timestamp()), "lt": int(until.timestamp())}
        params = {"created": window, "limit": PAGE, "expand": ["data.source"]}
        with self._asking(in_background=True) as stripe:
            found = stripe.balance_transactions.list(params=params).auto_paging_iter()
            while page := [read_balance_transaction(each.to_dict()) for each in islice(found, PAGE)]:
                yield page

    def get_balance_transaction(self, transaction_id: str) -> BalanceTransaction:
        """Raises GatewayRefused for one that Stripe does not know."""
        with self._asking() as stripe:
            found = stripe.balance_transactions.retrieve(transaction_id, params={"expand": ["source"]})
            return read_balance_transaction(found.to_dict())


def read_balance_transaction(raw: dict[str, Any]) -> BalanceTransaction:
    """Stripe's balance transaction in the shop's words."""
    source = raw["source"] if isinstance(raw["source"], dict) else {}
    metadata = source.get("metadata") or {}
    return BalanceTransaction(
        id=raw["id"],
        type=raw["type"],
        reporting_category=raw["reporting_category"],
        source_id=id_of(raw["source"]),
        payment_intent_id=id_of(source.get("payment_intent")),
        order_number=metadata.get("order_number"),
        amount_cents=raw["amount"],
        fee_cents=raw["fee"],
        net_cents=raw["net"],
        currency=raw["currency"].upper(),
        created=datetime.fromtimestamp(raw["created"], UTC),
        available_on=datetime.fromtimestamp(raw["available_on"], UTC),
        source=source,
    )
