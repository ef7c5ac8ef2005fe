"""Passwords, sign-ins and the limits on guessing."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.errors import Conflict, Invalid
from bakery.infra.limits import limiter
from bakery.people import services, sessions
from bakery.people.models import AuditEntry, LoginSession, Role, User
from bakery.people.passwords import hash_password, verify_password
from tests.factories.people import PASSWORD, UserFactory, sign_in
from tests.factories.shop import make_open_shop


@pytest.fixture
def page(client: FlaskClient, session: Session) -> FlaskClient:
    make_open_shop(session)
    return client


def _try(page: FlaskClient, email: str, password: str = "quite another one", **headers: str) -> int:
    answer = page.post("/login", data={"email": email, "password": password}, headers=headers)
    return answer.status_code


def test_passwords_are_kept_as_argon2id() -> None:
    stored = hash_password(PASSWORD)
    assert stored.startswith("$argon2id$") and PASSWORD not in stored
    assert verify_password(stored, PASSWORD)
    assert not verify_password(stored, PASSWORD + "x")
    assert not verify_password(None, "nobody has this password")


def test_a_wrong_password_a_closed_account_and_an_unknown_one_get_one_answer(page: FlaskClient) -> None:
    known = UserFactory()
    closed = UserFactory(active=False)
    pages = [
        page.post("/login", data={"email": email, "password": password})
        for email, password in [
            (known.email, "quite another one"),
            ("nobody@saffron.test", "quite another one"),
            (closed.email, PASSWORD),
        ]
    ]
    assert [p.status_code for p in pages] == [422] * 3
    texts = {
        p.text.replace(email, "EMAIL")
        for p, email in zip(pages, [known.email, "nobody@saffron.test", closed.email], strict=True)
    }
    assert len({t.split("csrf")[0] for t in texts}) == 1
    assert all("do not fit together" in p.text for p in pages)


def test_an_unknown_account_costs_as_much_work_as_a_wrong_password(session: Session) -> None:
    user = UserFactory()
    verify_password(None, "the first of a process makes the comparison hash")

    def took(email: str) -> float:
        # Processor time of this thread: whatever else the machine does, the work is the same.
        started = time.thread_time()
        with pytest.raises(services.WrongCredentials):
            services.sign_in(email, "quite another one", ip=None, user_agent="")
        return time.thread_time() - started

    known, unknown = (min(took(email) for _ in range(3)) for email in (user.email, "no@saffron.test"))
    assert 0.4 < unknown / known < 2.5


def test_signing_in_gives_a_new_session_and_keeps_nothing_of_the_old_one(
    page: FlaskClient, app: Flask
) -> None:
    with page.session_transaction() as before:
        before["planted"] = "by somebody who had the browser first"
    sign_in(page)
    with page.session_transaction() as after:
        assert "planted" not in after
        first = after["_user_id"]
    sign_in(page)
    with page.session_transaction() as again:
        assert again["_user_id"] != first


def test_signing_in_again_ends_the_sign_in_before(page: FlaskClient, session: Session) -> None:
    user = sign_in(page)
    sign_in(page, user)
    assert session.scalar(select(func.count()).select_from(LoginSession)) == 1


def test_the_database_holds_a_digest_and_never_the_token(page: FlaskClient, session: Session) -> None:
    sign_in(page)
    with page.session_transaction() as held:
        token = held["_user_id"]
    row = session.scalars(select(LoginSession)).one()
    assert token not in (row.token_digest, str(row.__dict__))
    assert sessions.find_user(session, row.token_digest) is None


def test_signing_out_ends_the_row_so_that_a_stolen_cookie_is_worth_nothing(
    page: FlaskClient, app: Flask
) -> None:
    sign_in(page)
    stolen = page.get_cookie("shop")
    assert page.get("/account").status_code == 200
    assert page.post("/logout").status_code == 303
    thief = app.test_client()
    assert stolen is not None
    thief.set_cookie("shop", stolen.value)
    assert thief.get("/account").status_code == 303


def test_a_changed_password_ends_every_other_sign_in_and_keeps_this_one(
    page: FlaskClient, app: Flask
) -> None:
    user = sign_in(page)
    other = app.test_client()
    sign_in(other, user)
    answer = page.post("/account/preferences", data={"current": PASSWORD, "new": "another warm bread"})
    assert answer.status_code == 303
    assert page.get("/account").status_code == 200
    assert other.get("/account").status_code == 303
    assert _try(page, user.email, PASSWORD) == 422


def test_a_wrong_present_password_changes_nothing(page: FlaskClient) -> None:
    user = sign_in(page)
    answer = page.post("/account/preferences", data={"current": "not that one", "new": "another warm bread"})
    assert answer.status_code == 422
    assert "not your present password" in answer.text
    assert _try(page, user.email, PASSWORD) == 303


def test_a_sign_in_runs_out_and_staff_sign_in_every_day(page: FlaskClient, app: Flask) -> None:
    staff = app.test_client()
    sign_in(page)
    sign_in(staff, role=Role.BAKER)
    with clock.travel(clock.now() + timedelta(hours=15)):
        assert page.get("/account").status_code == 200
        assert staff.get("/kitchen").status_code == 303
    with clock.travel(clock.now() + timedelta(days=31)):
        assert page.get("/account").status_code == 303


def test_a_closed_account_is_out_at_once(page: FlaskClient, session: Session) -> None:
    user = sign_in(page, role=Role.COUNTER)
    assert page.get("/admin/orders").status_code == 200
    session.get_one(User, user.id).active = False
    session.commit()
    assert page.get("/admin/orders").status_code == 303


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test",
        "\\\\evil.test",
        "/\t/evil.test",
        "/\t\\evil.test",
        "/\n/evil.test",
        " //evil.test",
        "javascript:alert(1)",
        "evil.test",
        "",
        "/%0d/\x00",
    ],
)
def test_nobody_is_sent_to_another_site_after_signing_in(page: FlaskClient, wanted: str) -> None:
    user = UserFactory()
    answer = page.post(
        "/login", query_string={"next": wanted}, data={"email": user.email, "password": PASSWORD}
    )
    assert (answer.status_code, answer.location) == (303, "/account")


def test_everybody_lands_at_their_own_door(app: Flask, session: Session) -> None:
    make_open_shop(session)
    doors = {Role.CUSTOMER: "/account", Role.BAKER: "/kitchen", Role.COUNTER: "/admin", Role.OWNER: "/admin"}
    for role, door in doors.items():
        user = UserFactory(role=role)
        answer = app.test_client().post("/login", data={"email": user.email, "password": PASSWORD})
        assert answer.location == door


def test_registering_signs_in_and_a_second_account_for_an_address_is_refused(page: FlaskClient) -> None:
    form = {"name": "Nadia", "email": "Nadia@Saffron.test", "password": "warm saffron bread"}
    assert page.post("/register", data=form).location == "/account"
    assert "Welcome, Nadia." in page.get("/account").text
    again = page.post("/register", data=form | {"email": "nadia@saffron.test"})
    assert again.status_code == 422
    assert "an account for this email already" in again.text


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "password123", "x" * 201])
def test_a_weak_password_is_refused_with_its_field(page: FlaskClient, password: str) -> None:
    answer = page.post("/register", data={"name": "N", "email": "n@saffron.test", "password": password})
    assert answer.status_code == 422
    assert 'id="password-error"' in answer.text


@pytest.fixture
def limits(page: FlaskClient) -> Iterator[None]:
    # An address of its own: other test processes count in the same Redis.
    page.environ_base["REMOTE_ADDR"] = str(ip_address(secrets.randbits(128) | 1 << 127))
    limiter.enabled = True
    yield
    limiter._storage_dead = False
    limiter.enabled = False


def _fresh() -> str:
    return f"{secrets.token_hex(6)}@saffron.test"


def test_guessing_one_account_from_one_place_is_limited(page: FlaskClient, limits: None) -> None:
    user = UserFactory(email=_fresh())
    assert [_try(page, user.email) for _ in range(11)] == [422] * 10 + [429]
    other = UserFactory(email=_fresh())
    assert _try(page, other.email, PASSWORD) == 303, "another account is still welcome"


def test_guessing_many_accounts_from_one_place_is_limited(page: FlaskClient, limits: None) -> None:
    answers = [_try(page, f"person{n}@nowhere.test") for n in range(21)]
    assert answers == [422] * 20 + [429]


def test_the_page_of_a_limit_says_when_to_come_back_and_not_how_it_counts(
    page: FlaskClient, limits: None
) -> None:
    user = UserFactory(email=_fresh())
    for _ in range(10):
        _try(page, user.email)
    answer = page.post("/login", data={"email": user.email, "password": PASSWORD})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert "Try again in a minute" in answer.text and "per 10 minute" not in answer.text


def test_without_redis_guesses_are_still_counted_in_memory(
    page: FlaskClient, limits: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise RedisError("away")

    for name in ("incr", "get"):
        monkeypatch.setattr(limiter.storage, name, away)
    monkeypatch.setattr(limiter.storage, "check", lambda: False)
    user = UserFactory(email=_fresh())
    assert [_try(page, user.email) for _ in range(11)] == [422] * 10 + [429]


def test_an_audit_row_says_that_staff_signed_in_and_changed_their_password(
    page: FlaskClient, session: Session
) -> None:
    sign_in(page, role=Role.MANAGER)
    page.post("/account/preferences", data={"current": PASSWORD, "new": "another warm bread"})
    rows = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [row.action for row in rows] == ["signed in", "changed password"]
    assert PASSWORD not in str([row.after for row in rows])


def test_staff_are_made_on_the_command_line_and_old_sign_ins_end(app: Flask, session: Session) -> None:
    customer = UserFactory(email="samira@saffron.test")
    with_token = services.sign_in(customer.email, PASSWORD, ip=None, user_agent="")
    runner = app.test_cli_runner()
    made = runner.invoke(
        args=["staff", "create", "Samira@saffron.test", "--role", "baker", "--password", "flour and water"]
    )
    assert made.exit_code == 0 and "can sign in as baker" in made.output
    assert sessions.find_user(session, with_token.token) is None
    assert services.sign_in("samira@saffron.test", "flour and water", ip=None, user_agent="").role == "baker"
    row = session.scalars(select(AuditEntry).where(AuditEntry.action == "made staff")).one()
    assert (row.before, row.after) == ({"role": "customer"}, {"role": "baker"})


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nonsense", "--role", "baker", "--password", "flour and water"], "not an email"),
        (["b@saffron.test", "--role", "baker", "--password", "short"], "at least 10"),
        (["b@saffron.test", "--role", "customer", "--password", "flour and water"], "customer"),
    ],
)
def test_what_cannot_be_staff_is_refused_with_one_sentence(
    app: Flask, session: Session, arguments: list[str], sentence: str
) -> None:
    answer = app.test_cli_runner().invoke(args=["staff", "create", *arguments])
    assert answer.exit_code != 0 and sentence in answer.output
    assert "Traceback" not in answer.output


def test_a_service_refuses_what_the_form_would(session: Session) -> None:
    with pytest.raises(Invalid):
        services.create_staff("a@saffron.test", "A", Role.CUSTOMER, PASSWORD, _nobody())
    UserFactory(email="taken@saffron.test")
    with pytest.raises(Conflict):
        services.register("T", "TAKEN@saffron.test ", PASSWORD, ip=None, user_agent="")


def _nobody() -> services.Actor:
    return services.Actor(None, "test")
