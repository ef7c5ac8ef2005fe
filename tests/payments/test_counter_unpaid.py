"""Money taken at the counter for an order that staff let through unpaid: how much of it may be taken at once."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bakery.core.errors import Invalid
from bakery.infra.db import db
from bakery.payments.books.check_orders import check_orders
from tests.payments import steps
from tests.payments.test_counter import take


def test_a_confirmed_order_that_nothing_was_paid_for_is_paid_at_the_counter(session: Session) -> None:
    order = steps.pending()
    order.status, order.released_at = "CONFIRMED", order.placed_at
    db.session.commit()
    take(order, order.total_cents)
    order = steps.reread(order)
    assert (order.status, order.payment_status) == ("CONFIRMED", "PAID")


@pytest.mark.parametrize(
    ("deposit", "cents", "said"),
    [
        (0, 5000, r"^Take all of it: \$105\.50 is due\.$"),
        (5000, 4999, r"^Take all of it: \$105\.50 is due, or at least its deposit of \$50\.00\.$"),
    ],
)
def test_of_an_order_that_was_let_through_unpaid_no_part_is_taken_that_no_status_names(
    session: Session, deposit: int, cents: int, said: str
) -> None:
    order = steps.pending(deposit_cents=deposit)
    order.status, order.released_at = "CONFIRMED", order.placed_at
    db.session.commit()
    with pytest.raises(Invalid, match=said):
        take(order, cents)
    assert steps.reread(order).held_cents == 0


def test_its_deposit_is_taken_of_an_order_that_was_let_through_unpaid(session: Session) -> None:
    # The day on which the rest is due has come, and half a payment is still more than none.
    order = steps.pending(deposit_cents=5000)
    order.status, order.released_at, order.balance_due_at = "CONFIRMED", order.placed_at, order.placed_at
    db.session.commit()
    take(order, 6000)
    order = steps.reread(order)
    assert (order.payment_status, order.due.cents) == ("DEPOSIT_PAID", 4550)
    assert list(check_orders(lambda _: None)) == []
    take(order, 4550, "form-000002")
    assert steps.reread(order).payment_status == "PAID"
