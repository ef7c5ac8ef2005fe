"""Each order against its own ledger: what it holds, by how much its price was lowered, and how it says it is paid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Row, text

from bakery.core.money import Money
from bakery.core.states import words
from bakery.infra.formats import money
from bakery.orders.models import Order
from bakery.orders.states import AGREED, PaymentStatus
from bakery.payments.books.kinds import DifferenceKind, Found
from bakery.payments.books.pieces import Tell, pieces, rows_of
from bakery.payments.models import OWN_MONEY

# The note in an order's history that lets the kitchen begin without money.
RELEASED = "release"
_D, _P = DifferenceKind, PaymentStatus

# Only what differs leaves the database. One statement sees each order and its ledger at one moment.
_QUERY = text(
    """
    SELECT * FROM (
        SELECT o.id, o.number, o.status, o.payment_status, o.currency, o.total_cents, o.deposit_cents,
            o.held_cents, o.credited_cents, s.held, s.credited, s.came_in, s.went_back, s.uncredited,
            s.held - s.going_back AS bought,
            o.total_cents - s.credited - s.held AS due,
            o.status = ANY(:agreed) AND o.total_cents - s.credited - s.held > 0 AS owing,
            EXISTS (SELECT 1 FROM order_event e WHERE e.order_id = o.id AND e.kind = :released) AS released
        FROM shop_order o
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(l.amount_cents) FILTER (WHERE l.kind = ANY(:own)), 0)::bigint AS held,
                coalesce(-sum(l.amount_cents) FILTER (WHERE l.credits), 0)::bigint AS credited,
                coalesce(sum(l.amount_cents)
                    FILTER (WHERE l.kind = ANY(:own) AND l.amount_cents > 0), 0)::bigint AS came_in,
                coalesce(-sum(l.amount_cents)
                    FILTER (WHERE l.kind = ANY(:own) AND l.amount_cents < 0), 0)::bigint AS went_back,
                coalesce(sum(l.amount_cents) FILTER (WHERE l.kind = ANY(:own) AND p.surplus), 0)::bigint AS going_back,
                coalesce(-sum(l.amount_cents) FILTER (WHERE NOT l.credits AND p.surplus IS NOT TRUE
                    AND (l.kind IN ('refund', 'reversal') OR l.kind = 'adjustment' AND l.amount_cents > 0)
                ), 0)::bigint AS uncredited
            FROM ledger_transaction l LEFT JOIN payment p ON p.id = l.payment_id WHERE l.order_id = o.id
        ) s ON true
        WHERE o.id > :after AND o.id <= :upto
    ) o
    WHERE held_cents <> held OR credited_cents <> credited OR held < 0
        OR (payment_status = 'PAID' AND due > 0)
        OR (payment_status = 'UNPAID' AND (bought <> 0
            OR (status = ANY(:agreed) AND total_cents > 0 AND NOT released)))
        OR (payment_status = 'DEPOSIT_PAID' AND held < deposit_cents)
        OR (payment_status = 'PARTIALLY_REFUNDED' AND (held <= 0 AND NOT owing OR owing AND uncredited > 0))
        OR (payment_status = 'REFUNDED' AND (bought > 0 OR owing))
        OR (status = 'PENDING_PAYMENT' AND payment_status <> 'UNPAID')
    """
)


def check_orders(tell: Tell) -> Iterator[Found]:
    """Every order that does not agree with its ledger."""
    own, agreed = [kind.value for kind in OWN_MONEY], [status.value for status in AGREED]
    for piece in pieces(Order):
        for row in rows_of(_QUERY, piece, own=own, agreed=agreed, released=RELEASED):
            yield from _differences(row)
        tell(piece.done)


def _differences(row: Row[Any]) -> Iterator[Found]:
    def amount(cents: int) -> str:
        return money(Money(cents, row.currency))

    if row.held_cents != row.held:
        yield _found(
            row,
            _D.HELD_DIFFERS,
            f"Order {row.number} says that we hold {amount(row.held_cents)}; its ledger adds up to {amount(row.held)}.",
            row.held,
            row.held_cents,
        )
    if row.credited_cents != row.credited:
        yield _found(
            row,
            _D.CREDITED_DIFFERS,
            f"Order {row.number} says that its price was lowered by {amount(row.credited_cents)}; "
            f"its ledger says {amount(row.credited)}.",
            row.credited,
            row.credited_cents,
        )
    if row.held < 0:
        yield _found(
            row,
            _D.MORE_BACK_THAN_IN,
            f"{amount(row.went_back)} went back for order {row.number}, and only {amount(row.came_in)} came in.",
            row.came_in,
            row.went_back,
        )
        return
    yield from _standing(row, amount)


def _standing(row: Row[Any], amount: Callable[[int], str]) -> Iterator[Found]:
    """Whether what it says of its payment fits what its ledger holds."""
    status, says = row.payment_status, f"Order {row.number} is {words(_P(row.payment_status))}"
    if status == _P.PAID and row.due > 0:
        sentence = f"{says}, and {amount(row.due)} of its {amount(row.total_cents)} is missing."
        yield _found(row, _D.PAID_WITH_DUE, sentence, 0, row.due)
    elif status == _P.UNPAID and row.bought:
        sentence = f"{says}, and we hold {amount(row.bought)} for it."
        yield _found(row, _D.UNPAID_WITH_MONEY, sentence, 0, row.bought)
    elif status == _P.UNPAID and row.status in AGREED:
        sentence = f"{says}, and it is confirmed all the same; nobody released it to the kitchen."
        yield _found(row, _D.CONFIRMED_WITHOUT_MONEY, sentence, row.total_cents, 0)
    elif _is_askew(row):
        sentence = f"{says}, and we hold {amount(row.held)} of its {amount(row.total_cents)}."
        yield _found(row, _D.STATUS_DIFFERS, sentence, None, row.held)
    elif _asks_again(row):
        sentence = (
            f"{amount(row.uncredited)} went back for order {row.number} and its price stayed as it was, so that "
            f"{amount(row.due)} counts as due."
        )
        yield _found(row, _D.REFUND_NOT_CREDITED, sentence, 0, row.uncredited)


def _asks_again(row: Row[Any]) -> bool:
    """A refund was entered as if it had not lowered the price, and its customer would be asked for it again."""
    return bool(row.payment_status == _P.PARTIALLY_REFUNDED and row.owing and row.uncredited > 0)


def _is_askew(row: Row[Any]) -> bool:
    return bool(
        (row.payment_status == _P.DEPOSIT_PAID and row.held < row.deposit_cents)
        or (row.payment_status == _P.PARTIALLY_REFUNDED and row.held <= 0 and not row.owing)
        # Money that bought nothing is on its way back, and check_papers looks after it.
        or (row.payment_status == _P.REFUNDED and (row.bought > 0 or row.owing))
        or (row.status == "PENDING_PAYMENT" and row.payment_status != _P.UNPAID)
    )


def _found(row: Row[Any], kind: DifferenceKind, sentence: str, expected: int | None, found: int) -> Found:
    return Found(
        kind,
        f"order:{row.id}",
        sentence,
        row.currency,
        expected_cents=expected,
        found_cents=found,
        order_id=row.id,
    )
