"""The fixes: what one click does, that it does it once, and what it refuses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Invalid, NotFound, Unavailable
from bakery.payments.books import differences, mending
from bakery.payments.books.models import BooksDifference
from bakery.payments.operations.attempts import CardOnFile
from bakery.payments.services import charge_saved_card, refund_late_payment
from bakery.people.models import AuditEntry
from tests.books import steps as books
from tests.fakes.gateway import FakeGateway, refund_body
from tests.payments import steps

OWNER = Actor(None, "Zahra", "203.0.113.9")


def one() -> BooksDifference:
    [difference] = books.found()
    return difference


def mend(gateway: FakeGateway) -> BooksDifference:
    difference = one()
    mending.fix(difference.id, gateway, OWNER)
    books.db.session.expire_all()
    return difference


def test_a_payment_whose_event_never_came_is_taken_in_with_its_fee(gateway: FakeGateway) -> None:
    order = steps.pending()
    payment = steps.open_page(order, gateway)
    gateway.pay(str(payment.session_id))
    books.prove(gateway)
    difference = mend(gateway)
    assert (difference.state, difference.actor_label) == ("FIXED", "Zahra")
    assert "Taken in from Stripe" in difference.note
    order = steps.reread(order)
    assert (order.status, order.payment_status) == ("CONFIRMED", "PAID")
    assert steps.ledger(order) == [("charge", 10_550), ("fee", -209)]
    books.issue_receipt(order)
    assert books.prove(gateway).ok
    assert steps.alerts("books_differ")[0].resolved_at is not None


def test_a_saved_cards_charge_whose_event_never_came_is_taken_in(gateway: FakeGateway) -> None:
    order = steps.pending()
    card = CardOnFile("cus_1", "pm_good")
    charged = charge_saved_card(order.id, card, gateway, steps.BASE)
    intent_id = str(books.payments(order)[0].payment_intent_id)
    gateway.book_charge(intent_id, order.total_cents, order.number)
    books.prove(gateway)
    assert mend(gateway).state == "FIXED"
    assert steps.reread(order).payment_status == "PAID" and charged.payment_id


def test_a_refund_whose_event_never_came_is_taken_in(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    gateway.refund(books.intent(order), 1000, idempotency_key="dashboard")
    books.prove(gateway)
    mend(gateway)
    assert ("refund", -1000) in steps.ledger(order)
    assert steps.reread(order).payment_status == "PARTIALLY_REFUNDED"
    assert books.prove(gateway).ok


def test_a_refund_that_came_back_is_taken_in(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    refund_id = books.refund(order, gateway, 1000)
    gateway.book_refund(refund_body(refund_id, books.intent(order), 1000, "failed"))
    books.prove(gateway)
    mend(gateway)
    assert steps.reread(order).payment_status == "PAID"
    assert books.prove(gateway).ok


def test_a_fee_is_entered(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    books.read(gateway)
    books.tamper("DELETE FROM ledger_transaction WHERE kind = 'fee'")
    books.prove(gateway, after=timedelta(days=4))
    mend(gateway)
    assert ("fee", -209) in steps.ledger(order)
    assert books.prove(gateway, after=timedelta(days=4)).ok


def test_a_receipt_is_issued(gateway: FakeGateway) -> None:
    order = steps.pending()
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    books.prove(gateway)
    assert mend(gateway).note == "Receipt R-000001 is issued."
    assert books.prove(gateway).ok


def test_surplus_money_is_sent_back_by_its_own_job_once(gateway: FakeGateway) -> None:
    order = steps.pending()
    steps.open_page(order, gateway)
    books.tamper("UPDATE shop_order SET status = 'CANCELLED' WHERE id = :id", id=order.id)
    steps.pay(order, gateway)
    books.prove(gateway, after=timedelta(hours=25))
    mend(gateway)
    jobs = steps.owed("jobs.payments.refund_late_payment")
    assert len(jobs) == 2, "the one that was owed at first, and this one"
    for payment_id, *number in jobs:
        refund_late_payment(payment_id, gateway, *number)
    assert len(gateway.refunds) == 1
    assert books.prove(gateway, after=timedelta(hours=25)).ok


def test_what_was_fixed_is_in_the_audit_log(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    gateway.refund(books.intent(order), 1000, idempotency_key="dashboard")
    books.prove(gateway)
    mend(gateway)
    entry = books.db.session.query(AuditEntry).filter_by(action="books.fix").one()
    assert (entry.actor_label, str(entry.ip)) == ("Zahra", "203.0.113.9")
    assert "Taken in" in entry.reason


def test_when_nothing_comes_of_it_the_difference_stays_open_and_says_why(gateway: FakeGateway) -> None:
    order = steps.pending()
    payment = steps.open_page(order, gateway)
    gateway.pay(str(payment.session_id), amount_cents=9000)
    books.prove(gateway)
    with pytest.raises(Conflict, match="amount 9000 instead of 10550"):
        mending.fix(one().id, gateway, OWNER)
    assert one().state == "OPEN"
    with pytest.raises(Conflict):
        mending.fix(one().id, gateway, OWNER)
    assert steps.ledger(order) == []


def test_when_stripe_is_away_nothing_changes(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    gateway.refund(books.intent(order), 1000, idempotency_key="dashboard")
    books.prove(gateway)
    gateway.away = True
    with pytest.raises(Unavailable, match="Nothing was changed"):
        mending.fix(one().id, gateway, OWNER)
    gateway.away, gateway.refusing = False, "resource_missing"
    with pytest.raises(Conflict, match="Stripe refused"):
        mending.fix(one().id, gateway, OWNER)
    assert one().state == "OPEN"


def test_what_only_a_person_can_settle_is_not_clicked_away(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    books.tamper("UPDATE shop_order SET held_cents = 1 WHERE id = :id", id=order.id)
    books.prove(gateway)
    with pytest.raises(Conflict, match="needs a person"):
        mending.fix(one().id, gateway, OWNER)


def test_a_difference_is_settled_once(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    gateway.refund(books.intent(order), 1000, idempotency_key="dashboard")
    books.prove(gateway)
    difference_id = mend(gateway).id
    for again in (
        lambda: mending.fix(difference_id, gateway, OWNER),
        lambda: differences.explain(difference_id, "it was me", OWNER),
    ):
        with pytest.raises(Conflict, match="settled already"):
            again()
    with pytest.raises(NotFound):
        mending.fix(difference_id + 1, gateway, OWNER)


def test_an_explained_difference_stays_explained_while_it_is_the_same(gateway: FakeGateway) -> None:
    books.paid(gateway)
    gateway.book_charge("pi_lost", 5000, "SC-7K3M-Q9")
    books.prove(gateway)
    differences.explain(one().id, "Lost with the restore of May; given back in Stripe.", OWNER)
    run = books.prove(gateway)
    assert (run.ok, run.found, books.kinds(), books.found("EXPLAINED")[0].times) == (True, 1, [], 2)
    assert "explained" in run.outcome
    gateway.balance = [each for each in gateway.balance if each.payment_intent_id != "pi_lost"]
    books.tamper("UPDATE balance_entry SET amount_cents = 6000, net_cents = 6000 - fee_cents"
                 " WHERE payment_intent_id = 'pi_lost'")  # fmt: skip
    books.prove(gateway)
    assert "unknown_order" in books.kinds(), "another amount is another difference"


@pytest.mark.parametrize("reason", ["", "   ", "ok", "x" * 501])
def test_an_explanation_needs_words(gateway: FakeGateway, reason: str) -> None:
    gateway.book_charge("pi_lost", 5000, "SC-7K3M-Q9")
    books.paid(gateway)
    books.prove(gateway)
    with pytest.raises(Invalid) as refused:
        differences.explain(one().id, reason, OWNER)
    assert refused.value.field == "reason"
    assert one().state == "OPEN"
