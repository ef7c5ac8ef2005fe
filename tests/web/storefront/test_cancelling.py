"""Calling one's own order off while a bank has the money, or once it has decided: what is said, and what follows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.errors import Conflict
from bakery.infra.db import db
from bakery.integrations.adapters import Adapters
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.dispute_models import Dispute
from bakery.payments.refund_models import RefundRequest
from bakery.payments.services import refund_requests
from jobs import orders as mail_jobs
from jobs import refunds as refund_jobs
from tests.factories.catalog import make_cake
from tests.factories.checkout import place
from tests.factories.shop import make_open_shop
from tests.fakes.gateway import FakeGateway
from tests.payments import dispute_steps as told
from tests.payments import refund_steps as refunds
from tests.payments import steps
from tests.web.storefront.test_checkout import soup


@pytest.fixture
def order(session: Session, outside: Adapters, client: FlaskClient) -> Order:
    """A cake for 86.00 to be collected in ten days, paid; the browser knows it."""
    assert isinstance(outside.gateway, FakeGateway)
    make_open_shop(session)
    starts_at = place((make_cake(stock=5), 1)).pickup_at + timedelta(days=9)
    order = place((make_cake(stock=5), 1), starts_at=starts_at)
    steps.open_page(order, outside.gateway)
    steps.pay(order, outside.gateway)
    client.get(f"/orders/{order.number}?key={order.secret}")
    return steps.reread(order)


def page(client: FlaskClient, order: Order, path: str = "") -> str:
    found = soup(client.get(f"/orders/{order.number}{path}"))
    return " ".join(found.select_one("main").get_text(" ").split())


def cancel(client: FlaskClient, order: Order) -> None:
    form = soup(client.get(f"/orders/{order.number}/cancel"))
    seen = form.select_one("input[name=seen]")["value"]
    assert client.post(f"/orders/{order.number}/cancel", data={"seen": seen}).status_code == 303


def requests(order: Order) -> list[RefundRequest]:
    db.session.expire_all()
    return list(db.session.scalars(select(RefundRequest).where(RefundRequest.order_id == order.id)))


def mail(order: Order, outside: Adapters) -> list[str]:
    mail_jobs.send_cancellation(order.id)
    sent = outside.mailer.sent[-1]
    return [" ".join(soup_text.split()) for soup_text in (sent.text, sent.html)]


def end(order: Order, status: str, times: int = 1, **changes: int) -> None:
    moved = [told.taken(order)] + ([told.returned(order)] if status == "won" else [])
    for _ in range(times):
        steps.tell(told.CLOSED, told.body_of(order, status, *moved, **changes))


def test_while_the_bank_has_the_money_what_was_promised_waits_for_it(
    order: Order, client: FlaskClient, outside: Adapters
) -> None:
    told.open_dispute(order)
    shown = page(client, order, "/cancel")
    assert "You have paid $86.00 Of it, your bank has at the moment $86.00" in shown
    assert (
        "What was promised, $86.00 by the terms of your order, is decided once the bank has decided" in shown
    )
    assert "too close" not in shown and "get $86.00 back" not in shown
    cancel(client, order)
    [request] = requests(order)
    assert (request.state, request.amount_cents, request.first_by) == ("REQUESTED", 8600, "")
    with pytest.raises(Conflict):
        refund_requests.approve(request.id, refunds.who())
    said = page(client, order)
    assert "$86.00 was promised by the terms of your order" in said and "Your bank has the money" in said
    assert "nothing comes back" not in said and "Ask for money back" not in said
    for body in mail(order, outside):
        assert "Your bank has the money at the moment" in body and "once the bank has decided" in body
        assert "$86.00 by the terms" in body and "to come back to you" not in body


def test_won_it_stands_under_refunds_once_and_can_be_given(
    order: Order, client: FlaskClient, outside: Adapters
) -> None:
    told.open_dispute(order)
    cancel(client, order)
    end(order, "won", times=2)
    [request] = requests(order)
    assert (request.state, request.amount_cents) == ("REQUESTED", 8600)
    assert "$86.00 is to come back to you" in page(client, order)
    refund_requests.approve(request.id, refunds.who())
    services.run_refund(request.id, outside.gateway)
    assert steps.reread(order).payment_status == "REFUNDED"


def test_won_and_not_returned_yet_the_money_is_still_with_the_bank(order: Order, client: FlaskClient) -> None:
    told.open_dispute(order)
    steps.tell(told.UPDATED, told.body_of(order, "won", told.taken(order)))
    assert "your bank has at the moment $86.00" in page(client, order, "/cancel")
    cancel(client, order)
    assert [row.amount_cents for row in requests(order)] == [8600]


def test_lost_nothing_more_is_owed_and_it_is_said_where_the_money_is(
    order: Order, client: FlaskClient, outside: Adapters
) -> None:
    told.open_dispute(order)
    cancel(client, order)
    end(order, "lost", times=2)
    [request] = requests(order)
    assert request.state == "REJECTED"
    assert refunds.road(request.id) == ["REQUESTED", "REJECTED"]
    assert [alert.resolved_at is None for alert in steps.alerts("refund_asked")] == [False]
    said = page(client, order)
    assert "$86.00 does not come from us" in said and "Your bank has given you $86.00 back" in said
    assert "Ask for money back" not in said
    [[request_id]] = steps.owed("jobs.refunds.send_declined")
    refund_jobs.send_declined(request_id)
    for body in (outside.mailer.sent[-1].text, outside.mailer.sent[-1].html):
        assert "Your bank has decided" in body and "$86.00 back, so nothing more" in body
        assert "A person has looked" not in body


def test_lost_in_part_the_rest_of_the_promise_stands(order: Order, client: FlaskClient) -> None:
    part = {"amount": 5000}
    moved = told.movement("txn_taken", -5000, 2500)
    steps.tell(told.CREATED, told.body_of(order, "needs_response", moved, **part))
    cancel(client, order)
    for _ in range(2):
        steps.tell(told.CLOSED, told.body_of(order, "lost", moved, **part))
    [request] = requests(order)
    assert (request.state, request.amount_cents) == ("REQUESTED", 3600)
    assert [cents for _, cents, _ in refunds.lines(request.id)] == [3600]


def test_what_staff_say_comes_back_waits_as_well(order: Order) -> None:
    told.open_dispute(order)
    request_id = services.cancel_with_refund(order.id, refunds.who(), "the oven broke", amount_cents=5000)
    assert request_id is not None and refunds.row(request_id).amount_cents == 5000


def test_a_dispute_that_opens_between_looking_and_pressing_is_shown_first(
    order: Order, client: FlaskClient
) -> None:
    form = soup(client.get(f"/orders/{order.number}/cancel"))
    told.open_dispute(order)
    seen = form.select_one("input[name=seen]")["value"]
    answer = client.post(f"/orders/{order.number}/cancel", data={"seen": seen})
    assert answer.status_code == 409 and "Your bank has the money at the moment" in answer.text
    assert isinstance(told.the_dispute(order), Dispute) and steps.reread(order).status == "CONFIRMED"


def test_after_a_lost_dispute_it_is_said_that_the_bank_gave_the_money_back(
    order: Order, client: FlaskClient, outside: Adapters
) -> None:
    told.open_dispute(order)
    end(order, "lost")
    assert "Ask for money back" not in page(client, order)
    assert "Your bank has given you $86.00 back" in page(client, order, "/refund")
    shown = page(client, order, "/cancel")
    assert "You have paid $86.00 Your bank has given you back $86.00" in shown
    assert "nothing is left for us to give back" in shown and "too close" not in shown
    cancel(client, order)
    assert requests(order) == []
    said = page(client, order)
    assert "Your bank has given you $86.00 back, so nothing is left for us" in said
    assert "by the terms" not in said
    for body in mail(order, outside):
        assert "Your bank has given you $86.00 of what you paid back" in body
        assert "comes back" not in body and "to come back" not in body


def test_too_late_for_the_terms_the_bank_still_decides_on_what_it_has(
    order: Order, client: FlaskClient, outside: Adapters
) -> None:
    told.open_dispute(order)
    with clock.travel(order.pickup_at - timedelta(days=2)):
        client.get(f"/orders/{order.number}?key={order.secret}")
        cancel(client, order)
        assert requests(order) == []
        assert "Your bank has $86.00 of what you paid at the moment, and decides on it" in page(client, order)
        for body in mail(order, outside):
            assert "Your bank has $86.00 of what you paid at the moment" in body


def test_what_is_kept_and_what_comes_back_can_be_reckoned(order: Order, client: FlaskClient) -> None:
    row = steps.reread(order)
    row.snapshot = row.snapshot | {"deposit_kept_cents": 5000}
    db.session.commit()
    with clock.travel(order.pickup_at - timedelta(days=5)):
        client.get(f"/orders/{order.number}?key={order.secret}")
        shown = page(client, order, "/cancel")
    assert (
        "You have paid $86.00 50 % of it comes back if you cancel today $43.00 "
        "But never $50.00 of it, as agreed before you paid: at most $36.00 Comes back to you $36.00"
    ) in shown
