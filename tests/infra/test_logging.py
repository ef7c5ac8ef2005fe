"""Log lines carry the request's id and nothing about people."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from bakery.app import health
from bakery.infra import logging as shop_logging
from bakery.infra.logging import scrub_text


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("mail to laila.rahimi+cakes@saffron.test failed", "mail to [email] failed"),
        ("rang +61 491 570 156 twice", "rang [phone] twice"),
        ("rang 0491570156 twice", "rang [phone] twice"),
        ("GET /orders/SC-7K3M-Q9?key=abcDEF123-_&x=1", "GET /orders/SC-7K3M-Q9?key=…&x=1"),
        (
            "violates check\nDETAIL: Failing row contains (1, Laila Rahimi, 0491570156).\nCONTEXT: x",
            "violates check\nDETAIL: [private]\nCONTEXT: x",
        ),
        ("order SC-7K3M-Q9 for 12 people at 14:00", "order SC-7K3M-Q9 for 12 people at 14:00"),
    ],
)
def test_texts_lose_what_tells_who_somebody_is(given: str, kept: str) -> None:
    assert scrub_text(given) == kept


@pytest.fixture
def lines() -> io.StringIO:
    shop_logging.configure("INFO", "json")
    stream = io.StringIO()
    handler = next(h for h in logging.getLogger().handlers if getattr(h, "from_bakery", False))
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    yield stream
    shop_logging.configure("WARNING", "text")


def test_a_json_line_holds_the_request_id_and_no_person(lines: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="abcdef12"):
        structlog.get_logger("test").warning(
            "mail_failed",
            email="laila@saffron.test",
            detail={"phone": "+61491570156", "why": ["laila@saffron.test said no"]},
            order="SC-7K3M-Q9",
        )
        logging.getLogger("other.library").warning("could not reach %s", "laila@saffron.test")
    written = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert written[0]["request_id"] == "abcdef12" and written[0]["order"] == "SC-7K3M-Q9"
    assert written[0]["email"] == "[private]" and written[0]["detail"]["phone"] == "[private]"
    assert written[1]["request_id"] == "abcdef12" and "[email]" in written[1]["event"]
    assert "laila" not in lines.getvalue() and "491570156" not in lines.getvalue()


def test_a_refused_statement_is_logged_without_what_people_entered(
    lines: io.StringIO, session: Session
) -> None:
    try:
        session.execute(
            text("INSERT INTO user_account (email, name, phone, password_hash) VALUES (:e, :n, '', '')"),
            {"e": "UPPER@saffron.test", "n": "Laila Rahimi"},
        )
    except Exception:
        structlog.get_logger("test").exception("refused")
    session.rollback()
    assert "refused" in lines.getvalue()
    assert "Laila" not in lines.getvalue() and "UPPER" not in lines.getvalue()


def test_each_request_is_one_line_with_the_id_its_answer_carries(
    lines: io.StringIO, client: FlaskClient
) -> None:
    answer = client.get("/robots.txt?email=laila@saffron.test", headers={"X-Request-ID": "router-given-1234"})
    assert answer.headers["X-Request-ID"] == "router-given-1234"
    [line] = [json.loads(line) for line in lines.getvalue().splitlines() if '"request"' in line]
    assert (line["request_id"], line["status"], line["endpoint"]) == (
        "router-given-1234",
        200,
        "pages.robots",
    )
    assert "laila" not in lines.getvalue()


def test_probes_are_heard_of_only_when_something_is_wrong(
    lines: io.StringIO, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def requests() -> list[str]:
        written = [json.loads(line) for line in lines.getvalue().splitlines()]
        return [f"{line['level']} {line['endpoint']}" for line in written if line["event"] == "request"]

    assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200
    assert requests() == []
    monkeypatch.setattr(health, "_redis", lambda: "ConnectionError")
    assert client.get("/readyz").status_code == 503
    assert requests() == ["warning health.readyz"]


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "new\nline-12345678", "<script>alert(1)</script>"])
def test_an_id_that_is_not_sane_is_replaced(client: FlaskClient, given: str) -> None:
    try:
        answer = client.get("/healthz", headers={"X-Request-ID": given})
    except ValueError:
        return  # the client itself refuses to send a line break
    assert answer.headers["X-Request-ID"] != given and len(answer.headers["X-Request-ID"]) == 16
