"""What people do about a refund that did not go: try again, another way, or leave it at that."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from bakery.core.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from bakery.infra.db import db
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.models import Payment
from bakery.payments.refund_models import RefundPart
from bakery.payments.refund_states import Tender
from bakery.people.models import Role
from tests.factories.catalog import VariantFactory
from tests.factories.orders import make_order
from tests.factories.shop import ShopFactory
from tests.fakes.gateway import FakeGateway, refund_body
from tests.payments import refund_steps as refunds
from tests.payments import steps


class Killed(BaseException):
    """The process dies here."""


@pytest.fixture
def order(session: Session, gateway: FakeGateway) -> Order:
    return refunds.paid(gateway)


@pytest.fixture
def failed(order: Order, gateway: FakeGateway) -> int:
    """A refund of 10.00 that the bank has sent back."""
    request_id = refunds.refunded(order, gateway, refunds.amount(1000))
    bounce(gateway, request_id)
    assert refunds.row(request_id).state == "FAILED"
    return request_id


def bounce(gateway: FakeGateway, request_id: int, which: int = -1) -> None:
    part = refunds.parts(request_id)[which]
    body = gateway.settle(str(part.stripe_refund_id), "failed", "expired_or_canceled_card").raw
    steps.tell("refund.failed", body)


def part_of(request_id: int) -> int:
    return refunds.parts(request_id)[0].id


def test_tried_again_it_is_another_refund_with_a_key_of_its_own(failed: int, gateway: FakeGateway) -> None:
    services.retry_part(part_of(failed), refunds.who(), gateway)
    services.run_refund(failed, gateway)
    first, second = refunds.parts(failed)
    assert (first.state, second.state) == ("REPLACED", "SUCCEEDED")
    assert first.idempotency_key != second.idempotency_key
    assert refunds.road(failed)[-3:] == ["FAILED", "PROCESSING", "SUCCEEDED"]


def test_pressed_twice_it_is_tried_once(failed: int, gateway: FakeGateway) -> None:
    part_id = part_of(failed)
    services.retry_part(part_id, refunds.who(), gateway)
    with pytest.raises(Conflict, match="seen to it already"):
        services.retry_part(part_id, refunds.who(), gateway)
    assert len(refunds.parts(failed)) == 2


@pytest.mark.parametrize(
    ("tender", "kind", "by"),
    [
        (Tender.CASH, "cash", Role.COUNTER),
        (Tender.EXTERNAL_CARD, "external_card", Role.COUNTER),
        (Tender.BANK_TRANSFER, "adjustment", Role.MANAGER),
    ],
)
def test_given_another_way_it_is_in_the_ledger_when_somebody_confirms_it(
    failed: int, order: Order, gateway: FakeGateway, tender: Tender, kind: str, by: Role
) -> None:
    services.give_otherwise(part_of(failed), refunds.who(), tender, "The card is closed", gateway)
    part = refunds.parts(failed)[-1]
    assert (part.state, part.tender, part.note) == ("TO_GIVE", tender, "The card is closed")
    assert steps.reread(order).held_cents == 10550
    assert refunds.row(failed).state == "PROCESSING"
    services.hand_over(part.id, refunds.who(by, "Omar"))
    assert steps.ledger(order)[-1] == (kind, -1000)
    after = steps.reread(order)
    assert (after.held_cents, after.credited_cents) == (9550, 1000)
    assert refunds.row(failed).state == "SUCCEEDED"
    # The card has no claim to it any more.
    assert refunds.available(order) == 9550
    assert len(refunds.notes(order)) == 1


def test_a_transfer_is_confirmed_by_who_may_refund_and_cash_by_who_takes_money(
    failed: int, gateway: FakeGateway
) -> None:
    services.give_otherwise(part_of(failed), refunds.who(), Tender.BANK_TRANSFER, "Closed", gateway)
    with pytest.raises(Forbidden):
        services.hand_over(refunds.parts(failed)[-1].id, refunds.who(Role.COUNTER))
    with pytest.raises(Forbidden):
        services.hand_over(refunds.parts(failed)[-1].id, refunds.who(Role.BAKER))


def test_confirmed_twice_it_is_given_once(failed: int, order: Order, gateway: FakeGateway) -> None:
    services.give_otherwise(part_of(failed), refunds.who(), Tender.CASH, "Closed", gateway)
    part_id = refunds.parts(failed)[-1].id
    services.hand_over(part_id, refunds.who())
    with pytest.raises(Conflict, match="quicker"):
        services.hand_over(part_id, refunds.who())
    assert [kind for kind, _ in steps.ledger(order)].count("cash") == 1


def test_nobody_gives_out_of_the_till_what_went_back_elsewhere(
    order: Order, gateway: FakeGateway, failed: int
) -> None:
    """The whole payment went back in Stripe's dashboard meanwhile."""
    intent = str(steps.latest(order).payment_intent_id)
    steps.tell("refund.created", refund_body("re_dash", intent, 10_550))
    with pytest.raises(Conflict, match="not with us any more"):
        services.give_otherwise(part_of(failed), refunds.who(), Tender.CASH, "Closed", gateway)


