"""Deciding on a custom cake from its page: what is kept, what is refused, and that nothing typed is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.core.errors import Invalid
from bakery.custom_cakes import decisions, queries, services
from bakery.custom_cakes.models import RequestMessage
from bakery.custom_cakes.states import RequestStatus
from bakery.forecasting import estimates, pricing
from bakery.infra.models import Outbox
from bakery.orders.models import Order
from bakery.people.models import AuditEntry
from bakery.shop.models import Shop
from tests.custom_cakes.requests import NOW, row, sent, staff
from tests.web.backoffice.cake_desk import (
    CUSTOMER,
    address,
    field,
    form,
    look,
    quotes,
    said_at,
    send,
    statuses,
    words,
)


def test_one_press_approves_what_was_suggested_and_keeps_both_numbers(
    desk: FlaskClient, session: Session
) -> None:
    request_id = sent()
    page = look(desk, request_id)
    answer = send(desk, request_id, "approval", page, message="Lovely!", instructions="Tall board")
    assert (answer.status_code, answer.location) == (303, address(request_id))
    assert statuses(request_id) == RequestStatus.APPROVED_AWAITING_PAYMENT
    (quote,) = quotes(session)
    shown = form(page, "approval")
    assert quote.price_cents == quote.predicted_cents == int(shown["suggested"])
    assert (quote.servings, quote.predicted_servings) == (int(shown["servings"]), int(shown["servings"]))
    assert quote.model_version == shown["model"] and quote.features["layers"] == 3.0
    assert quote.low_cents is not None and quote.low_cents < quote.price_cents
    assert (quote.message, quote.instructions) == ("Lovely!", "Tall board")
    assert quote.description.startswith("Birthday: a round cake, serving about")
    assert quote.expires_at == NOW + timedelta(days=7, hours=11), "a week, until eight in the evening"
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "custom_cake.approve")).one()
    assert entry.actor_label == "Zohra Karimi"
    jobs = session.scalars(select(Outbox.job)).all()
    assert "jobs.custom_cakes.send_decision" in jobs
    after = desk.get(answer.location).text
    assert "Awaiting payment" in words(after) and "is approved; the link is on its way" in after


def test_a_corrected_description_is_kept_for_staff(desk: FlaskClient, session: Session) -> None:
    request_id = sent()
    send(desk, request_id, "approval", description="Like Laila's of last year.")
    assert quotes(session)[0].description == "Like Laila's of last year."
    assert "Like Laila's of last year." in words(look(desk, request_id))


@pytest.mark.parametrize(
    ("changes", "name", "sentence"),
    [
        ({"price": ""}, "price", "Write a price."),
        ({"price": "cheap"}, "price", "such as 420 or 420.50"),
        ({"price": "-5"}, "price", "such as 420 or 420.50"),
        ({"price": "0"}, "price", "above nothing"),
        ({"price": "99,999.00"}, "price", "not above 50,000"),
        ({"servings": "0"}, "servings", "from one to"),
        ({"servings": "many"}, "servings", "Write a whole number."),
        ({"price": "900"}, "override_reason", "more than 15 % from the suggested price. Say why."),
        ({"price": "50"}, "override_reason", "below ingredients and work"),
        ({"servings": "90"}, "override_reason", "The servings are more than 15 % from the suggested"),
        ({"starts_at": ""}, "starts_at", "Choose a pickup time."),
        ({"starts_at": "2026-12-06T00:00Z"}, "starts_at", "on the day it is needed"),
        ({"expires_at": ""}, "expires_at", "until when"),
        ({"expires_at": "tomorrow"}, "expires_at", "Write a date and a time."),
        ({"expires_at": "2026-11-20T10:00"}, "expires_at", "later than now"),
        ({"expires_at": "2026-12-05T15:30"}, "expires_at", "no quote holds longer"),
        ({"instructions": "x" * 1001}, "instructions", "under 1,000"),
    ],
)
def test_what_cannot_be_promised_is_said_at_its_field_and_nothing_typed_is_lost(
    desk: FlaskClient, session: Session, changes: dict[str, str], name: str, sentence: str
) -> None:
    request_id = sent()
    kept = {"message": "Lovely idea!", "description": "Ours."}
    answer = send(desk, request_id, "approval", **{**kept, **changes})
    assert answer.status_code == 422
    assert sentence in said_at(answer.text, name)
    for field_name, typed in {**kept, **changes}.items():
        if field_name != "starts_at":
            assert field(answer.text, field_name) == typed
    assert statuses(request_id) == RequestStatus.PENDING_REVIEW
    assert quotes(session) == [] and session.scalar(select(func.count(Order.id))) == 0


def test_a_price_far_from_the_suggestion_is_taken_with_its_reason(
    desk: FlaskClient, session: Session
) -> None:
    request_id = sent()
    answer = send(desk, request_id, "approval", price="$1,240.5", override_reason="Sugar flowers by hand")
    assert answer.status_code == 303
    (quote,) = quotes(session)
    assert (quote.price_cents, quote.override_reason) == (124_050, "Sugar flowers by hand")
    assert quote.predicted_cents is not None and quote.predicted_cents < 100_000
    assert "Sugar flowers by hand" in words(look(desk, request_id))


def test_how_far_is_far_is_the_shops_to_say(desk: FlaskClient, session: Session) -> None:
    request_id = sent()
    session.get_one(Shop, 1).explain_from_percent = 2
    session.commit()
    price = int(form(look(desk, request_id), "approval")["suggested"])
    near = f"{price * 103 // 10_000}.00"
    answer = send(desk, request_id, "approval", price=near)
    assert answer.status_code == 422 and "more than 2 %" in said_at(answer.text, "override_reason")


def test_a_price_below_cost_needs_its_reason_also_when_the_model_suggests_it(
    desk: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = sent()
    real = estimates.suggest_price

    def low(*args: object, **named: object) -> pricing.Prediction:
        found = real(*args, **named)  # type: ignore[arg-type]
        values = {name: getattr(found, name) for name in pricing.Prediction.__slots__}
        return pricing.Prediction(**values | {"price_cents": found.floor_cents - 100, "low_cents": 100})

    monkeypatch.setattr("bakery.backoffice.cake_page.suggest_price", low)
    page = look(desk, request_id)
    assert "Below cost" in words(page)
    answer = send(desk, request_id, "approval", page)
    assert "below ingredients and work" in said_at(answer.text, "override_reason")
    assert send(desk, request_id, "approval", page, override_reason="A gift to the school").status_code == 303


def test_another_model_meanwhile_is_said_and_what_was_typed_stays(
    desk: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = sent()
    page = look(desk, request_id)
    real = estimates.suggest_price

    def newer(*args: object, **named: object) -> pricing.Prediction:
        found = real(*args, **named)  # type: ignore[arg-type]
        values = {name: getattr(found, name) for name in pricing.Prediction.__slots__}
        return pricing.Prediction(**values | {"price_cents": found.price_cents + 700, "model": "newer"})

    monkeypatch.setattr("bakery.backoffice.cake_page.suggest_price", newer)
    answer = send(desk, request_id, "approval", page, message="Lovely idea!")
    assert answer.status_code == 409
    assert "The price model was replaced while you looked at this" in words(answer.text)
    assert field(answer.text, "message") == "Lovely idea!"
    assert quotes(session) == []
    assert send(desk, request_id, "approval", answer.text, message="Lovely idea!").status_code == 303
    assert quotes(session)[0].model_version == "newer"


def test_without_a_suggestion_a_person_still_decides(
    desk: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(*_: object, **__: object) -> pricing.Prediction:
        raise Invalid("No price for such a cake.")

    request_id = sent()
    monkeypatch.setattr("bakery.backoffice.cake_page.suggest_price", nothing)
    page = look(desk, request_id)
    assert "No price for such a cake." in words(page)
    assert send(desk, request_id, "approval", page, price="300").status_code == 303
    assert quotes(session)[0].predicted_cents is None


@pytest.mark.parametrize(
    ("action", "status"),
    [("changes", RequestStatus.CHANGES_REQUESTED), ("rejection", RequestStatus.REJECTED)],
)
def test_a_no_says_why_and_what_would_be_possible(
    desk: FlaskClient, session: Session, action: str, status: RequestStatus
) -> None:
    request_id = sent()
    refused = send(desk, request_id, action, reason=" ", suggestion="Lemon")
    assert refused.status_code == 422
    assert "Tell the customer why" in said_at(refused.text, f"{action}-reason")
    assert "Lemon" in refused.text and statuses(request_id) == RequestStatus.PENDING_REVIEW
    opened = BeautifulSoup(refused.text, "html.parser").select_one(f'details[open] form[action$="/{action}"]')
    assert opened is not None, "the form with the mistake stands open"
    done = send(desk, request_id, action, reason="Nuts are out today", suggestion="Lemon instead?", htmx=True)
    assert (done.status_code, done.headers["HX-Redirect"]) == (204, address(request_id))
    assert statuses(request_id) == status
    step = queries.latest_step(session, request_id)
    assert (step.reason, step.suggestion) == ("Nuts are out today", "Lemon instead?")
    said = words(look(desk, request_id))
    assert "Nuts are out today" in said and "Lemon instead?" in said


def test_staff_write_to_the_customer_from_the_page(desk: FlaskClient, session: Session) -> None:
    request_id = sent()
    services.write_message(request_id, "Lemon on top?", CUSTOMER, from_staff=False)
    assert "Lemon on top?" in words(look(desk, request_id))
    empty = send(desk, request_id, "messages", text=" ", htmx=True)
    assert empty.status_code == 422 and empty.text.lstrip().startswith('<section id="messages"')
    assert send(desk, request_id, "messages", text="Gladly.").status_code == 303
    written = session.scalars(select(RequestMessage).order_by(RequestMessage.id.desc()).limit(1)).one()
    assert (written.text, written.from_staff, written.actor_label) == ("Gladly.", True, "Zohra Karimi")
    assert session.scalars(select(AuditEntry.action).where(AuditEntry.action == "custom_cake.message")).all()
    page = look(desk, request_id)
    decisions.reject(request_id, row(request_id).version, staff(), "No time")
    late = send(desk, request_id, "messages", page, text="One more thing")
    assert late.status_code == 409 and "nobody reads on here" in words(late.text)
