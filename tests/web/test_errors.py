"""Every refusal and fault: as a page, as a fragment and as JSON, with an id and without a trace."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bakery.app import create_app
from bakery.app.access import ACCESS, Access
from bakery.core.errors import Invalid
from bakery.infra.db import db
from bakery.people.models import Role
from tests.conftest import make_settings
from tests.factories.people import sign_in
from tests.factories.shop import make_open_shop

JSON = {"Accept": "application/json"}
HX = {"HX-Request": "true"}


def _fail(kind: str):
    if kind == "invalid":
        raise Invalid("Choose another day.", field="day")
    if kind == "fault":
        raise ValueError("the secret recipe of laila@saffron.test")
    if kind == "database":
        raise OperationalError("SELECT secret", {}, Exception("connection to 10.0.0.1 refused"))
    abort(int(kind))


@pytest.fixture
def faulty(app: Flask, client: FlaskClient, session: Session, monkeypatch) -> Iterator[FlaskClient]:
    """An address that fails as asked."""
    make_open_shop(session)
    if "test_fail" not in app.view_functions:
        app._got_first_request = False
        app.add_url_rule("/fail/<kind>", "test_fail", _fail)
    monkeypatch.setitem(ACCESS, "test_fail", Access.PUBLIC)
    yield client
    # Out of the map again: other tests walk it.
    app.view_functions.pop("test_fail")
    app.url_map = _without(app, "test_fail")


def _without(app: Flask, endpoint: str):
    rules = [rule.empty() for rule in app.url_map.iter_rules() if rule.endpoint != endpoint]
    return type(app.url_map)(rules, host_matching=app.url_map.host_matching)


CASES = [
    ("400", 400),
    ("403", 403),
    ("404", 404),
    ("409", 409),
    ("429", 429),
    ("invalid", 422),
    ("fault", 500),
    ("database", 503),
]


@pytest.mark.parametrize(("kind", "status"), CASES)
def test_each_refusal_is_a_page_a_fragment_and_json(
    faulty: FlaskClient, count_queries, kind: str, status: int
) -> None:
    with count_queries() as seen:
        page = faulty.get(f"/fail/{kind}")
    assert seen == [], "drawing an error asks the database nothing"
    part, data = faulty.get(f"/fail/{kind}", headers=HX), faulty.get(f"/fail/{kind}", headers=JSON)
    assert [a.status_code for a in (page, part, data)] == [status] * 3
    assert "<h1>" in page.text and page.headers["X-Request-ID"] in page.text
    assert 'role="alert"' in part.text and "<html" not in part.text
    assert data.json["error"]["message"] and data.json["error"]["request_id"] == data.headers["X-Request-ID"]
    for answer in (page, part, data):
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Content-Security-Policy" in answer.headers
        for secret in ("Traceback", "recipe", "SELECT", "10.0.0.1", "laila"):
            assert secret not in answer.text


def test_a_refused_value_names_its_field(faulty: FlaskClient) -> None:
    error = faulty.get("/fail/invalid", headers=JSON).json["error"]
    assert (error["message"], error["field"]) == ("Choose another day.", "day")


def test_the_error_of_somebody_signed_in_looks_nobody_up_when_the_database_is_gone(
    faulty: FlaskClient,
) -> None:
    sign_in(faulty, role=Role.OWNER)
    assert faulty.get("/fail/database").status_code == 503


def test_a_wrong_verb_is_405_with_those_that_work(faulty: FlaskClient) -> None:
    answer = faulty.delete("/faq", headers=JSON)
    assert answer.status_code == 405 and "GET" in answer.headers["Allow"]


def test_a_body_that_is_too_large_is_413(faulty: FlaskClient) -> None:
    huge = {"email": "a@saffron.test", "password": "x" * 1_200_000}
    answer = faulty.post("/login", data=huge)
    assert answer.status_code == 413 and "too large" in answer.text and "<h1>" in answer.text
    assert faulty.post("/login", data=huge, headers=HX).status_code == 413
    assert faulty.post("/webhooks/stripe", data=b"x" * 1_200_000).status_code in (400, 413)


def test_a_number_beyond_all_bounds_or_a_nul_is_the_askers_fault(faulty: FlaskClient) -> None:
    answer = faulty.post("/login", data={"email": "a\x00b@saffron.test", "password": "x" * 12})
    assert answer.status_code in (400, 422)


@pytest.fixture(scope="module")
def without_database() -> Flask:
    away = create_app(
        make_settings(DATABASE_URL="postgresql://x:y@127.0.0.1:9/none", REDIS_URL="redis://127.0.0.1:9/0")
    )
    away.config.update(WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
    away.extensions["changes"].silence()
    return away


def test_an_error_leads_staff_back_to_their_work_and_others_to_the_menu(
    client: FlaskClient, session: Session
) -> None:
    make_open_shop(session)
    assert 'href="/menu"' in client.get("/nothing/here").text
    lost = client.get("/kitchen/nothing/here")
    assert lost.status_code == 404
    assert 'href="/admin/orders"' in lost.text and 'href="/menu"' not in lost.text


@pytest.mark.parametrize("address", ["/", "/menu", "/menu/walnut", "/cart", "/faq", "/sitemap.xml"])
def test_without_a_database_each_page_is_503_with_an_id(without_database: Flask, address: str) -> None:
    browser = without_database.test_client()
    answer = browser.get(address)
    assert answer.status_code == 503, answer.text
    assert answer.headers["Retry-After"] == "10"
    assert answer.headers["X-Request-ID"] in answer.text and "We will be right back" in answer.text
    assert "Traceback" not in answer.text and "psycopg" not in answer.text


@pytest.mark.parametrize("address", ["/admin/orders", "/kitchen", "/account", "/cart"])
def test_without_a_database_a_person_signed_in_gets_503_too(without_database: Flask, address: str) -> None:
    browser = without_database.test_client()
    with browser.session_transaction() as held:
        held["_user_id"] = "some token"
    assert browser.get(address).status_code == 503
    assert browser.get(address, headers=HX).status_code == 503


def test_without_a_database_the_process_is_still_up(without_database: Flask) -> None:
    browser = without_database.test_client()
    assert browser.get("/healthz").status_code == 200
    ready = browser.get("/readyz")
    assert ready.status_code == 503 and ready.json["checks"]["database"] != "ok"
    assert browser.get("/nothing/here").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_what_another_site_makes_a_browser_send_is_refused(
    faulty: FlaskClient, headers: dict[str, str]
) -> None:
    for address in ("/login", "/logout", "/cart/items", "/register"):
        answer = faulty.post(address, headers=headers)
        assert answer.status_code == 403 and "another site" in answer.text
    assert faulty.post("/cart/items", headers={"Origin": "http://localhost"}).status_code != 403
    assert faulty.post("/cart/items", headers={"Sec-Fetch-Site": "same-origin"}).status_code != 403


@pytest.mark.parametrize(
    "address", ["/login", "/register", "/logout", "/account/preferences", "/admin/orders/SC-ZZZZ-ZZ/moves",
                "/admin/orders/SC-ZZZZ-ZZ/notes", "/admin/jobs/x/retry", "/admin/outbox/1/retry",
                "/admin/alerts/1/resolution"],
)  # fmt: skip
def test_private_forms_need_their_token(app: Flask, faulty: FlaskClient, address: str) -> None:
    sign_in(faulty, role=Role.OWNER)
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        answer = faulty.post(address, data={"to": "READY", "text": "x"})
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert answer.status_code == 400 and "Reload it" in answer.text
    assert answer.headers["X-Request-ID"]


def test_every_answer_carries_the_security_headers_and_no_inline_code_is_allowed(faulty: FlaskClient) -> None:
    for address in ("/", "/menu", "/login", "/nothing", "/healthz", "/static/css/base.css"):
        with faulty.get(address) as answer:
            headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert "unsafe" not in policy and "script-src 'self'" in policy and "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["X-Frame-Options"] == "DENY"


def test_the_session_cookie_is_closed_to_scripts_and_other_sites(faulty: FlaskClient) -> None:
    answer = faulty.get("/login")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    secure = create_app(make_settings(BASE_URL="https://shop.saffron.test"))
    assert secure.config["SESSION_COOKIE_SECURE"] is True
    assert secure.extensions is not db
