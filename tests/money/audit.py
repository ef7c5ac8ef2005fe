"""What must hold of money at every moment, and what must hold once it has come to rest."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import text

from bakery.infra.db import db
from tests.money.shop import MoneyShop

OWN = "('charge', 'refund', 'reversal', 'adjustment', 'cash', 'external_card')"
# Each finds orders for which something does not hold. Read by one set-based statement each.
ALWAYS = {
    "the order holds what its ledger says": f"""
        SELECT o.id, o.held_cents, coalesce(sum(t.amount_cents) FILTER (WHERE t.kind IN {OWN}), 0) AS ledger
        FROM shop_order o LEFT JOIN ledger_transaction t ON t.order_id = o.id
        WHERE o.id = ANY(:orders) GROUP BY o.id
        HAVING o.held_cents <> coalesce(sum(t.amount_cents) FILTER (WHERE t.kind IN {OWN}), 0)""",
    "prices fell by what refunds say": """
        SELECT o.id, o.credited_cents FROM shop_order o LEFT JOIN ledger_transaction t ON t.order_id = o.id
        WHERE o.id = ANY(:orders) GROUP BY o.id
        HAVING o.credited_cents <> -coalesce(sum(t.amount_cents) FILTER (WHERE t.credits), 0)""",
    "no payment gave back more than it brought": f"""
        SELECT p.id, sum(t.amount_cents) FROM payment p JOIN ledger_transaction t ON t.payment_id = p.id
        WHERE p.order_id = ANY(:orders) AND t.kind IN {OWN}
        GROUP BY p.id HAVING sum(t.amount_cents) < 0""",
    "a payment is in the ledger exactly when it succeeded": """
        SELECT p.id, p.state, count(t.id) FROM payment p
        LEFT JOIN ledger_transaction t ON t.payment_id = p.id AND t.kind = 'charge'
        WHERE p.order_id = ANY(:orders) GROUP BY p.id
        HAVING count(t.id) <> CASE WHEN p.state = 'SUCCEEDED' THEN 1 ELSE 0 END
            OR coalesce(max(t.amount_cents), p.amount_cents) <> p.amount_cents""",
    "unpaid means that nothing is held": """
        SELECT id, payment_status, held_cents FROM shop_order
        WHERE id = ANY(:orders) AND payment_status = 'UNPAID' AND held_cents <> 0""",
    "paid means that nothing is due": """
        SELECT id, total_cents, credited_cents, held_cents FROM shop_order
        WHERE id = ANY(:orders) AND payment_status = 'PAID' AND held_cents < total_cents - credited_cents""",
    "refunded means that nothing is held but what bought nothing": f"""
        SELECT id, held_cents FROM shop_order
        WHERE id = ANY(:orders) AND payment_status = 'REFUNDED' AND held_cents <> (
            SELECT coalesce(sum(t.amount_cents), 0) FROM ledger_transaction t JOIN payment p ON p.id = t.payment_id
            WHERE p.order_id = shop_order.id AND p.surplus AND t.kind IN {OWN})""",
    "the kitchen has only what was paid for": """
        SELECT o.id, o.status, o.payment_status FROM shop_order o
        WHERE o.id = ANY(:orders) AND o.status IN ('CONFIRMED', 'IN_PRODUCTION', 'READY', 'COLLECTED')
        AND o.total_cents > 0 AND o.payment_status = 'UNPAID' AND o.released_at IS NULL""",
    "every change of state is in the history": """
        SELECT o.id FROM shop_order o WHERE o.id = ANY(:orders) AND o.payment_status <> coalesce((
            SELECT e.to_state FROM order_event e WHERE e.order_id = o.id AND e.kind = 'payment_status'
            ORDER BY e.id DESC LIMIT 1), 'UNPAID')""",
    "one attempt waits at a time": """
        SELECT order_id FROM payment WHERE order_id = ANY(:orders) AND state IN ('CREATED', 'OPEN')
        GROUP BY order_id HAVING count(*) > 1""",
}
# Money that bought nothing and cannot go back by itself: it did not arrive, a bank took it in a dispute, or one about
# its order was open. A person has an alert about it, and the order's page says what can be done.
CAME_BACK = f"""(SELECT coalesce(sum(t.amount_cents), 0) FROM ledger_transaction t JOIN payment p ON p.id = t.payment_id
    WHERE p.order_id = shop_order.id AND p.surplus AND t.kind IN {OWN} AND (
        EXISTS (SELECT 1 FROM ledger_transaction x WHERE x.payment_id = p.id AND x.kind IN ('reversal', 'dispute'))
        OR EXISTS (SELECT 1 FROM dispute d WHERE d.order_id = p.order_id)))"""
AT_REST = {
    "nothing is held of an order that bought nothing": """
        SELECT id, status, held_cents FROM shop_order
        WHERE id = ANY(:orders) AND status IN ('EXPIRED', 'PENDING_PAYMENT')
        AND held_cents <> %(came_back)s""",
    "no order holds more than it costs": """
        SELECT id, held_cents, total_cents FROM shop_order
        WHERE id = ANY(:orders) AND held_cents - %(came_back)s > total_cents - credited_cents""",
    "no event waits or needs a person": """
        SELECT id, type, outcome, note FROM stripe_event WHERE order_id = ANY(:orders) AND outcome = 'STORED'""",
}


def check_always(shop: MoneyShop, orders: list[int] | None = None) -> None:
    """Invariants that hold between any two moves."""
    _check(ALWAYS, shop.orders if orders is None else orders)


def check_at_rest(shop: MoneyShop) -> None:
    """And once everything owed is done: ours and Stripe's agree to the cent, object by object."""
    check_always(shop)
    _check({rule: query.replace("%(came_back)s", CAME_BACK) for rule, query in AT_REST.items()}, shop.orders)
    ours, theirs = ledger_of(shop), stripes(shop)
    assert ours == theirs, {
        "only in our ledger": list((ours - theirs).elements())[:10],
        "only at Stripe": list((theirs - ours).elements())[:10],
    }