def test_nobody_gives_while_a_dispute_is_open(failed: int, order: Order, gateway: FakeGateway) -> None:
    services.give_otherwise(part_of(failed), refunds.who(), Tender.CASH, "Closed", gateway)
    part_id = refunds.parts(failed)[-1].id
    refunds.dispute(order)
    with pytest.raises(Conflict, match="dispute"):
        services.hand_over(part_id, refunds.who())


def test_nothing_is_tried_again_while_a_dispute_is_open(
    failed: int, order: Order, gateway: FakeGateway
) -> None:
    refunds.dispute(order)
    for attempt in (
        lambda: services.retry_part(part_of(failed), refunds.who(), gateway),
        lambda: services.give_otherwise(part_of(failed), refunds.who(), Tender.CASH, "Closed", gateway),
    ):
        with pytest.raises(Conflict, match="dispute"):
            attempt()


@pytest.mark.parametrize("why", ["", "x" * 501])
def test_another_way_needs_a_reason(failed: int, gateway: FakeGateway, why: str) -> None:
    with pytest.raises(Invalid):
        services.give_otherwise(part_of(failed), refunds.who(), Tender.CASH, why, gateway)


def test_back_to_the_same_card_is_no_other_way(failed: int, gateway: FakeGateway) -> None:
    with pytest.raises(Invalid):
        services.give_otherwise(part_of(failed), refunds.who(), Tender.STRIPE, "Closed", gateway)


def attempts(gateway: FakeGateway) -> list[Callable[[int, int], object]]:
    counter = refunds.who(Role.COUNTER)
    return [
        lambda request, part: services.retry_part(part, counter, gateway),
        lambda request, part: services.give_otherwise(part, counter, Tender.CASH, "Closed", gateway),
        lambda request, part: services.leave_it(request, counter, "Enough", gateway),
        lambda request, part: services.call_back(part, counter, gateway),
    ]


def test_who_may_not_refund_saves_nothing(failed: int, gateway: FakeGateway) -> None:
    for attempt in attempts(gateway):
        with pytest.raises(Forbidden):
            attempt(failed, part_of(failed))


def test_what_is_not_there_is_not_found(session: Session, gateway: FakeGateway) -> None:
    for attempt in [*attempts(gateway), lambda request, part: services.hand_over(part, refunds.who())]:
        with pytest.raises(NotFound):
            attempt(77, 77)


# What Stripe may have done without our hearing of it


@pytest.fixture
def unheard(order: Order, gateway: FakeGateway) -> int:
    """Stripe has done it; we were killed, then it was away until the job was given up."""

    def die() -> None:
        raise Killed

    request_id = refunds.approved(order, refunds.amount(1000))
    gateway.interrupt = die
    with pytest.raises(Killed):
        services.run_refund(request_id, gateway)
    services.give_up_refund(request_id)
    assert refunds.row(request_id).state == "FAILED"
    return request_id


@pytest.mark.parametrize("way", [0, 1])
def test_stripe_is_asked_first_and_nothing_goes_twice(
    unheard: int, order: Order, gateway: FakeGateway, way: int
) -> None:
    part_id, zohra = part_of(unheard), refunds.who()
    again = [
        lambda: services.retry_part(part_id, zohra, gateway),
        lambda: services.give_otherwise(part_id, zohra, Tender.CASH, "Closed", gateway),
    ][way]
    with pytest.raises(Conflict, match="after all"):
        again()
    assert refunds.row(unheard).state == "SUCCEEDED"
    assert len(gateway.refunds) == 1 and steps.reread(order).held_cents == 9550


