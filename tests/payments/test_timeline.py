"""The timeline of an order's money: adds up to nothing, whatever happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bakery.core.money import Money
from bakery.payments.models import OWN_MONEY, TransactionKind
from bakery.payments.queries import transactions
from bakery.payments.timeline import LineKind, Sale, Timeline, sale_of, tell
from tests.fakes.gateway import FakeGateway
from tests.payments import steps

NOON = datetime(2026, 11, 28, 1, tzinfo=UTC)
KIND = TransactionKind


@dataclass(frozen=True)
class Row:
    kind: str
    amount_cents: int
    credits: bool = False
    payment_id: int | None = None
    stripe_id: str = "x"
    slip: str = ""
    note: str = ""
    actor_label: str = ""
    at: datetime = NOON


def aud(cents: int) -> Money:
    return Money(cents, "AUD")


def told(total: int, *rows: Row, due: int = 0, over: bool = False, **kinds: str) -> Timeline:
    by_payment = {int(name.removeprefix("p")): kind for name, kind in kinds.items()}
    return tell(Sale(aud(total), NOON, aud(due), over), rows, by_payment)


def shown(timeline: Timeline) -> list[tuple[str, int, int]]:
    return [(line.words, line.amount.cents, line.balance.cents) for line in timeline.lines]


def test_an_order_paid_at_once() -> None:
    timeline = told(10_000, Row(KIND.CHARGE, 10_000, payment_id=1), p1="full")
    assert shown(timeline) == [
        ("Ordered", -10_000, -10_000),
        ("Paid by card", 10_000, 0),
        ("Nothing is due", 0, 0),
    ]
    assert timeline.moved and timeline.netted == aud(10_000)


def test_a_deposit_a_refund_of_a_part_and_what_is_due() -> None:
    timeline = told(
        10_000,
        Row(KIND.CHARGE, 5000, payment_id=1),
        Row(KIND.REFUND, -1000, credits=True, payment_id=1),
        Row(KIND.CASH, 2000, slip="", stripe_id="till:abc"),
        due=3000,
        p1="deposit",
    )
    assert shown(timeline) == [
        ("Ordered", -10_000, -10_000),
        ("Deposit paid by card", 5000, -5000),
        ("Sent back to the card", -1000, -6000),
        ("Price lowered", 1000, -5000),
        ("Paid in cash", 2000, -3000),
        ("Still due", 3000, 0),
    ]
    assert timeline.lines[4].reference == "", "our own name for a form says nothing to anybody"


def test_a_refund_that_came_back_and_money_that_bought_nothing() -> None:
    timeline = told(
        1000,
        Row(KIND.CHARGE, 1000),
        Row(KIND.CHARGE, 1000),
        Row(KIND.REFUND, -300, credits=True),
        Row(KIND.REVERSAL, 300, credits=True),
    )
    assert shown(timeline)[-3:] == [
        ("Did not arrive, is here again", 300, 1300),
        ("Price as before", -300, 1000),
        ("Still owed to the customer", -1000, 0),
    ]
    assert timeline.closing.kind == LineKind.OWED_BACK


def test_a_transfer_by_hand_and_a_wrong_count_are_told_apart() -> None:
    timeline = told(
        1000,
        Row(KIND.CHARGE, 1000),
        Row(KIND.ADJUSTMENT, -300, credits=True),
        Row(KIND.ADJUSTMENT, -100),
        Row(KIND.ADJUSTMENT, 100),
        Row(KIND.CASH, -50, credits=True),
    )
    words = [line.words for line in timeline.lines if line.kind == LineKind.MOVEMENT]
    assert words[1:] == [
        "Given back another way",
        "Corrected downwards",
        "Corrected upwards",
        "Given back in cash",
    ]
    assert timeline.closing.kind == LineKind.SETTLED


@pytest.mark.parametrize(
    ("due", "over", "kind"),
    [(1000, False, "due"), (0, True, "not_asked"), (0, False, "missing"), (400, False, "missing")],
)
def test_what_is_left_is_named_by_what_the_order_asks_for(due: int, over: bool, kind: str) -> None:
    timeline = told(1000, due=due, over=over)
    assert (timeline.closing.kind, timeline.closing.amount, timeline.moved) == (kind, aud(1000), False)


def test_the_shops_own_costs_stand_apart() -> None:
    timeline = told(
        1000,
        Row(KIND.CHARGE, 1000),
        Row(KIND.FEE, -47),
        Row(KIND.DISPUTE, -1000),
        Row(KIND.DISPUTE_FEE, -2500),
        Row(KIND.DISPUTE, 1000),
    )
    assert [(line.words, line.amount.cents) for line in timeline.own] == [
        ("Stripe's fee", -47),
        ("Taken by the bank in a dispute", -1000),
        ("Fee of the dispute", -2500),
        ("Dispute won, money back", 1000),
    ]
    assert (timeline.held, timeline.netted) == (aud(1000), aud(-1547))
    assert timeline.closing.kind == LineKind.SETTLED


def rows() -> st.SearchStrategy[Row]:
    sign = {KIND.CHARGE: 1, KIND.REVERSAL: 1, KIND.REFUND: -1}

    def row(kind: TransactionKind, cents: int, minus: bool, credits: bool, minutes: int) -> Row:
        cents = cents * sign.get(kind, -1 if minus else 1)
        return Row(kind, cents, credits=credits and kind in OWN_MONEY, at=NOON + timedelta(minutes=minutes))

    return st.builds(
        row,
        st.sampled_from(list(TransactionKind)),
        st.integers(1, 2_000_000),
        st.booleans(),
        st.booleans(),
        st.integers(0, 10_000),
    )


@given(
    total=st.integers(0, 2_000_000),
    ledger=st.lists(rows(), max_size=30),
    due=st.integers(0, 2_000_000),
    over=st.booleans(),
)
def test_it_adds_up_to_nothing_whatever_happened(total: int, ledger: list[Row], due: int, over: bool) -> None:
    timeline = told(total, *ledger, due=due, over=over)
    assert sum(line.amount.cents for line in timeline.lines) == 0
    balance = 0
    for line in timeline.lines:
        balance += line.amount.cents
        assert line.balance.cents == balance
    own = [row.amount_cents for row in ledger if row.kind in OWN_MONEY]
    credited = -sum(row.amount_cents for row in ledger if row.kind in OWN_MONEY and row.credits)
    assert timeline.held.cents == sum(own)
    assert timeline.closing.amount.cents == total - credited - sum(own)
    assert timeline.netted.cents == sum(row.amount_cents for row in ledger)
    movements = [line.amount.cents for line in timeline.lines if line.kind == LineKind.MOVEMENT]
    assert movements == own
    assert [line.amount.cents for line in timeline.own] == [
        row.amount_cents for row in ledger if row.kind not in OWN_MONEY
    ]


def test_the_timeline_of_a_real_order_asks_for_what_the_order_asks_for(
    session: Session, gateway: FakeGateway
) -> None:
    order = steps.pending(deposit_cents=5000)
    assert tell(sale_of(order), [], {}).closing.amount == order.due
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    order = steps.reread(order)
    payment = steps.latest(order)
    timeline = tell(sale_of(order), transactions(session, order.id), {payment.id: payment.kind})
    assert shown(timeline)[1:] == [("Deposit paid by card", 5000, -5550), ("Still due", 5550, 0)]
