"""Every address, every verb, every role: what the table in bakery.app.access says is what happens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from bakery.app.access import ACCESS, Access, required
from bakery.people.models import Role
from bakery.people.rights import Right, has_right
from tests.factories.people import UserFactory, sign_in
from tests.factories.shop import make_open_shop

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
REFUSED = (401, 403)


def _address(rule: Rule) -> str:
    # Things that exist nowhere: a caller who may knock is told 404 (or 422), never 403.
    values = {"number": "SC-ZZZZ-ZZ", "slug": "nothing", "key": "nothing.png", "filename": "nothing.css"}
    filled = {name: values.get(name, "999999") for name in rule.arguments}
    built = rule.build(filled, append_unknown=False)
    assert built is not None, rule
    return built[1]


def _calls(app: Flask) -> Iterator[tuple[str, str, str]]:
    for rule in app.url_map.iter_rules():
        for verb in VERBS:
            if verb in (rule.methods or ()):
                yield rule.endpoint, verb, _address(rule)


@pytest.fixture
def shop(session: Session) -> None:
    make_open_shop(session)


def test_the_table_names_every_address_and_no_other(app: Flask) -> None:
    served = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert served - set(ACCESS) == set(), "addresses without a line in bakery.app.access"
    assert set(ACCESS) - served == set(), "lines in bakery.app.access without an address"
    assert all(required(endpoint, verb) is not None for endpoint, verb, _ in _calls(app))


@pytest.mark.parametrize("role", [None, *Role])
def test_every_verb_of_every_address_answers_each_role_as_the_table_says(
    app: Flask, session: Session, shop: None, outside: object, role: Role | None
) -> None:
    user = UserFactory(role=role) if role else None
    wrong = []
    client = app.test_client()
    if user:
        sign_in(client, user)
    # Signing out comes last: everything before it is asked by the same signed-in browser.
    for endpoint, verb, address in sorted(_calls(app), key=lambda call: call[0] == "auth.logout"):
        # Read to its end: a file that is sent while it is read keeps its request open until then.
        answer = client.open(address, method=verb, buffered=True)
        needed = required(endpoint, verb)
        if needed in (Access.PUBLIC, Access.OWN):
            fits = answer.status_code not in REFUSED
        elif role is None:
            fits = answer.status_code == 303 and answer.location.startswith("/login")
        elif needed == Access.SIGNED_IN:
            fits = answer.status_code not in REFUSED
        else:
            assert isinstance(needed, Right)
            fits = (answer.status_code == 403) != has_right(role, needed) and answer.status_code != 401
        if not fits or answer.status_code >= 500:
            wrong.append(f"{role} {verb} {address} ({endpoint}, {needed}): {answer.status_code}")
    assert wrong == []


def test_a_verb_that_an_address_does_not_have_is_405_for_everybody(
    app: Flask, session: Session, shop: None
) -> None:
    answer = app.test_client().delete("/menu")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_a_stranger_who_asks_for_json_is_told_401(app: Flask, session: Session, shop: None) -> None:
    answer = app.test_client().get("/admin/orders", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json["error"]["message"]


def test_a_stranger_comes_back_to_where_they_wanted_to_go(app: Flask, session: Session, shop: None) -> None:
    client = app.test_client()
    answer = client.get("/admin/orders?view=all")
    assert answer.location == "/login?next=/admin/orders?view%3Dall"
    user = UserFactory(role=Role.MANAGER)
    answer = client.post(answer.location, data={"email": user.email, "password": "warm saffron bread"})
    assert answer.location == "/admin/orders?view=all"


def test_htmx_of_a_stranger_sends_the_whole_page_to_the_sign_in(
    app: Flask, session: Session, shop: None
) -> None:
    answer = app.test_client().get("/kitchen", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"].split("?")[0]) == (204, "/login")


def test_an_address_that_the_table_does_not_name_is_refused_even_to_the_owner(
    app: Flask, session: Session, shop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = app.test_client()
    sign_in(client, role=Role.OWNER)
    assert client.get("/admin/orders").status_code == 200
    monkeypatch.delitem(ACCESS, "admin_orders.index")
    assert client.get("/admin/orders").status_code == 403
