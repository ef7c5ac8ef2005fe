"""Whose money goes back, of which line and rate, and by which way; always what the page had shown."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core.errors import Invalid
from bakery.core.money import Money
from bakery.infra.db import db
from bakery.infra.transaction import transaction
from bakery.orders import operations as orders
from bakery.orders.models import Order, OrderLine
from bakery.payments import services
from bakery.payments.models import Payment, TransactionKind
from bakery.payments.operations import ledger
from bakery.payments.refund_simulation import Choice
from bakery.payments.refund_states import RefundKind, Tender
from bakery.people.models import Role
from bakery.shop.models import Shop
from tests.factories.catalog import VariantFactory, make_cake, make_loaf
from tests.factories.orders import OrderFactory, OrderLineFactory, make_order
from tests.factories.shop import ShopFactory
from tests.fakes.gateway import FakeGateway
from tests.payments import refund_steps as refunds
from tests.payments import steps

DEPOSIT = 3000


def deposit_and_balance(gateway: FakeGateway) -> Order:
    """A cake for 86.00 of which 30.00 was paid first, and the rest later."""
    ShopFactory()
    order = make_order((VariantFactory(price_cents=8600), 1), deposit_cents=DEPOSIT)
    for _ in range(2):
        steps.open_page(order, gateway)
        steps.pay(order, gateway)
    return steps.reread(order)


def ways(order: Order, choice: Choice) -> list[tuple[str, int]]:
    return [(part.kind or part.tender, part.cents) for part in refunds.shown(order, choice).parts]


@pytest.fixture
def order(session: Session, gateway: FakeGateway) -> Order:
    return refunds.paid(gateway)


def test_the_newest_payment_gives_first(session: Session, gateway: FakeGateway) -> None:
    order = deposit_and_balance(gateway)
    assert ways(order, refunds.amount(6000)) == [("balance", 5600), ("deposit", 400)]
    session.get_one(Shop, 1).refund_order = "oldest"
    session.commit()
    assert ways(order, refunds.amount(6000)) == [("deposit", 3000), ("balance", 3000)]


def test_two_payments_give_back_to_the_cent_in_several_portions(
    session: Session, gateway: FakeGateway
) -> None:
    order = deposit_and_balance(gateway)
    for cents in (2500, 3333, 2767):
        refunds.refunded(order, gateway, refunds.amount(cents))
    assert refunds.available(order) == 0
    payments = session.scalars(select(Payment.id).where(Payment.order_id == order.id)).all()
    assert [ledger.held_for_payment(session, payment_id) for payment_id in payments] == [0, 0]
    after = steps.reread(order)
    assert (after.payment_status, after.held_cents, after.credited_cents) == ("REFUNDED", 0, 8600)
    given = [part.amount_cents for made in refunds.notes(order) for part in refunds.parts(made.request_id)]
    assert given == [2500, 3100, 233, 2767]


def test_one_of_two_parts_that_fails_leaves_the_other_where_it_is(
    session: Session, gateway: FakeGateway
) -> None:
    order = deposit_and_balance(gateway)
    request_id = refunds.refunded(order, gateway)
    first = refunds.parts(request_id)[0]
    failed = gateway.settle(str(first.stripe_refund_id), "failed", "lost_or_stolen_card")
    steps.tell("refund.failed", failed.raw)
    assert [part.state for part in refunds.parts(request_id)] == ["FAILED", "SUCCEEDED"]
    assert refunds.row(request_id).state == "FAILED"
    assert steps.reread(order).held_cents == 5600


def test_money_of_the_till_goes_back_by_hand_and_only_then_into_the_ledger(
    session: Session, gateway: FakeGateway
) -> None:
    order = steps.pending()
    refunds.at_counter(order, 10_550)
    assert ways(order, refunds.amount(1000)) == [("cash", 1000)]
    request_id = refunds.approved(order, refunds.amount(1000))
    assert refunds.row(request_id).state == "PROCESSING"
    assert steps.owed("jobs.refunds.execute") == []
    assert steps.ledger(order) == [("cash", 10_550)]
    [part] = refunds.parts(request_id)
    assert part.state == "TO_GIVE"
    services.hand_over(part.id, refunds.who(Role.COUNTER, "Omar"), "in coins")
    assert steps.ledger(order) == [("cash", 10_550), ("cash", -1000)]
    after = steps.reread(order)
    assert (after.payment_status, after.credited_cents) == ("PARTIALLY_REFUNDED", 1000)
    assert refunds.row(request_id).state == "SUCCEEDED"
    assert (refunds.parts(request_id)[0].given_by, len(refunds.notes(order))) == ("Omar", 1)


def test_card_and_till_together(session: Session, gateway: FakeGateway) -> None:
    ShopFactory()
    order = make_order((VariantFactory(price_cents=8600), 1), deposit_cents=DEPOSIT)
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    refunds.at_counter(order, 5000)
    refunds.at_counter(order, 600, TransactionKind.EXTERNAL_CARD)
    shown = refunds.shown(order)
    assert [(part.tender, part.cents) for part in shown.parts] == [
        (Tender.EXTERNAL_CARD, 600),
        (Tender.CASH, 5000),
        (Tender.STRIPE, 3000),
    ]
    request_id = refunds.refunded(order, gateway)
    assert refunds.row(request_id).state == "PROCESSING" and refunds.notes(order) == []
    for part in refunds.parts(request_id):
        if part.state == "TO_GIVE":
            services.hand_over(part.id, refunds.who(Role.COUNTER))
    assert refunds.row(request_id).state == "SUCCEEDED"
    assert steps.reread(order).held_cents == 0 and refunds.available(order) == 0
    assert sum(cents for _, cents in steps.ledger(order)) == 0


def test_a_deposit_alone_gives_back_no_more_than_itself(session: Session, gateway: FakeGateway) -> None:
    ShopFactory()
    order = make_order((VariantFactory(price_cents=8600), 1), deposit_cents=DEPOSIT)
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    shown = refunds.shown(order)
    assert (shown.amount_cents, shown.lines[0].units) == (3000, 0)
    with pytest.raises(Invalid, match=r"These cost \$86\.00, and of this order \$30\.00"):
        refunds.ask(order, refunds.units(order, 1))


def test_what_bought_nothing_is_not_this_refunds_money(order: Order, gateway: FakeGateway) -> None:
    """A second payment of the whole goes back by itself; no request counts it."""
    with transaction() as session:
        second = Payment(order_id=order.id, amount_cents=10_550, currency="AUD", idempotency_key="twice")
        second.state, second.surplus, second.payment_intent_id = "SUCCEEDED", True, "pi_twice"
        session.add(second)
        session.flush()
        orders.lock_order(session, order.id)
        entry = ledger.Entry(
            order.id, TransactionKind.CHARGE, Money(10_550, "AUD"), "pi_twice", payment_id=second.id
        )
        ledger.enter(session, entry)
    assert steps.reread(order).held_cents == 21_100
    assert refunds.available(order) == 10_550


def test_what_a_bank_took_in_a_dispute_is_not_given_again(order: Order) -> None:
    payment = steps.latest(order)
    with transaction() as session:
        orders.lock_order(session, order.id)
        entry = ledger.Entry(
            order.id, TransactionKind.DISPUTE, Money(-10_000, "AUD"), "txn_1", payment_id=payment.id
        )
        ledger.enter(session, entry)
    assert refunds.available(order) == 550


def test_what_was_given_back_before_requests_existed_counts(order: Order) -> None:
    payment = steps.latest(order)
    with transaction() as session:
        orders.lock_order(session, order.id)
        entry = ledger.Entry(
            order.id,
            TransactionKind.REFUND,
            Money(-10_000, "AUD"),
            "re_old",
            payment_id=payment.id,
            credits=True,
        )
        ledger.enter(session, entry)
    shown = refunds.shown(order)
    assert shown.amount_cents == 550
    assert sum(line.cents for line in shown.lines) == 550


def test_two_rates_go_back_each_with_its_own_tax(session: Session, gateway: FakeGateway) -> None:
    ShopFactory()
    order = OrderFactory(total_cents=10_400, tax_cents=782)
    OrderLineFactory(order_row=order, variant=make_cake(), position=0)
    loaf = {"tax_code": "gst_free", "tax_name": "GST-free", "tax_rate_bp": 0, "tax_cents": 0}
    OrderLineFactory(order_row=order, variant=make_loaf(), quantity=2, position=1, **loaf)
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    shown = refunds.shown(order, refunds.units(order, 1, 1))
    assert [(row.tax_name, row.net_cents, row.tax_cents) for row in shown.rates] == [
        ("GST 10%", 7818, 782),
        ("GST-free", 900, 0),
    ]
    request_id = refunds.refunded(order, gateway, refunds.units(order, 1, 1))
    assert refunds.lines(request_id) == [(1, 8600, 782), (1, 900, 0)]


def test_where_tax_is_added_the_refund_has_it_in(session: Session, gateway: FakeGateway) -> None:
    ShopFactory()
    order = OrderFactory(total_cents=2198, tax_cents=200, prices_include_tax=False)
    OrderLineFactory(
        order_row=order, variant=VariantFactory(price_cents=999), quantity=2, tax_cents=200, position=0
    )
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    for cents, tax in ((1099, 100), (1099, 100)):
        request_id = refunds.refunded(order, gateway, refunds.units(order, 1))
        assert refunds.lines(request_id) == [(1, cents, tax)]
    assert steps.reread(order).payment_status == "REFUNDED"


def test_a_discount_goes_back_by_its_share(session: Session, gateway: FakeGateway) -> None:
    ShopFactory()
    order = OrderFactory(total_cents=1800, tax_cents=164)
    OrderLineFactory(
        order_row=order,
        variant=VariantFactory(price_cents=650),
        quantity=3,
        discount_cents=150,
        position=0,
    )
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    [line] = refunds.shown(order, refunds.units(order, 2)).lines
    assert (line.cents, line.discount_cents) == (1200, 100)


def test_every_portion_of_an_order_ends_at_its_last_cent(order: Order, gateway: FakeGateway) -> None:
    for choice in (refunds.units(order, 0, 1), refunds.amount(777), refunds.units(order, 0, 2)):
        shown = refunds.shown(order, choice)
        request_id = refunds.refunded(order, gateway, choice)
        assert refunds.row(request_id).amount_cents == shown.amount_cents
    last = refunds.refunded(order, gateway)
    line = db.session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).first()
    assert line is not None
    after = steps.reread(order)
    assert (after.held_cents, after.credited_cents, after.payment_status) == (0, 10_550, "REFUNDED")
    assert sum(refunds.row(note.request_id).tax_cents for note in refunds.notes(order)) == after.tax_cents
    assert refunds.row(last).kind == RefundKind.ALL


def test_what_the_page_shows_is_what_is_written(order: Order, gateway: FakeGateway) -> None:
    choice = refunds.units(order, 1, 2)
    shown = refunds.shown(order, choice)
    request_id = refunds.refunded(order, gateway, choice, seen=shown.fingerprint)
    assert refunds.lines(request_id) == [(line.units, line.cents, line.tax_cents) for line in shown.lines]
    assert [(part.tender, part.payment_id, part.amount_cents) for part in refunds.parts(request_id)] == [
        (part.tender, part.payment_id, part.cents) for part in shown.parts
    ]
    assert [made.amount_cents for made in gateway.refunds.values()] == [part.cents for part in shown.parts]
    row = refunds.row(request_id)
    assert (row.amount_cents, row.tax_cents) == (shown.amount_cents, shown.tax_cents)


def test_fees_are_what_the_ledger_says_stripe_took(order: Order) -> None:
    assert refunds.shown(order).fees_cents is None
    payment = steps.latest(order)
    with transaction() as session:
        entry = ledger.Entry(
            order.id, TransactionKind.FEE, Money(-209, "AUD"), "txn_fee", payment_id=payment.id
        )
        ledger.enter(session, entry)
    assert refunds.shown(order).fees_cents == 209


def test_only_a_cancellation_frees_the_slot(order: Order) -> None:
    assert not refunds.shown(order).slot_freed
    assert refunds.shown(order, Choice(RefundKind.CANCELLATION, amount_cents=500)).slot_freed


def test_older_payments_do_not_lose_their_place_by_the_clock(session: Session, gateway: FakeGateway) -> None:
    order = deposit_and_balance(gateway)
    first = session.scalars(select(Payment).where(Payment.kind == "deposit")).one()
    first.ended_at = first.ended_at - timedelta(days=3) if first.ended_at else None
    session.commit()
    assert ways(order, refunds.amount(100)) == [("balance", 100)]
