"""A book of some hundred orders of every kind has no difference at all, and one planted cent is found in it."""

from __future__ import annotations

import random
from collections import Counter

from bakery.core.actor import Actor
from bakery.core.money import Money
from bakery.payments.models import TransactionKind
from bakery.payments.operations import ledger
from bakery.payments.services import counter, refund_late_payment
from tests.books import steps as books
from tests.fakes.gateway import FakeGateway, refund_body
from tests.payments import steps

ORDERS = 220
STAFF = Actor(None, "Omar")


def unpaid(gateway: FakeGateway, chance: random.Random) -> None:
    order = steps.pending()
    if chance.random() < 0.5:
        steps.open_page(order, gateway)


def paid(gateway: FakeGateway, chance: random.Random) -> None:
    books.paid(gateway)


def free(gateway: FakeGateway, chance: random.Random) -> None:
    order = steps.pending(total_cents=0, tax_cents=0)
    books.tamper(
        "UPDATE shop_order SET status = 'CONFIRMED', payment_status = 'PAID', confirmed_at = now() WHERE id = :id",
        id=order.id,
    )
    books.issue_receipt(order)


def deposit(gateway: FakeGateway, chance: random.Random) -> None:
    order = books.paid(gateway, deposit_cents=chance.randrange(100, 10_000))
    if chance.random() < 0.5:
        steps.open_page(order, gateway)
        steps.pay(order, gateway)


def refunded(gateway: FakeGateway, chance: random.Random) -> None:
    order = books.paid(gateway)
    left = order.total_cents
    for number in range(chance.randrange(1, 4)):
        cents = chance.choice([1, left, chance.randrange(1, left + 1)])
        books.refund(order, gateway, cents, key=f"part {number}")
        left -= cents
        if not left:
            return


def came_back(gateway: FakeGateway, chance: random.Random) -> None:
    order = books.paid(gateway)
    refund_id = books.refund(order, gateway, 1000)
    failed = refund_body(refund_id, books.intent(order), 1000, "failed")
    gateway.book_refund(failed)
    steps.tell("refund.failed", failed)


def on_its_way(gateway: FakeGateway, chance: random.Random) -> None:
    order = books.paid(gateway)
    body = refund_body(f"re_slow_{order.id}", books.intent(order), 1000, "pending")
    gateway.book_refund(body)
    steps.tell("refund.created", body)


def too_late(gateway: FakeGateway, chance: random.Random) -> None:
    order = steps.pending()
    steps.open_page(order, gateway)
    books.tamper("UPDATE shop_order SET status = 'CANCELLED' WHERE id = :id", id=order.id)
    steps.pay(order, gateway)
    refund_late_payment(steps.latest(order).id, gateway)


def disputed(gateway: FakeGateway, chance: random.Random) -> None:
    order = books.paid(gateway)
    about = {"payment_intent_id": books.intent(order), "source_id": f"dp_{order.id}"}
    moves = [gateway.book("dispute", -order.total_cents, fee_cents=2500, **about)]
    if chance.random() < 0.5:
        moves.append(gateway.book("dispute_reversal", order.total_cents, fee_cents=-2500, **about))
    for move in moves:
        for kind, cents in (
            (TransactionKind.DISPUTE, move.amount_cents),
            (TransactionKind.DISPUTE_FEE, -move.fee_cents),
        ):
            ledger.enter(books.db.session(), ledger.Entry(order.id, kind, Money(cents, "AUD"), move.id))
    books.db.session.commit()


def at_the_counter(gateway: FakeGateway, chance: random.Random) -> None:
    """The deposit by Stripe, the rest in one or two goes at the counter."""
    order = books.paid(gateway, deposit_cents=5000)
    first = chance.choice([order.due.cents, 1, 2550])
    for number, cents in enumerate((first, order.due.cents - first)):
        if cents:
            tender = chance.choice([TransactionKind.CASH, TransactionKind.EXTERNAL_CARD])
            taking = counter.Taking(f"form-{order.id:04}-{number}", tender, cents, slip="4711")
            counter.take_money(order.id, taking, STAFF)


def corrected(gateway: FakeGateway, chance: random.Random) -> None:
    order = books.paid(gateway)
    cents = chance.choice([-1, -500, 300])
    wrong = counter.Adjustment(f"form-{order.id:04}", cents, "Counted wrong", lowers_price=cents < 0)
    counter.adjust(order.id, wrong, STAFF)


KINDS = (
    unpaid,
    paid,
    paid,
    free,
    deposit,
    refunded,
    came_back,
    on_its_way,
    too_late,
    disputed,
    at_the_counter,
    corrected,
)


def test_hundreds_of_mixed_orders_agree_to_the_cent_and_a_planted_cent_is_found(gateway: FakeGateway) -> None:
    chance = random.Random(20261128)
    made = Counter()
    for _ in range(ORDERS):
        kind = chance.choice(KINDS)
        kind(gateway, chance)
        made[kind.__name__] += 1
    gateway.book("payout", -100_000)
    assert min(made.values()) >= 8, made
    run = books.prove(gateway)
    assert (run.ok, run.found, [each.words for each in books.found()]) == (True, 0, [])
    for line in run.sums:
        if line["stripe"] is not None and line["ledger"] is not None:
            assert line["ledger"] == line["stripe"], line
        if line["orders"] is not None:
            assert line["ledger"] == line["orders"], line
    net = sum(each.net_cents for each in gateway.balance)
    of_no_order = sum(line["stripe"] for line in run.sums if line["key"].startswith("no_order:"))
    waiting = sum(each.net_cents for each in gateway.balance if str(each.source_id).startswith("re_slow_"))
    assert sum(day["stripe"] for day in run.days) + of_no_order + waiting == net
    books.tamper(
        "UPDATE ledger_transaction SET amount_cents = amount_cents + 1 WHERE id ="
        " (SELECT max(id) FROM ledger_transaction WHERE kind = 'charge')"
    )
    books.prove(gateway)
    assert "amount_differs" in books.kinds() and "held_differs" in books.kinds()
