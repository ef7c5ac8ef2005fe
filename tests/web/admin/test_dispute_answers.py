"""Answering and accepting a dispute on its page: what is asked, what is kept, and what is refused."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient

from bakery.core import clock
from bakery.orders.models import Order
from bakery.payments.dispute_models import Dispute
from bakery.people.models import Role
from tests.aftercare import sales
from tests.aftercare.disputed import answer_of, at, carry, disputed
from tests.factories.people import UserFactory, sign_in
from tests.fakes.gateway import FakeGateway
from tests.payments import dispute_steps as told
from tests.payments import steps


def fields(page: str) -> dict[str, str]:
    """What the form would send as it stands."""
    hidden = dict(re.findall(r'name="(version|pack)" value="([^"]*)"', page))
    return hidden | {"customer_name": "Laila Rahimi", "product_description": "A walnut cake"}


def send(desk: FlaskClient, dispute: Dispute, **changes: Any) -> Any:
    data = fields(desk.get(at(dispute)).text) | {"do": "send", "read": "y"}
    return desk.post(at(dispute, "/answer"), data=data | changes)


def test_what_was_typed_is_kept_and_nothing_has_gone_out(
    desk: FlaskClient, dispute: Dispute, gateway: FakeGateway
) -> None:
    saved = desk.post(at(dispute, "/answer"), data=fields(desk.get(at(dispute)).text) | {"do": "save"})
    assert saved.status_code == 303
    page = desk.get(at(dispute)).text
    assert "A walnut cake" in page and "Nothing has gone out yet" in page
    carry()
    assert gateway.answers == {}


def test_without_the_tick_nothing_is_sent_and_what_was_typed_stays(
    desk: FlaskClient, dispute: Dispute, gateway: FakeGateway
) -> None:
    answer = send(desk, dispute, read="", product_description="Something typed")
    assert answer.status_code == 422 and "Tick the box first" in answer.text
    assert "Something typed" in answer.text and 'aria-invalid="true"' in answer.text
    assert steps.owed("jobs.disputes.send_answer") == []


def test_sent_it_goes_out_once_and_the_page_says_who_approved_it(
    desk: FlaskClient, dispute: Dispute, gateway: FakeGateway
) -> None:
    assert send(desk, dispute).status_code == 303
    page = desk.get(at(dispute)).text
    assert "on its way to Stripe" in page and "Maryam" in page and "Send to Stripe" not in page
    carry()
    assert len(gateway.answers) == 1
    page = desk.get(at(dispute)).text
    assert "The answer is with the bank" in page and "approved by Maryam" in page
    assert "A walnut cake" in page
    again = desk.post(at(dispute, "/answer"), data={"do": "send", "read": "y", "version": "1", "pack": "x"})
    assert again.status_code == 409 and "has decided to send the answer already" in again.text


def test_a_page_that_is_older_than_anothers_words_is_told_so_and_keeps_its_own(
    desk: FlaskClient, dispute: Dispute
) -> None:
    old = fields(desk.get(at(dispute)).text)
    desk.post(at(dispute, "/answer"), data=old | {"do": "save"})
    answer = desk.post(
        at(dispute, "/answer"), data=old | {"do": "send", "read": "y", "customer_name": "Typed"}
    )
    assert answer.status_code == 409 and "has changed this answer" in answer.text and "Typed" in answer.text


def test_too_long_a_text_is_refused_at_its_field(desk: FlaskClient, dispute: Dispute) -> None:
    answer = send(desk, dispute, customer_name="x" * 300)
    assert answer.status_code == 422 and 'id="customer_name-error"' in answer.text


def test_a_refusal_of_stripe_stands_above_the_answer(
    desk: FlaskClient, dispute: Dispute, gateway: FakeGateway
) -> None:
    send(desk, dispute)
    gateway.disputes[dispute.stripe_id]["evidence_details"] = {"due_by": 1}
    carry()
    page = desk.get(at(dispute)).text
    assert "It did not go out" in page and "past due" in page and "Send to Stripe" in page


def test_past_its_day_the_page_says_that_it_is_too_late(desk: FlaskClient, dispute: Dispute) -> None:
    form = fields(desk.get(at(dispute)).text)
    with clock.travel(clock.now() + timedelta(days=8)):
        sign_in(desk, UserFactory(role=Role.MANAGER))
        page = desk.get(at(dispute)).text
        assert "too late" in page and "Send to Stripe" not in page and "Accept the dispute" not in page
        answer = desk.post(at(dispute, "/answer"), data=form | {"do": "send", "read": "y"})
        assert answer.status_code == 409 and "It is too late now" in answer.text


def test_accepting_asks_to_be_sure_and_is_done_once(
    desk: FlaskClient, dispute: Dispute, gateway: FakeGateway, sold: Order
) -> None:
    unsure = desk.post(at(dispute, "/acceptance"), data={"version": "0"})
    assert unsure.status_code == 422 and "cannot be taken back" in unsure.text
    assert desk.post(at(dispute, "/acceptance"), data={"version": "0", "sure": "y"}).status_code == 303
    carry()
    assert told.the_dispute(sold).state == "LOST" and len(gateway.closings) == 1
    assert "the money stays with them" in desk.get(at(dispute)).text


def test_an_inquiry_says_that_nothing_was_taken_and_can_be_refunded(
    desk: FlaskClient, sold: Order, gateway: FakeGateway
) -> None:
    inquiry = disputed(sold, gateway, "warning_needs_response", reason="unrecognized")
    page = desk.get(at(inquiry)).text
    assert "no money has been taken" in page and "Refund it instead" in page and "Inquiry about" in page
    assert desk.post(at(inquiry, "/acceptance"), data={"version": "0", "sure": "y"}).status_code == 303
    carry()
    assert len(gateway.refunds) == 1 and answer_of(inquiry).state == "ACCEPTED"


def test_what_was_sent_is_shown_as_it_was_sent(
    desk: FlaskClient, dispute: Dispute, gateway: FakeGateway, sold: Order
) -> None:
    send(desk, dispute)
    carry()
    sales.hand_over(sold)
    sales.run_owed(sold)
    [(_, sent)] = gateway.uploads.values()
    assert desk.get(at(dispute, "/evidence.pdf")).data == sent
