"""An inquiry that is settled by a refund: with the limit, the second person, and never twice."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.aftercare import answers, delivery
from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Forbidden
from bakery.infra.db import db
from bakery.integrations.gateway.port import GatewayUnavailable
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.dispute_models import Dispute
from bakery.payments.refund_models import RefundRequest
from bakery.payments.services import refund_requests
from bakery.people.models import Role
from bakery.shop.models import Shop
from jobs import disputes as jobs
from tests.aftercare.disputed import answer_of, carry, disputed, manager, seen
from tests.fakes.gateway import FakeGateway
from tests.payments import dispute_steps as told
from tests.payments import refund_steps as refunds
from tests.payments import steps


@pytest.fixture
def inquiry(sold: Order, gateway: FakeGateway) -> Dispute:
    return disputed(sold, gateway, "warning_needs_response", amount=1000)


@pytest.fixture
def staff(session: Session) -> Actor:
    return manager()


def limit(cents: int) -> None:
    db.session.get_one(Shop, 1).refund_limit_cents = cents
    db.session.commit()


def the_request() -> RefundRequest:
    db.session.expire_all()
    return db.session.scalars(select(RefundRequest)).one()


def run(gateway: FakeGateway) -> None:
    for args in steps.owed("jobs.refunds.execute"):
        services.run_refund(*args, gateway)


def test_it_is_a_refund_like_any_other_and_nobodys_dashboard(
    sold: Order, inquiry: Dispute, staff: Actor, gateway: FakeGateway
) -> None:
    answers.accept(seen(inquiry), staff)
    carry()
    [made] = gateway.refunds.values()
    steps.tell("refund.created", made.raw)
    request = the_request()
    assert (request.source, request.state, request.first_by) == ("staff", "SUCCEEDED", "Maryam")
    assert request.amount_cents == made.amount_cents == answer_of(inquiry).refund_cents == 1000
    assert "inquiry" in request.reason
    assert made.raw["metadata"]["refund_part"] == str(refunds.parts(request.id)[0].id)
    assert steps.alerts("refund_adopted") == [] and len(refunds.notes(sold)) == 1
    assert answer_of(inquiry).state == "ACCEPTED"


def test_after_a_lost_answer_and_a_job_given_up_it_goes_once(
    inquiry: Dispute, staff: Actor, gateway: FakeGateway
) -> None:
    def lost() -> None:
        if gateway.calls[-1] == "refund":
            raise GatewayUnavailable("the answer was lost")
        gateway.interrupt = lost

    answers.accept(seen(inquiry), staff)
    gateway.interrupt = lost
    with pytest.raises(GatewayUnavailable):
        carry(1)
    gateway.interrupt = None
    delivery.report_given_up(answer_of(inquiry).id, "Stripe did not answer")
    assert answer_of(inquiry).state == "ACCEPTING"
    with pytest.raises(Conflict):
        answers.accept(seen(inquiry), staff)
    services.give_up_refund(the_request().id)
    with pytest.raises(Conflict, match="had this refund after all"):
        services.retry_part(refunds.parts(the_request().id)[0].id, staff, gateway)
    jobs.watch_disputes()
    assert len(gateway.refunds) == 1 and the_request().state == "SUCCEEDED"
    assert answer_of(inquiry).state == "ACCEPTED"


def test_above_the_limit_a_second_person_agrees_before_anything_goes(
    inquiry: Dispute, staff: Actor, gateway: FakeGateway
) -> None:
    limit(999)
    answers.accept(seen(inquiry), staff)
    carry()
    jobs.watch_disputes()
    request = the_request()
    assert request.awaits_second and not gateway.refunds and answer_of(inquiry).state == "ACCEPTING"
    with pytest.raises(Conflict, match="second person"):
        refund_requests.approve(request.id, staff)
    refund_requests.approve(request.id, refunds.who(Role.OWNER, "Farid"))
    run(gateway)
    jobs.watch_disputes()
    assert len(gateway.refunds) == 1 and the_request().second_by == "Farid"
    assert answer_of(inquiry).state == "ACCEPTED"


def test_declined_by_the_second_the_inquiry_is_the_staffs_again(
    inquiry: Dispute, staff: Actor, gateway: FakeGateway
) -> None:
    limit(999)
    answers.accept(seen(inquiry), staff)
    refund_requests.reject(the_request().id, refunds.who(Role.OWNER, "Farid"), "We can show that they came")
    jobs.watch_disputes()
    answer = answer_of(inquiry)
    assert (answer.state, gateway.refunds) == ("DRAFT", {}) and "declined" in answer.error
    answers.send(seen(inquiry), staff)
    carry()
    assert answer_of(inquiry).state == "SENT"


def test_once_it_is_a_chargeback_its_refund_is_frozen(
    sold: Order, inquiry: Dispute, staff: Actor, gateway: FakeGateway
) -> None:
    answers.accept(seen(inquiry), staff)
    steps.tell(told.UPDATED, told.body_of(sold, "needs_response", told.taken(sold)))
    run(gateway)
    assert gateway.refunds == {} and the_request().state == "FAILED"
    with pytest.raises(Conflict, match="dispute about this order is open"):
        services.retry_part(refunds.parts(the_request().id)[0].id, staff, gateway)


def test_no_other_refund_goes_while_it_is_open_and_no_page_claims_to_settle_it(
    sold: Order, inquiry: Dispute, staff: Actor
) -> None:
    for key in ("any-page", f"inquiry:{inquiry.id}:mine"):
        with pytest.raises(Conflict, match="dispute about this order is open"):
            refunds.approved(sold, refunds.amount(100), by=staff, key=key)


def test_who_may_not_refund_does_not_settle_an_inquiry(inquiry: Dispute) -> None:
    with pytest.raises(Forbidden):
        answers.accept(seen(inquiry), refunds.who(Role.COUNTER, "Omar"))
    assert answer_of(inquiry) is None
