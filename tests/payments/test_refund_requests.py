"""Asking for money back and deciding on it: who may, up to what, and what is refused with a clear sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Forbidden, InvalidTransition
from bakery.orders.models import Order
from bakery.payments.refund_states import RefundSource
from bakery.payments.services import refund_requests
from bakery.people.models import AuditEntry, Role
from bakery.shop.models import Shop
from tests.factories.people import UserFactory
from tests.fakes.gateway import FakeGateway
from tests.payments import refund_steps as refunds
from tests.payments import steps

GUEST = Actor(None, "customer", "198.51.100.4")


@pytest.fixture
def order(session: Session, gateway: FakeGateway) -> Order:
    return refunds.paid(gateway)


def test_the_counter_asks_and_a_manager_decides(order: Order, session: Session) -> None:
    asked = refunds.ask(order, refunds.amount(1000))
    assert (asked.state, asked.awaits_second) == ("REQUESTED", False)
    [alert] = steps.alerts("refund_asked")
    assert "Omar asks for $10.00" in alert.text and "The icing had melted" in alert.text
    assert steps.owed("jobs.refunds.execute") == []
    manager = refunds.who()
    assert refund_requests.approve(asked.id, manager).state == "APPROVED"
    assert steps.owed("jobs.refunds.execute") == [[asked.id]]
    assert refunds.road(asked.id) == ["REQUESTED", "APPROVED"]
    assert steps.alerts("refund_asked")[0].resolved_by == manager.id
    actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["refund.ask", "refund.approve"]


def test_nothing_moves_before_stripe_says_so(order: Order) -> None:
    refunds.approved(order, refunds.amount(1000))
    assert steps.ledger(order) == [("charge", 10550)]
    assert steps.reread(order).payment_status == "PAID"


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.BAKER, Role.COUNTER])
def test_who_may_not_decide_does_not(order: Order, role: Role) -> None:
    asked = refunds.ask(order, refunds.amount(1000))
    somebody = refunds.who(role)
    with pytest.raises(Forbidden):
        refund_requests.approve(asked.id, somebody)
    with pytest.raises(Forbidden):
        refund_requests.reject(asked.id, somebody, "No")
    with pytest.raises(Forbidden):
        refunds.ask(order, refunds.amount(1000), actor=somebody, approve=True)
    for nobody in (GUEST, Actor(99_999, "ghost")):
        with pytest.raises(Forbidden):
            refund_requests.approve(asked.id, nobody)
    assert refunds.row(asked.id).state == "REQUESTED"


def test_up_to_the_limit_one_person_is_enough(order: Order) -> None:
    asked = refunds.ask(order, refunds.amount(10_000), actor=refunds.who(), approve=True)
    assert asked.state == "APPROVED"


def test_above_the_limit_a_second_and_different_person_has_to_agree(order: Order) -> None:
    zohra, farid = refunds.who(), refunds.who(Role.OWNER, "Farid")
    asked = refunds.ask(order, refunds.amount(10_001), actor=zohra, approve=True)
    assert (asked.state, asked.awaits_second) == ("REQUESTED", True)
    assert "Zohra has approved giving back $100.01" in steps.alerts("refund_second")[0].text
    with pytest.raises(Conflict, match="second person"):
        refund_requests.approve(asked.id, zohra)
    assert steps.owed("jobs.refunds.execute") == []
    assert refund_requests.approve(asked.id, farid).state == "APPROVED"
    row = refunds.row(asked.id)
    assert (row.first_by, row.second_by) == ("Zohra", "Farid")
    assert refunds.road(asked.id) == ["REQUESTED", "REQUESTED", "APPROVED"]


def test_the_second_person_needs_the_right_for_it(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = refunds.ask(order, actor=refunds.who(), approve=True)
    other = refunds.who(name="Nadia")
    real = refund_requests.may
    monkeypatch.setattr(
        refund_requests, "may", lambda session, actor, right: right != "approve refunds above the limit"
    )
    with pytest.raises(Forbidden, match="above the limit"):
        refund_requests.approve(asked.id, other)
    monkeypatch.setattr(refund_requests, "may", real)
    assert refund_requests.approve(asked.id, other).state == "APPROVED"


def test_the_asker_may_be_the_second_of_two_others_and_never_both(order: Order) -> None:
    zohra, farid = refunds.who(), refunds.who(Role.OWNER, "Farid")
    asked = refunds.ask(order, actor=zohra)
    refund_requests.approve(asked.id, farid)
    assert refund_requests.approve(asked.id, zohra).state == "APPROVED"


def test_the_database_itself_keeps_the_two_apart(order: Order, session: Session) -> None:
    asked = refunds.ask(order, actor=refunds.who(), approve=True)
    with pytest.raises(IntegrityError, match="two_people"):
        session.execute(
            text("UPDATE refund_request SET second_by_id = first_by_id WHERE id = :id"), {"id": asked.id}
        )


def test_the_limit_is_not_passed_in_portions(order: Order, gateway: FakeGateway) -> None:
    zohra = refunds.who()
    refunds.refunded(order, gateway, refunds.amount(9000), by=zohra)
    assert refunds.ask(order, refunds.amount(1000), actor=zohra, approve=True).state == "APPROVED"
    assert refunds.ask(order, refunds.amount(1), actor=zohra, approve=True).awaits_second


def test_the_limit_is_the_shops(order: Order, session: Session) -> None:
    session.get_one(Shop, 1).refund_limit_cents = 999
    session.commit()
    assert refunds.ask(order, refunds.amount(1000), actor=refunds.who(), approve=True).awaits_second


def test_a_declined_request_keeps_its_reason_and_frees_the_money(order: Order) -> None:
    asked = refunds.ask(order, source=RefundSource.CUSTOMER, actor=GUEST)
    refund_requests.reject(asked.id, refunds.who(), " It was fine when you took it. ")
    row = refunds.row(asked.id)
    assert (row.state, row.answer) == ("REJECTED", "It was fine when you took it.")
    assert steps.owed("jobs.refunds.send_declined") == [[asked.id]]
    assert refunds.available(order) == 10550
    with pytest.raises(InvalidTransition):
        refund_requests.reject(asked.id, refunds.who(), "Again")
    with pytest.raises(Conflict, match="rejected already"):
        refund_requests.approve(asked.id, refunds.who())


def test_who_never_asked_is_not_told_that_they_get_nothing(order: Order) -> None:
    asked = refunds.ask(order, refunds.amount(500))
    refund_requests.reject(asked.id, refunds.who(), "Not needed after all")
    assert steps.owed("jobs.refunds.send_declined") == []


@pytest.mark.parametrize("tie", ["account", "email"])
def test_nobody_decides_on_the_refund_of_their_own_order(
    gateway: FakeGateway, order: Order, tie: str
) -> None:
    zohra = UserFactory(role=Role.MANAGER, email="zohra@saffron.test")
    own = {"user_id": zohra.id} if tie == "account" else {"contact_email": "Zohra@saffron.test"}
    theirs, actor = refunds.paid(gateway, **own), Actor(zohra.id, "Zohra")
    asked = refunds.ask(theirs, refunds.amount(100), actor=actor, approve=True)
    assert (asked.state, asked.awaits_second) == ("REQUESTED", False), "asked for, and not decided"
    with pytest.raises(Conflict, match="your own order"):
        refund_requests.approve(asked.id, actor)
    assert refunds.row(asked.id).first_by == ""
    assert refund_requests.approve(asked.id, refunds.who(name="Omar")).state == "APPROVED"
    assert refunds.ask(order, refunds.amount(100), actor=actor, approve=True).state == "APPROVED"


def test_the_second_person_may_decline_as_well(order: Order) -> None:
    asked = refunds.ask(order, actor=refunds.who(), approve=True)
    assert refunds.available(order) == 0
    refund_requests.reject(asked.id, refunds.who(Role.OWNER, "Farid"), "Ring them first")
    assert refunds.available(order) == 10550
    assert refunds.parts(asked.id) == []


def test_a_customer_has_one_request_waiting_at_a_time(order: Order) -> None:
    def asks() -> None:
        refunds.ask(order, refunds.amount(100), source=RefundSource.CUSTOMER, actor=GUEST)

    asks()
    with pytest.raises(Conflict, match="already"):
        asks()


def test_one_page_is_sent_once_however_often_it_comes(order: Order) -> None:
    wish = refunds.wish(order, refunds.amount(1000), actor=refunds.who(), approve=True)
    first = refund_requests.ask(wish)
    again = refund_requests.ask(wish)
    assert (again.id, again.again, again.state) == (first.id, True, "APPROVED")
    assert len(steps.owed("jobs.refunds.execute")) == 1


def test_a_page_with_the_same_key_of_another_order_is_another_page(
    order: Order, gateway: FakeGateway
) -> None:
    wish = refunds.wish(order, refunds.amount(1000), actor=refunds.who())
    first = refund_requests.ask(wish)
    other = refunds.paid(gateway)
    second = refund_requests.ask(replace(wish, order_id=other.id))
    assert not second.again and refunds.row(second.id).order_id == other.id
    assert refund_requests.ask(wish).id == first.id