def _check(rules: dict[str, str], orders: list[int]) -> None:
    db.session.rollback()
    for rule, query in rules.items():
        broken = db.session.execute(text(query), {"orders": orders}).all()
        assert not broken, f"not so: {rule}: {broken[:5]}\n{story(broken[0][0])}"
    db.session.rollback()


def story(order_id: int) -> str:
    """All that is known of an order's money, for whoever has to find out what went wrong."""
    lines = []
    for table in ("payment", "ledger_transaction", "order_event", "stripe_event"):
        query = text(
            f"SELECT to_jsonb(t) - 'payload' - 'url' AS row FROM {table} t WHERE order_id = :id ORDER BY id"
        )
        lines += [f"{table}: {row}" for row in db.session.scalars(query, {"id": order_id})]
    owed = text(
        "SELECT job, args, attempts, done_at, dead_at, last_error FROM outbox WHERE job LIKE 'jobs.payments.%'"
    )
    return "\n".join([*lines, *(f"owed: {tuple(row)}" for row in db.session.execute(owed))])


def ledger_of(shop: MoneyShop) -> Counter[tuple[str, str, int]]:
    """Our rows that stand for something of Stripe's: (kind, Stripe's id, cents)."""
    rows = db.session.execute(
        text(
            "SELECT kind, stripe_id, amount_cents FROM ledger_transaction"
            " WHERE order_id = ANY(:orders) AND kind IN ('charge', 'refund', 'reversal', 'dispute', 'dispute_fee')"
        ),
        {"orders": shop.orders},
    ).all()
    db.session.rollback()
    return Counter((row.kind, row.stripe_id, row.amount_cents) for row in rows)


def sums(shop: MoneyShop) -> dict[str, int]:
    """Cents by kind in our ledger."""
    totals: Counter[str] = Counter()
    for (kind, _, cents), count in ledger_of(shop).items():
        totals[kind] += cents * count
    return dict(totals)


def stripes(shop: MoneyShop) -> Counter[tuple[str, str, int]]:
    """The same movements as Stripe's balance has them, of this shop's orders."""
    numbers = set(
        db.session.scalars(
            text("SELECT number FROM shop_order WHERE id = ANY(:orders)"), {"orders": shop.orders}
        )
    )
    db.session.rollback()
    intents = {
        body["id"]: body
        for body in shop.box.world.store.all("payment_intent")
        if body["metadata"].get("order_number") in numbers
    }
    moved: Counter[tuple[str, str, int]] = Counter()
    for body in intents.values():
        if body["status"] == "succeeded":
            moved["charge", body["id"], body["amount_received"]] += 1
    moved += _of_disputes(shop, set(intents))
    for refund in shop.box.world.store.all("refund"):
        if refund["payment_intent"] in intents:
            moved += Counter(_of_refund(refund))
    return moved


def _of_disputes(shop: MoneyShop, intents: set[str]) -> Counter[tuple[str, str, int]]:
    """What banks took and gave back, each with Stripe's fee for it."""
    moved: Counter[tuple[str, str, int]] = Counter()
    for dispute in shop.box.world.store.all("dispute"):
        if dispute["payment_intent"] in intents:
            for booked in dispute["balance_transactions"]:
                moved["dispute", booked["id"], booked["amount"]] += 1
                if booked["fee"]:
                    moved["dispute_fee", booked["id"], -booked["fee"]] += 1
    return moved


def _of_refund(refund: dict[str, Any]) -> list[tuple[str, str, int]]:
    if refund["status"] in ("pending", "requires_action"):
        return []
    sent = [("refund", refund["id"], -refund["amount"])]
    came_back = refund["status"] in ("failed", "canceled")
    return [*sent, ("reversal", refund["id"], refund["amount"])] if came_back else sent
