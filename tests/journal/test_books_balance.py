"""The journal as a whole: each entry balances, and its sums are those of the ledger and of the papers."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bakery.core.money import included_tax
from bakery.orders.models import Order
from bakery.payments.journal import queries
from bakery.payments.journal.queries import Period
from bakery.payments.journal.sharing import Credit, share_credits
from bakery.payments.models import Receipt, TransactionKind
from tests.factories.shop import ShopFactory, make_tax_rates
from tests.journal import books
from tests.journal.books import balances, journal, ledger_sum
from tests.receipts.sales import enter, pay, sold, with_deposit

K = TransactionKind
AT_STRIPE = (K.CHARGE, K.REFUND, K.REVERSAL, K.FEE, K.DISPUTE, K.DISPUTE_FEE, K.TRANSFER)


@pytest.fixture(autouse=True)
def shop(session: Session) -> None:
    ShopFactory()
    make_tax_rates()


def a_month(seed: int, orders: int = 12) -> None:
    """Orders with everything that can become of them, by the roll of a die."""
    luck = random.Random(seed)
    for number in range(orders):
        order = with_deposit() if luck.random() < 0.4 else sold()
        if not order.deposit_cents:
            pay(order, order.total_cents, f"pi_{number}")
        if luck.random() < 0.9:
            books.invoice(order)
        paid = order.deposit_cents or order.total_cents
        if order.deposit_cents and luck.random() < 0.6:
            kind = luck.choice([K.CASH, K.EXTERNAL_CARD, K.CHARGE])
            enter(order, kind, order.total_cents - paid, f"rest_{number}")
            paid = order.total_cents
        money_back(luck, order, paid // 3)
        at_the_bank(luck, order, paid)
        if luck.random() < 0.1:
            enter(order, K.ADJUSTMENT, luck.choice([-5, 5]), f"fix_{number}", note="counted again")
        if luck.random() < 0.2:
            books.call_off(order)


def money_back(luck: random.Random, order: Order, most: int) -> None:
    """What was paid too much goes back, and parts of the price."""
    if luck.random() < 0.3:
        pay(order, 700, f"pi_extra_{order.id}", surplus=True)
        enter(order, K.REFUND, -700, f"re_extra_{order.id}", payment_id=books.payment_of(order))
    for part in range(luck.randrange(3)):
        cents = luck.randrange(1, most)
        enter(order, K.REFUND, -cents, f"re_{order.id}_{part}", credits=True)
        if luck.random() < 0.2:
            enter(order, K.REVERSAL, cents, f"re_{order.id}_{part}", credits=True)


def at_the_bank(luck: random.Random, order: Order, paid: int) -> None:
    """Fees, and a dispute that is won, lost or open."""
    enter(order, K.FEE, -luck.randrange(1, 300), f"fee_{order.id}")
    if luck.random() < 0.2:
        enter(order, K.DISPUTE, -paid, f"du_{order.id}")
        enter(order, K.DISPUTE_FEE, -2500, f"df_{order.id}")
        ending = luck.randrange(3)
        if ending == 0:
            books.lose_dispute(order, paid)
        elif ending == 1:
            enter(order, K.DISPUTE, paid, f"won_{order.id}")


@pytest.mark.parametrize("seed", range(4))
def test_a_month_of_everything_balances_and_ties_to_ledger_and_papers(session: Session, seed: int) -> None:
    a_month(seed)
    entries = journal()
    for entry in entries:
        assert sum(cents for _, cents in books.lines(entry)) == 0, entry
        assert entry.lines and all(
            (line.debit_cents == 0) != (line.credit_cents == 0) for line in entry.lines
        )
    assert len({entry.number for entry in entries}) == len(entries)
    assert entries == sorted(entries, key=lambda entry: entry.at)
    sums = balances()
    assert sum(sums.values()) == 0
    # The ledger, kind by kind.
    assert sums.get("stripe", 0) == ledger_sum(*AT_STRIPE)
    assert sums.get("cash", 0) == ledger_sum(K.CASH)
    assert sums.get("terminal", 0) == ledger_sum(K.EXTERNAL_CARD)
    assert sums.get("fees", 0) == -ledger_sum(K.FEE)
    assert sums.get("dispute_fees", 0) == -ledger_sum(K.DISPUTE_FEE)
    assert sums.get("suspense", 0) == ledger_sum(K.ADJUSTMENT)
    assert sums.get("disputed", 0) + sums.get("dispute_losses", 0) == -ledger_sum(K.DISPUTE)
    # The papers: what is owed to the tax office is what the invoices say, less what was taken off them.
    invoiced = sum(facts["tax_cents"] for facts in session.scalars(select(Receipt.snapshot)))
    off = sum(line.debit_cents - line.credit_cents for e in entries if e.kind != "invoice" for line in e.lines
              if line.slot == "gst")  # fmt: skip
    assert -sums.get("gst", 0) == invoiced - off
    # Customers: what they paid and what they owe, by the orders' own books.
    for order in session.scalars(select(Order)):
        session.refresh(order)
        mine = [line for e in entries if e.order_number == order.number for line in e.lines]
        owed = sum(x.debit_cents - x.credit_cents for x in mine if x.slot in ("deposits", "receivable"))
        has_invoice = session.scalar(select(Receipt.id).where(Receipt.order_id == order.id)) is not None
        if has_invoice:
            expected = order.total_cents - order.credited_cents - order.held_cents
            expected = 0 if order.status == "CANCELLED" and expected > 0 else expected
        else:
            expected = -order.held_cents - order.credited_cents
        assert owed == expected, (order.number, order.status)


def test_days_put_together_are_the_whole(session: Session) -> None:
    a_month(7, orders=6)
    start = datetime.now(UTC) - timedelta(days=40)
    cut = datetime.now(UTC) - timedelta(days=1)
    whole = journal(Period(start, cut + timedelta(days=5)))
    assert journal(Period(start, cut)) + journal(Period(cut, cut + timedelta(days=5))) == whole


def test_it_is_read_in_chunks_and_is_the_same_in_any(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_month(3, orders=5)
    whole = journal()
    for chunk in (1, 2, 7):
        monkeypatch.setattr(queries, "CHUNK", chunk)
        assert journal() == whole


def test_a_hundred_thousand_rows_come_while_they_are_read(session: Session, count_queries: Any) -> None:
    """Memory and time of the first line do not grow with the file."""
    order = sold(total_cents=2_000_000_000, tax_cents=0)
    # What the trigger keeps of the order is not asked here, and would write its row as many times.
    session.execute(text("ALTER TABLE ledger_transaction DISABLE TRIGGER book"))
    session.execute(
        text(
            "INSERT INTO ledger_transaction (order_id, kind, amount_cents, currency, stripe_id, note, at) "
            "SELECT :order, 'fee', -1 - n % 7, 'AUD', 't' || n, '', timestamptz '2026-11-01' + n * interval '1 s' "
            "FROM generate_series(0, 99999) AS n"
        ),
        {"order": order.id},
    )
    session.execute(text("ANALYZE ledger_transaction"))
    session.commit()
    with count_queries() as seen:
        found = queries.read_journal(session, books.ALWAYS)
        first = next(found)
        assert first.kind == "fee" and len(seen) < 12
        assert sum(line.debit_cents for entry in found for line in entry.lines) == sum(
            1 + n % 7 for n in range(1, 100_000)
        )


shares = st.dictionaries(
    st.sampled_from(["gst", "gst_free", "half"]),
    st.tuples(st.integers(0, 10**7), st.integers(0, 10**6)),
    min_size=1,
)


@given(sale=shares, cuts=st.lists(st.floats(0, 1), max_size=12))
@settings(max_examples=300, deadline=None)
def test_parts_given_back_one_after_the_other_are_the_whole_to_the_cent(sale: Any, cuts: list[float]) -> None:
    total = sum(net + tax for net, tax in sale.values())
    points = sorted({0, total, *(int(total * cut) for cut in cuts)})
    parts = [b - a for a, b in zip(points, points[1:], strict=False)]
    found = share_credits(sale, [Credit(str(n), cents) for n, cents in enumerate(parts)])
    for n, cents in enumerate(parts):
        assert sum(net + tax for net, tax in found[str(n)].values()) == cents
    for code, (net, tax) in sale.items():
        if total:
            assert sum(each.get(code, (0, 0))[0] for each in found.values()) == net
            assert sum(each.get(code, (0, 0))[1] for each in found.values()) == tax


def test_shares_that_somebody_decided_come_before_proportion() -> None:
    sale = {"gst": (7818, 782), "gst_free": (1800, 0)}
    found = share_credits(
        sale,
        [Credit("loaf", 900, known={"gst_free": (900, 0)}), Credit("rest", 9500)],
    )
    assert found["rest"] == {"gst": (7818, 782), "gst_free": (900, 0)}
    assert included_tax(8600, 1000) == 782