def test_while_stripe_is_away_nobody_can_say_and_nothing_is_done(unheard: int, gateway: FakeGateway) -> None:
    gateway.away = True
    with pytest.raises(Unavailable):
        services.give_otherwise(part_of(unheard), refunds.who(), Tender.CASH, "Closed", gateway)
    with pytest.raises(Unavailable):
        services.leave_it(unheard, refunds.who(), "Enough", gateway)
    assert len(refunds.parts(unheard)) == 1


def test_its_late_event_settles_what_was_given_up(unheard: int, gateway: FakeGateway) -> None:
    [made] = gateway.refunds.values()
    steps.tell("refund.created", made.raw)
    assert refunds.row(unheard).state == "SUCCEEDED"
    assert steps.alerts("refund_failed")[0].resolved_at is not None


def test_what_went_after_all_beside_its_replacement_is_told_to_the_staff(
    failed: int, order: Order, gateway: FakeGateway
) -> None:
    """It cannot be helped any more, but it is in the books and somebody knows."""
    part = refunds.parts(failed)[0]
    services.give_otherwise(part.id, refunds.who(), Tender.CASH, "Closed", gateway)
    body = refund_body("re_ghost", str(steps.latest(order).payment_intent_id), 1000)
    part = db.session.get_one(RefundPart, part.id)
    part.stripe_refund_id = "re_ghost"
    db.session.commit()
    steps.tell("refund.updated", body)
    assert len(steps.alerts("refund_twice")) == 1
    assert steps.reread(order).held_cents == 9550


# Leaving it at that


def test_where_nothing_went_it_is_declined_and_the_money_is_free(order: Order, gateway: FakeGateway) -> None:
    gateway.refusing = "charge_disputed"
    request_id = refunds.refunded(order, gateway, refunds.amount(1000))
    gateway.refusing = ""
    services.leave_it(request_id, refunds.who(), "The bank has it", gateway)
    assert refunds.row(request_id).state == "REJECTED"
    assert refunds.available(order) == 10550
    assert steps.alerts("refund_failed")[0].resolved_at is not None


def test_where_a_part_went_the_rest_is_cut_off_and_the_credit_note_says_what_went(
    session: Session, gateway: FakeGateway
) -> None:
    ShopFactory()
    order = make_order((VariantFactory(price_cents=8600), 1), deposit_cents=3000)
    for _ in range(2):
        steps.open_page(order, gateway)
        steps.pay(order, gateway)
    request_id = refunds.approved(order)
    balance, deposit = refunds.parts(request_id)
    gateway.disputed.add(db.session.get_one(Payment, deposit.payment_id).payment_intent_id)
    db.session.rollback()
    services.run_refund(request_id, gateway)
    assert [part.state for part in refunds.parts(request_id)] == ["SUCCEEDED", "FAILED"]
    services.leave_it(request_id, refunds.who(), "They have the rest from their bank", gateway)
    row = refunds.row(request_id)
    assert (row.state, row.amount_cents, row.tax_cents) == ("SUCCEEDED", 5600, 509)
    [note] = refunds.notes(order)
    assert (note.snapshot["total_cents"], note.snapshot["tax_cents"]) == (5600, 509)
    assert refunds.available(order) == 3000


def test_what_a_credit_note_promised_is_not_left(failed: int, gateway: FakeGateway) -> None:
    with pytest.raises(Conflict, match="credit note is issued"):
        services.leave_it(failed, refunds.who(), "Enough", gateway)
    assert refunds.row(failed).state == "FAILED"


def test_only_what_failed_is_left(order: Order, gateway: FakeGateway) -> None:
    request_id = refunds.approved(order, refunds.amount(1000))
    with pytest.raises(Conflict, match="Only a refund that failed"):
        services.leave_it(request_id, refunds.who(), "Enough", gateway)


def test_only_what_waits_for_its_customer_is_called_back(
    order: Order, failed: int, gateway: FakeGateway
) -> None:
    with pytest.raises(Conflict):
        services.call_back(part_of(failed), refunds.who(), gateway)
    gateway.refunds_begin = "pending"
    request_id = refunds.refunded(order, gateway, refunds.amount(100))
    with pytest.raises(Conflict, match="on its way to the bank"):
        services.call_back(part_of(request_id), refunds.who(), gateway)
