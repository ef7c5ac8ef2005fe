"""Balance transactions: every movement of the account's money, with its fee and what is left of it."""

from __future__ import annotations

from typing import Any

from sandbox.ids import stripe_id
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.lists import page

# Stripe's published price for domestic cards in Australia: 1.7 % and 30 cents.
FEE_PER_MILLE, FEE_FIXED = 17, 30
DISPUTE_FEE = 2500
DAY = 24 * 60 * 60
# Where Stripe's reports file a type; the rest bear the same name.
CATEGORIES = {"adjustment": "dispute"}


def fee_of(amount: int) -> int:
    return (amount * FEE_PER_MILLE + 500) // 1000 + FEE_FIXED


def _fee_details(fee: int, currency: str, words: str) -> list[dict[str, Any]]:
    if not fee:
        return []
    detail = {"amount": fee, "application": None, "currency": currency}
    return [detail | {"description": words, "type": "stripe_fee"}]


def build(call: Call, kind: str, source: dict[str, Any], amount: int, **more: Any) -> dict[str, Any]:
    """`amount` is signed: money in is positive, money out is negative. `more`: fee, fee_words, description,
    category, and `wait` (seconds until it is available)."""
    fee, wait = more.get("fee", 0), more.get("wait", 0)
    # Money becomes available at the beginning of a day.
    available_on = -(-(call.now() + wait) // DAY) * DAY if wait else call.now()
    body = {
        "id": stripe_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": available_on,
        "balance_type": "payments",
        "created": call.now(),
        "currency": source["currency"],
        "description": more.get("description"),
        "exchange_rate": None,
        "fee": fee,
        "fee_details": _fee_details(fee, source["currency"], more.get("fee_words", "")),
        "net": amount - fee,
        "reporting_category": more.get("category") or CATEGORIES.get(kind, kind),
        "source": source["id"],
        "status": "pending" if wait else "available",
        "type": kind,
    }
    call.add(body)
    call.store.run(
        "INSERT INTO funds VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET net = net + excluded.net",
        body["currency"],
        available_on // DAY * DAY,
        body["net"],
    )
    if wait:
        call.world.scheduler.once(available_on, "funds_available", available_on)
    return body


def make_available(call: Call, ref: str) -> None:
    """The day has come on which pending money becomes available."""
    call.store.run(
        "UPDATE objects INDEXED BY by_balance_transaction_status "
        "SET body = json_set(body, '$.status', 'available') WHERE kind = 'balance_transaction' "
        "AND json_extract(body, '$.status') = 'pending' AND json_extract(body, '$.available_on') <= ?",
        int(ref),
    )


def for_charge(call: Call, charge: dict[str, Any]) -> dict[str, Any]:
    return build(
        call,
        "charge",
        charge,
        charge["amount"],
        fee=fee_of(charge["amount"]),
        fee_words="Stripe processing fees",
        description=charge["description"],
        wait=2 * DAY,
    )


def for_refund(call: Call, refund: dict[str, Any]) -> dict[str, Any]:
    """Stripe keeps its fee when money goes back."""
    return build(call, "refund", refund, -refund["amount"], description="REFUND FOR CHARGE")


def for_failed_refund(call: Call, refund: dict[str, Any]) -> dict[str, Any]:
    """The money did not arrive, or was called back: it is the shop's again."""
    return build(call, "refund_failure", refund, refund["amount"], description="REFUND FAILURE")


def for_dispute(call: Call, dispute: dict[str, Any]) -> dict[str, Any]:
    return build(
        call,
        "adjustment",
        dispute,
        -dispute["amount"],
        fee=DISPUTE_FEE,
        fee_words="Dispute fee",
        description=f"Chargeback withdrawal for {dispute['charge']}",
    )


def for_won_dispute(call: Call, dispute: dict[str, Any], fee_returned: bool) -> dict[str, Any]:
    return build(
        call,
        "adjustment",
        dispute,
        dispute["amount"],
        fee=-DISPUTE_FEE if fee_returned else 0,
        fee_words="Dispute fee refund",
        description=f"Chargeback reversal for {dispute['charge']}",
        category="dispute_reversal",
    )


def retrieve(call: Call, key: str) -> dict[str, Any]:
    call.params.done()
    return call.get("balance_transaction", key, names="balance transaction")


def listed(call: Call) -> dict[str, Any]:
    filters = {name: call.params.text(name) for name in ("source", "type", "currency")}
    return page(call.store, "balance_transaction", "/v1/balance_transactions", call.params, filters)


def balance(call: Call) -> dict[str, Any]:
    """What the account holds now and what is on its way. Counted along, not added up from the list."""
    call.params.done()
    sums: dict[str, dict[str, int]] = {}
    for row in call.store.rows("SELECT * FROM funds"):
        state = "available" if row["available_on"] <= call.now() else "pending"
        each = sums.setdefault(row["currency"], {"available": 0, "pending": 0})
        each[state] += row["net"]
    sums = sums or {"aud": {"available": 0, "pending": 0}}

    def shown(state: str) -> list[dict[str, Any]]:
        return [
            {"amount": each[state], "currency": currency, "source_types": {"card": each[state]}}
            for currency, each in sorted(sums.items())
        ]

    reserved = [{"amount": 0, "currency": currency} for currency in sorted(sums)]
    return {
        "object": "balance",
        "available": shown("available"),
        "connect_reserved": reserved,
        "livemode": False,
        "pending": shown("pending"),
    }


ROUTES = [
    ("GET", "balance_transactions", listed),
    ("GET", "balance_transactions/<key>", retrieve),
    ("GET", "balance", balance),
]
