"""What two readings of the money found: payments that cross each other, keys that collide, news that stops others."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.money import Money
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.models import TransactionKind
from bakery.payments.operations import ledger
from bakery.payments.operations.attempts import CardOnFile
from bakery.payments.refund_simulation import Choice, simulate
from bakery.payments.refund_standing import read_standing
from bakery.payments.refund_states import RefundKind, RefundSource
from bakery.payments.services import refund_requests
from bakery.payments.services.refund_requests import Ask
from tests.fakes.gateway import FakeGateway
from tests.payments import cards, steps
from tests.payments import refund_steps as refunds

TOTAL, DEPOSIT = 10_550, 5275


def test_the_rest_is_kept_though_a_second_deposit_is_still_on_its_way_back(
    session: Session, gateway: FakeGateway
) -> None:
    order = steps.pending(deposit_cents=DEPOSIT)
    first = steps.open_page(order, gateway)
    first.state = "EXPIRED"
    session.commit()
    second = steps.open_page(order, gateway)
    steps.tell("checkout.session.completed", gateway.pay(str(second.session_id)).raw)
    rest = steps.open_page(order, gateway)
    for page in (first, rest):
        steps.tell("checkout.session.completed", gateway.pay(str(page.session_id)).raw)
    assert steps.reread(order).payment_status == "PAID"
    assert steps.owed("jobs.payments.refund_late_payment") == [[first.id]]


def test_a_card_is_not_charged_for_what_was_just_paid_on_the_page(order: Order, gateway: FakeGateway) -> None:
    page = steps.open_page(order, gateway)
    gateway.pay(str(page.session_id))  # and its event is still on its way
    charged = services.charge_saved_card(order.id, CardOnFile("cus_laila", "pm_good"), gateway, steps.BASE)
    assert (charged.outcome, charged.payment_id) == ("charged", page.id)
    assert gateway.charges == {}


def test_another_box_ticked_opens_no_second_page_while_the_first_is_just_paid(
    order: Order, gateway: FakeGateway
) -> None:
    page = steps.open_page(order, gateway)
    gateway.pay(str(page.session_id))
    saving = cards.payer(cards.somebody(), save=True)
    url = services.start_checkout(order.id, gateway, steps.BASE, payer=saving)
    assert url == f"{steps.BASE}/orders/{order.number}?paid=1"
    assert len(gateway.sessions) == 1


def test_another_box_ticked_opens_another_page_while_the_first_is_not_paid(
    order: Order, gateway: FakeGateway
) -> None:
    page = steps.open_page(order, gateway)
    saving = cards.payer(cards.somebody(), save=True)
    assert services.start_checkout(order.id, gateway, steps.BASE, payer=saving) != page.url
    assert len(gateway.sessions) == 2 and steps.owed("jobs.payments.close_session") == [[page.id]]


def test_no_page_opens_while_stripe_has_charged_the_card_and_not_told(
    order: Order, gateway: FakeGateway
) -> None:
    services.charge_saved_card(order.id, CardOnFile("cus_laila", "pm_good"), gateway, steps.BASE)
    assert services.start_checkout(order.id, gateway, steps.BASE).endswith("?paid=1")
    assert gateway.sessions == {}


def test_a_fee_that_is_entered_meanwhile_changes_nothing_that_was_shown(
    session: Session, order: Order, gateway: FakeGateway
) -> None:
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    choice = Choice(RefundKind.AMOUNT, amount_cents=100)
    before = simulate(read_standing(session, order), choice).fingerprint
    fee = ledger.Entry(
        order.id, TransactionKind.FEE, Money(-210, "AUD"), "txn_1", payment_id=steps.latest(order).id
    )
    ledger.enter(session, fee)
    session.commit()
    assert simulate(read_standing(session, steps.reread(order)), choice).fingerprint == before


@pytest.mark.parametrize("key", ["cancelled:{other}", "the same key"])
def test_a_key_of_one_orders_page_takes_nothing_from_another(
    session: Session, gateway: FakeGateway, key: str
) -> None:
    mine, theirs = refunds.paid(gateway), refunds.paid(gateway)
    for order in (mine, theirs):
        refund_requests.ask(
            Ask(
                order_id=order.id,
                choice=Choice(RefundKind.AMOUNT, amount_cents=100),
                reason="it was squashed",
                key=key.format(other=theirs.id),
                actor=refunds.who(),
                source=RefundSource.CUSTOMER,
            )
        )
    assert services.cancel_with_refund(theirs.id, refunds.who(), "the oven broke") is not None


def test_a_slow_refund_of_surplus_is_no_failure_and_its_customer_is_told_when_it_is_there(
    session: Session, order: Order, gateway: FakeGateway
) -> None:
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    payment = steps.latest(order)
    payment.surplus = True
    session.commit()
    gateway.refunds_begin = "pending"
    with pytest.raises(services.refunds.NotYetRefunded) as late:
        services.refund_late_payment(payment.id, gateway)
    services.report_failed_refund(payment.id, f"NotYetRefunded: {late.value}")
    [alert] = steps.alerts("refund_slow")
    assert "still on its way" in alert.text and steps.alerts("refund_failed") == []
    [made] = gateway.refunds.values()
    steps.tell("refund.updated", gateway.settle(made.id, "succeeded").raw)
    assert steps.owed("jobs.orders.send_late_refund") == [[order.id]]


def test_a_refund_that_stripe_does_not_know_stops_no_other(session: Session, gateway: FakeGateway) -> None:
    gateway.refunds_begin = "pending"
    for _ in range(2):
        order = refunds.paid(gateway)
        refunds.refunded(order, gateway, refunds.amount(100))
    unknown, known = list(gateway.refunds)
    del gateway.refunds[unknown]
    gateway.settle(gateway.refunds[known].id, "succeeded")
    with clock.travel(clock.now() + timedelta(hours=2)):
        assert services.follow_refunds(gateway) == 1
