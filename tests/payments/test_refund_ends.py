"""Refunds that cannot go any more: each can be ended, and none goes twice on the way."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bakery.core.errors import Conflict, Forbidden, Invalid
from bakery.infra.db import db
from bakery.integrations.gateway.port import GatewayUnavailable
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.books.check_refunds import check_refunds
from bakery.payments.models import EventOutcome
from bakery.payments.receipts import ReceiptPdf
from bakery.payments.refund_states import Tender
from bakery.people.models import Role
from jobs import refund_mails
from tests.fakes.gateway import FakeGateway, refund_body
from tests.payments import dispute_steps as told
from tests.payments import refund_steps as refunds
from tests.payments import steps


@pytest.fixture
def order(session: Session, gateway: FakeGateway) -> Order:
    return refunds.paid(gateway)


@pytest.fixture
def promised(order: Order, gateway: FakeGateway) -> int:
    """All of it, with its credit note, which the bank has sent back."""
    request_id = refunds.refunded(order, gateway)
    body = gateway.settle(str(refunds.parts(request_id)[0].stripe_refund_id), "failed").raw
    steps.tell("refund.failed", body)
    assert refunds.row(request_id).state == "FAILED" and len(refunds.notes(order)) == 1
    return request_id


def lose(order: Order) -> None:
    told.open_dispute(order)
    steps.tell(told.CLOSED, told.body_of(order, "lost", told.taken(order)))


def last(request_id: int) -> int:
    return refunds.parts(request_id)[-1].id


def to_give(request_id: int, gateway: FakeGateway) -> None:
    services.give_otherwise(last(request_id), refunds.who(), Tender.BANK_TRANSFER, "Card closed", gateway)


def test_what_was_to_be_given_another_way_is_said_not_to_be(
    promised: int, order: Order, gateway: FakeGateway
) -> None:
    to_give(promised, gateway)
    services.not_given(last(promised), refunds.who(name="Zohra"), "They want cash")
    part = refunds.parts(promised)[-1]
    assert (part.state, part.failure) == ("FAILED", "Zohra did not give it: They want cash")
    assert refunds.row(promised).state == "FAILED" and told.open_alerts("refund_failed") != []
    services.give_otherwise(part.id, refunds.who(), Tender.CASH, "They want cash", gateway)
    services.hand_over(last(promised), refunds.who())
    assert refunds.row(promised).state == "SUCCEEDED" and steps.reread(order).held_cents == 0


def test_the_second_mail_says_how_it_was_given_in_the_end(promised: int, gateway: FakeGateway) -> None:
    services.give_otherwise(last(promised), refunds.who(), Tender.CASH, "They want cash", gateway)
    services.hand_over(last(promised), refunds.who())
    assert steps.owed("jobs.refunds.send_refunded")[-1] == [promised, 2]
    mail = refund_mails.refunded(promised, 2, ReceiptPdf("C-000001", b"%PDF", ""))
    assert mail.subject.endswith(": we gave you $105.50 in cash")
    for body in (mail.text, mail.html):
        said = " ".join(body.split())
        assert "did not reach you. We gave you $105.50 in cash instead." in said
        assert "names the way by which we sent it first" in said
        assert "on its way" not in said and "sent it again" not in said and "goes back" not in said


def test_the_second_mail_of_what_goes_to_the_card_again_says_so(promised: int, gateway: FakeGateway) -> None:
    services.retry_part(last(promised), refunds.who(), gateway)
    services.run_refund(promised, gateway)
    mail = refund_mails.refunded(promised, 2, ReceiptPdf("C-000001", b"%PDF", ""))
    assert mail.subject.endswith("is on its way back to you once more")
    assert "so we have sent it again" in mail.text and "names the way" not in mail.text


def test_who_may_not_refund_says_nothing_of_it(promised: int, gateway: FakeGateway) -> None:
    to_give(promised, gateway)
    with pytest.raises(Forbidden):
        services.not_given(last(promised), refunds.who(Role.COUNTER, "Omar"), "No")
    with pytest.raises(Invalid):
        services.not_given(last(promised), refunds.who(), "  ")
    services.not_given(last(promised), refunds.who(), "No")
    with pytest.raises(Conflict, match="somebody was quicker"):
        services.not_given(last(promised), refunds.who(), "No")


def test_a_promise_ends_when_the_bank_has_given_the_money_in_a_dispute(
    promised: int, order: Order, gateway: FakeGateway
) -> None:
    to_give(promised, gateway)
    lose(order)
    with pytest.raises(Conflict, match="not with us any more"):
        services.hand_over(last(promised), refunds.who())
    services.not_given(last(promised), refunds.who(), "The bank gave it")
    mails = len(steps.owed("jobs.refunds.send_refunded"))
    services.leave_it(promised, refunds.who(), "The bank gave it", gateway)
    assert refunds.row(promised).state == "SUCCEEDED" and len(refunds.notes(order)) == 1
    assert "FAILED" not in [part.state for part in refunds.parts(promised)]
    assert len(steps.owed("jobs.refunds.send_refunded")) == mails
    assert told.open_alerts("refund_failed") == []
    assert [found.kind for found in check_refunds(lambda _: None)] == []


def test_a_promise_does_not_end_while_the_dispute_is_open_or_the_money_is_here(
    promised: int, order: Order, gateway: FakeGateway
) -> None:
    with pytest.raises(Conflict, match="credit note is issued"):
        services.leave_it(promised, refunds.who(), "Enough", gateway)
    told.open_dispute(order)
    with pytest.raises(Conflict, match="credit note is issued"):
        services.leave_it(promised, refunds.who(), "Enough", gateway)
    assert refunds.row(promised).state == "FAILED"


def test_what_the_books_do_not_have_is_not_sent_again(
    promised: int, order: Order, gateway: FakeGateway
) -> None:
    lose(order)
    with pytest.raises(Conflict, match="not with us any more"):
        services.retry_part(last(promised), refunds.who(), gateway)


def test_given_by_hand_and_sent_by_stripe_after_all_is_said_to_have_gone_twice(
    order: Order, gateway: FakeGateway
) -> None:
    request_id = refunds.approved(order)
    gateway.away = True
    with pytest.raises(GatewayUnavailable):
        services.run_refund(request_id, gateway)
    services.give_up_refund(request_id)
    gateway.away = False
    part_id = last(request_id)
    services.give_otherwise(part_id, refunds.who(), Tender.CASH, "No answer", gateway)
    services.hand_over(last(request_id), refunds.who())
    body = refund_body("re_late", str(steps.latest(order).payment_intent_id), order.total_cents)
    body["metadata"] = {"refund_part": str(part_id), "refund_request": str(request_id)}
    assert steps.tell("refund.created", body) == EventOutcome.FLAGGED
    assert "sent it after all" in told.open_alerts("refund_twice")[0]


def test_what_stripe_sent_and_the_books_cannot_take_waits_for_a_person_and_goes_no_second_time(
    order: Order, gateway: FakeGateway
) -> None:
    request_id = refunds.approved(order)
    # All but 5.50 has gone past us, while this was being sent.
    intent = str(steps.latest(order).payment_intent_id)
    steps.tell("refund.created", refund_body("re_desk", intent, 10000))
    services.run_refund(request_id, gateway)
    part = refunds.parts(request_id)[0]
    assert (part.state, refunds.row(request_id).state) == ("FAILED", "FAILED")
    assert "books cannot take it" in part.failure
    assert "is not in the books" in told.open_alerts("refund_failed")[0]
    for act in (
        lambda: services.retry_part(part.id, refunds.who(), gateway),
        lambda: services.give_otherwise(part.id, refunds.who(), Tender.CASH, "x", gateway),
    ):
        with pytest.raises(Conflict, match="books cannot take it"):
            act()
    # The other one is sent back by its bank: asked again, this one fits.
    steps.tell("refund.failed", refund_body("re_desk", intent, 10000, "failed"))
    with pytest.raises(Conflict, match="had this refund after all"):
        services.retry_part(part.id, refunds.who(), gateway)
    assert refunds.row(request_id).state == "SUCCEEDED" and steps.reread(order).held_cents == 0
    db.session.rollback()
    assert len(gateway.refunds) == 1
