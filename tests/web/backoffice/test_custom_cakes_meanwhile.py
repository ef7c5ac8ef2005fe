"""What happened between looking at a cake and deciding on it: it is said, and nothing typed is lost."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.custom_cakes import decisions, services
from bakery.custom_cakes.states import RequestStatus
from bakery.orders.models import Order
from bakery.scheduling.models import SlotPlan
from bakery.shop.models import Shop
from tests.custom_cakes.designs import design
from tests.custom_cakes.requests import AT, row, sent, staff
from tests.factories.scheduling import PickupSlotFactory
from tests.web.backoffice.cake_desk import CUSTOMER, field, look, quotes, said_at, send, statuses, words


@pytest.mark.parametrize("action", ["approval", "changes", "rejection"])
def test_the_slower_of_two_is_told_who_was_faster_and_keeps_what_was_typed(
    desk: FlaskClient, session: Session, action: str
) -> None:
    request_id = sent()
    page = look(desk, request_id)
    decisions.reject(request_id, row(request_id).version, staff("Karim"), "No time")
    typed = (
        {"message": "Lovely idea!"}
        if action == "approval"
        else {"reason": "Nuts are out", "suggestion": "Lemon"}
    )
    answer = send(desk, request_id, action, page, htmx=True, **typed)
    assert answer.status_code == 409
    assert answer.text.lstrip().startswith('<section id="decide"')
    said = words(answer.text, "#decide")
    assert "Karim was faster" in said and "is rejected now" in said
    assert all(text in said for text in typed.values())
    assert "No time" in said, "what the other one decided is shown"
    assert 'action="' not in answer.text, "there is nothing left to send"
    assert (statuses(request_id), quotes(session)) == (RequestStatus.REJECTED, [])


def test_other_slices_meanwhile_are_said_and_no_other_count_is_kept_than_was_shown(
    desk: FlaskClient, session: Session
) -> None:
    request_id = sent()
    page = look(desk, request_id)
    session.get_one(Shop, 1).party_slice_width_tenth_mm *= 2
    session.commit()
    answer = send(desk, request_id, "approval", page, message="Lovely idea!")
    assert answer.status_code == 409 and field(answer.text, "message") == "Lovely idea!"
    assert "The suggestion changed while you looked at this" in words(answer.text)
    assert quotes(session) == []
    assert send(desk, request_id, "approval").status_code == 303
    (quote,) = quotes(session)
    assert quote.servings == quote.predicted_servings


def test_a_decision_beside_somebody_elses_approval_does_not_become_a_new_quote(
    desk: FlaskClient, session: Session
) -> None:
    request_id = sent()
    page = look(desk, request_id)
    send(desk, request_id, "approval", page)
    again = send(desk, request_id, "approval", page, price="1.00", message="Second thoughts")
    assert again.status_code == 409
    assert "Second thoughts" in words(again.text, ".cake-kept")
    assert field(again.text, "message") == "", "the form for a new quote stands as it was promised"
    assert len(quotes(session)) == 1


def test_a_wish_that_came_back_changed_is_looked_at_again(desk: FlaskClient, session: Session) -> None:
    request_id = sent()
    page = look(desk, request_id)
    decisions.ask_for_changes(request_id, row(request_id).version, staff("Karim"), "Smaller")
    services.resubmit(request_id, design(guests=8), CUSTOMER)
    answer = send(desk, request_id, "approval", page, message="Lovely idea!")
    assert answer.status_code == 409 and "customer was faster" in words(answer.text)
    assert field(answer.text, "message") == "Lovely idea!"
    assert send(desk, request_id, "approval", answer.text).status_code == 303
    assert quotes(session)[0].message == "Lovely idea!"


def test_a_request_taken_back_cannot_be_approved(desk: FlaskClient, session: Session) -> None:
    request_id = sent()
    page = look(desk, request_id)
    services.withdraw(request_id, CUSTOMER)
    answer = send(desk, request_id, "approval", page)
    assert answer.status_code == 409 and "is withdrawn now" in words(answer.text)
    assert quotes(session) == [] and session.scalar(select(func.count(Order.id))) == 0


def test_a_time_that_filled_up_meanwhile_is_said_and_another_one_is_taken(
    desk: FlaskClient, session: Session
) -> None:
    request_id = sent()
    page = look(desk, request_id)
    wanted = f"{AT.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
    PickupSlotFactory(starts_at=AT, capacity_orders=1, booked_orders=1)
    answer = send(desk, request_id, "approval", page, starts_at=wanted, message="Lovely idea!")
    assert answer.status_code == 409
    assert said_at(answer.text, "starts_at")
    assert field(answer.text, "message") == "Lovely idea!"
    chosen = BeautifulSoup(answer.text, "html.parser").select_one("#starts_at option[selected]")
    assert chosen is not None and "10:00 am · not free any more" in chosen.get_text()
    assert (statuses(request_id), quotes(session)) == (RequestStatus.PENDING_REVIEW, [])
    other = f"{AT.astimezone(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%MZ}"
    assert send(desk, request_id, "approval", answer.text, starts_at=other).status_code == 303


def test_a_decorators_full_day_is_said(desk: FlaskClient, session: Session) -> None:
    first, second = sent(decoration="elaborate"), sent(decoration="elaborate")
    session.get_one(SlotPlan, 1).decorate_minutes = 200
    session.commit()
    page = look(desk, second)
    assert send(desk, first, "approval").status_code == 303
    answer = send(desk, second, "approval", page, message="Lovely idea!")
    assert answer.status_code == 409
    assert field(answer.text, "message") == "Lovely idea!"
    assert statuses(second) == RequestStatus.PENDING_REVIEW
    assert "too little" in words(look(desk, second))
