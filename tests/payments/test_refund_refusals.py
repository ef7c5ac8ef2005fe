"""What is refused of refunds, each with a clear sentence, and nothing done."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bakery.core.errors import Conflict, DomainError, Invalid, NotFound
from bakery.orders.models import Order
from bakery.payments.refund_models import RefundRequest
from bakery.payments.refund_simulation import Choice, NothingLeft
from bakery.payments.refund_states import RefundKind
from bakery.payments.services import refund_requests, run_refund
from bakery.payments.services.refund_requests import Changed
from tests.fakes.gateway import FakeGateway
from tests.payments import refund_steps as refunds
from tests.payments import steps


@pytest.fixture
def order(session: Session, gateway: FakeGateway) -> Order:
    return refunds.paid(gateway)


WRONG_AMOUNTS = [0, -1, 10_551, 10**12, None]


@pytest.mark.parametrize("cents", WRONG_AMOUNTS)
def test_an_amount_that_cannot_be_is_refused(order: Order, session: Session, cents: int | None) -> None:
    with pytest.raises(Invalid) as refused:
        refunds.ask(order, Choice(RefundKind.AMOUNT, amount_cents=cents))
    assert refused.value.field == "amount"
    assert ("At most $105.50" if (cents or 0) > 0 else "above zero") in refused.value.message
    assert session.scalars(select(RefundRequest)).all() == []


def test_units_that_cannot_be_are_refused(order: Order, gateway: FakeGateway) -> None:
    line = next(iter(refunds.units(order, 1).units))
    theirs = next(iter(refunds.units(refunds.paid(gateway), 1).units))
    for units, said in (
        ({}, "at least one"),
        ({line: 0}, "at least one"),
        ({line: 2}, "1 of Walnut Cake can go back; you wrote 2"),
        ({line: -1}, "you wrote -1"),
        ({line: 10**9}, "you wrote 1,000,000,000"),
        ({theirs: 1}, "not on this order"),
        ({line: 1, 10**18: 1}, "not on this order"),
    ):
        with pytest.raises(Invalid, match=said):
            refunds.ask(order, Choice(RefundKind.LINES, units))


def test_units_that_went_back_do_not_go_back_again(order: Order, gateway: FakeGateway) -> None:
    refunds.refunded(order, gateway, refunds.units(order, 1))
    with pytest.raises(Invalid, match="None of Walnut Cake can go back"):
        refunds.ask(order, refunds.units(order, 1))


@pytest.mark.parametrize(
    ("reason", "said"), [("", "Say why"), (" \x00", "Say why"), ("x" * 10_000, "10,000")]
)
def test_no_reason_and_an_endless_one_are_refused(order: Order, reason: str, said: str) -> None:
    with pytest.raises(Invalid, match=said) as refused:
        refunds.ask(order, reason=reason)
    assert refused.value.field == "reason"


@pytest.mark.parametrize("key", ["", "short", "x" * 81])
def test_a_page_without_its_key_is_refused(order: Order, key: str) -> None:
    with pytest.raises(Invalid):
        refunds.ask(order, key=key)


def test_an_unpaid_order_gives_nothing_back(session: Session) -> None:
    with pytest.raises(NothingLeft):
        refunds.ask(steps.pending())


def test_what_is_decided_is_not_given_twice(order: Order) -> None:
    refunds.approved(order, refunds.amount(10_000))
    with pytest.raises(Invalid, match=r"At most \$5\.50"):
        refunds.ask(order, refunds.amount(1000))
    refunds.approved(order, refunds.amount(550))
    with pytest.raises(NothingLeft):
        refunds.ask(order, refunds.amount(1))


def test_what_is_only_asked_for_reserves_nothing_and_is_looked_at_again(order: Order) -> None:
    asked = refunds.ask(order, refunds.amount(10_000))
    refunds.approved(order, refunds.amount(1000))
    with pytest.raises(Invalid, match=r"At most \$95\.50"):
        refund_requests.approve(asked.id, refunds.who())


def test_what_was_shown_and_what_is_done_are_the_same_or_nothing_is_done(
    order: Order, session: Session
) -> None:
    seen = refunds.shown(order)
    refunds.approved(order, refunds.amount(1000))
    with pytest.raises(Changed) as changed:
        refunds.ask(order, seen=seen.fingerprint, actor=refunds.who(), approve=True)
    assert changed.value.now.amount_cents == 9550
    asked = refunds.ask(order, seen=changed.value.now.fingerprint, actor=refunds.who(), approve=True)
    assert refunds.row(asked.id).amount_cents == 9550


def test_an_approval_is_of_what_was_shown(order: Order) -> None:
    asked = refunds.ask(order)
    seen = refunds.shown(order)
    refunds.approved(order, refunds.amount(1000))
    with pytest.raises(Changed):
        refund_requests.approve(asked.id, refunds.who(), seen.fingerprint)
    assert refund_requests.approve(asked.id, refunds.who(), refunds.shown(order).fingerprint)


def test_while_a_dispute_is_open_nothing_is_decided(order: Order) -> None:
    asked = refunds.ask(order)
    dispute = refunds.dispute(order)
    for attempt in (
        lambda: refund_requests.approve(asked.id, refunds.who()),
        lambda: refunds.ask(order, refunds.amount(100), actor=refunds.who(), approve=True),
    ):
        with pytest.raises(Conflict, match="dispute"):
            attempt()
    dispute.state, dispute.closed_at = "WON", dispute.opened_at
    Session.object_session(dispute).commit()
    refund_requests.approve(asked.id, refunds.who())


def test_requests_and_refunds_that_do_not_exist_are_not_found(session: Session, gateway: FakeGateway) -> None:
    for attempt in (
        lambda: refund_requests.approve(1, refunds.who()),
        lambda: refund_requests.reject(1, refunds.who(), "No"),
    ):
        with pytest.raises(NotFound):
            attempt()
    run_refund(1, gateway)


@pytest.mark.parametrize(
    "change",
    ["UPDATE refund_event SET reason = 'x'", "DELETE FROM refund_event", "TRUNCATE refund_event"],
)
def test_what_happened_stays_written(order: Order, session: Session, change: str) -> None:
    refunds.ask(order)
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(change))


def test_every_refusal_is_a_sentence_for_people(order: Order) -> None:
    for choice in (
        Choice(RefundKind.AMOUNT, amount_cents=0),
        Choice(RefundKind.LINES),
        refunds.amount(10**12),
    ):
        with pytest.raises(DomainError) as refused:
            refunds.ask(order, choice)
        assert refused.value.message.endswith(".") and refused.value.status == 422
