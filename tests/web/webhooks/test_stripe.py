"""POST /webhooks/stripe: verified, stored, answered; no work in the request."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis.exceptions import ConnectionError as RedisAway
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from bakery.core import clock
from bakery.infra.db import db
from bakery.infra.models import Outbox
from bakery.messages.models import StaffAlert
from bakery.payments import services
from bakery.payments.models import EventOutcome, StripeEvent

URL = "/webhooks/stripe"
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "checkout.session.completed",
    "data": {"object": {"id": "cs_1", "object": "checkout.session", "payment_intent": "pi_1"}},
}


def send(client: FlaskClient, event: Any = EVENT, signature: str | None = "genuine") -> TestResponse:
    headers = {"Stripe-Signature": signature} if signature else {}
    return client.post(URL, data=json.dumps(event), headers=headers, content_type="application/json")


def stored() -> list[StripeEvent]:
    return list(db.session.scalars(select(StripeEvent)))


def owed() -> list[tuple[str, list[Any]]]:
    return [(row.job, row.args) for row in db.session.scalars(select(Outbox).order_by(Outbox.id))]


def test_a_signed_event_is_stored_and_its_application_owed(client: FlaskClient) -> None:
    assert send(client).status_code == 200
    [event] = stored()
    assert (event.event_id, event.type, event.source) == ("evt_1", EVENT["type"], "webhook")
    assert (event.object_id, event.payment_intent_id) == ("cs_1", "pi_1")
    assert (event.payload, event.outcome) == (EVENT, EventOutcome.STORED)
    assert owed() == [("jobs.payments.apply_event", [event.id])]


def test_the_same_event_again_is_answered_alike_and_stored_once(client: FlaskClient) -> None:
    assert [send(client).status_code for _ in range(3)] == [200, 200, 200]
    assert len(stored()) == 1 and len(owed()) == 1


def test_an_event_for_an_unknown_order_is_answered_with_200(client: FlaskClient) -> None:
    event = EVENT | {"data": {"object": {"id": "cs_2", "client_reference_id": "SC-ZZZZ-ZZ"}}}
    assert send(client, event).status_code == 200
    assert len(stored()) == 1


@pytest.mark.parametrize("signature", ["forged", "", None])
def test_a_forged_event_is_refused_stored_nowhere_and_told_to_the_staff(
    client: FlaskClient, signature: str | None
) -> None:
    assert send(client, signature=signature).status_code == 400
    assert stored() == []
    [alert] = db.session.scalars(select(StaffAlert))
    assert alert.kind == "webhook_refused"


def test_what_is_refused_is_a_line_in_the_log(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    send(client, signature="forged")
    assert "stripe_event_refused" in caplog.text


def test_a_flood_of_forged_events_is_one_alert_a_day_and_one_write_a_minute(
    client: FlaskClient, count_queries: Any
) -> None:
    now = clock.now().replace(hour=12)
    with clock.travel(now):
        send(client, signature="forged")
        for _ in range(5):
            with count_queries() as seen:
                assert send(client, signature="forged").status_code == 400
            assert len(seen) == 1 and seen[0].lstrip().upper().startswith("SELECT"), seen
            assert "FOR UPDATE" not in seen[0].upper()
    with clock.travel(now + timedelta(seconds=65)):
        send(client, signature="forged")
    [alert] = db.session.scalars(select(StaffAlert))
    assert alert.times == 2 and alert.last_at >= now + timedelta(minutes=1)
    assert len(owed()) == 1  # one mail


def test_a_forged_event_after_the_alert_was_settled_opens_it_again_at_once(client: FlaskClient) -> None:
    send(client, signature="forged")
    [alert] = db.session.scalars(select(StaffAlert))
    alert.resolved_at = clock.now()
    db.session.commit()
    send(client, signature="forged")
    [alert] = db.session.scalars(select(StaffAlert))
    assert (alert.times, alert.resolved_at) == (2, None)


def test_a_body_that_is_too_large_is_refused_before_it_is_read(client: FlaskClient) -> None:
    huge = client.post(URL, data=b"x" * 300_000, headers={"Stripe-Signature": "genuine"})
    assert huge.status_code == 413
    assert stored() == []


def test_only_post_is_answered(client: FlaskClient) -> None:
    assert client.get(URL).status_code == 405


def test_stripe_needs_no_form_token_and_no_origin(app: Flask, client: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        assert send(client).status_code == 200
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


def test_with_redis_away_the_event_is_stored_and_owed_all_the_same(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away:
        def __getattr__(self, name: str) -> Any:
            raise RedisAway("no Redis")

    monkeypatch.setitem(app.extensions, "redis", Away())
    assert send(client).status_code == 200
    assert len(stored()) == 1 and len(owed()) == 1


def test_with_the_database_away_stripe_is_told_to_try_again(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(event: object) -> int:
        raise OperationalError("insert", {}, Exception("no database"))

    monkeypatch.setattr(services, "record_event", away)
    assert send(client).status_code == 503


def test_the_request_costs_at_most_three_statements(
    client: FlaskClient, session: Session, count_queries: Any
) -> None:
    for _ in range(2):  # new, and repeated
        with count_queries() as seen:
            send(client)
        assert len(seen) <= 3, seen
