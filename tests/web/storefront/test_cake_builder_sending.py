"""Drafts and sending: nothing typed is lost, nothing is sent twice, nobody opens another's."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.core import clock, ids
from bakery.core.actor import Actor
from bakery.custom_cakes import services
from bakery.custom_cakes.decisions import ask_for_changes
from bakery.custom_cakes.draft_models import CakeDraft
from bakery.custom_cakes.models import CustomCakeRequest, RequestPicture
from bakery.custom_cakes.states import RequestStatus
from bakery.infra.limits import limiter
from tests.custom_cakes.requests import NOW, row, sent, staff
from tests.factories.people import UserFactory, sign_in
from tests.factories.shop import make_open_shop
from tests.web.storefront.builder import ADDRESS, DAY, LAILA, BuilderPage, text


@pytest.fixture(autouse=True)
def open_shop(session: Session) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(session, capacity_minutes=400)
        yield


@pytest.fixture
def page(client: FlaskClient) -> BuilderPage:
    return BuilderPage(client)


def requests(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(CustomCakeRequest)) or 0


def only(session: Session) -> CustomCakeRequest:
    session.expire_all()
    return session.scalars(select(CustomCakeRequest)).one()


def test_sending_makes_a_request_that_this_browser_may_see_and_empties_the_draft(
    page: BuilderPage, session: Session
) -> None:
    page.press(htmx=True, inscription="Happy 40th")
    answer = page.send(inscription="Happy 40th", sms_agreed="on", guests="12")
    request = only(session)
    assert answer.status_code == 303 and answer.headers["Location"] == f"/custom-cakes/{request.number}"
    assert (request.design["inscription"], request.needed_on.isoformat()) == ("Happy 40th", DAY)
    assert (request.contact_name, request.contact_phone) == (LAILA["name"], "+61491570156")
    assert request.sms_agreed and request.rights_stated_at is None
    assert page.client.get(answer.headers["Location"]).status_code == 200
    assert session.scalars(select(CakeDraft)).all() == []
    assert BuilderPage(page.client).fields["inscription"] == ""


def test_what_is_missing_is_said_all_at_once_and_what_is_there_stays(page: BuilderPage) -> None:
    refused = page.then("send", note="Our story", email="nonsense")
    assert refused.answer.status_code == 422 and refused.fields["note"] == "Our story"
    assert "date" in refused.said("needed_on") and "name" in refused.said("name")
    assert "not an email address" in refused.said("email") and refused.said("phone")
    assert refused.fields["email"] == "nonsense"
    summary = refused.soup.select(".error-summary a")
    assert {str(link["href"]) for link in summary} == {"#needed_on", "#name", "#email", "#phone"}
    # While it is missing, the sentence stays; once it is there, it goes.
    part = refused.press(htmx=True, needed_on=DAY)
    assert 'id="at-needed_on" hx-swap-oob="true"></div>' in part.text and 'id="at-name" hx' not in part.text


def test_a_day_that_filled_up_meanwhile_is_said_at_the_date(page: BuilderPage, session: Session) -> None:
    with clock.travel(NOW + timedelta(days=13)):
        refused = page.then("send", **LAILA, needed_on=DAY)
    assert refused.answer.status_code == 422 and refused.said("needed_on")
    assert requests(session) == 0


def test_a_double_click_sends_once(page: BuilderPage, session: Session) -> None:
    # Before anything was saved, and after: both clicks carry the page's own key.
    first, second = page.send(), page.send()
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"] and requests(session) == 1
    later = BuilderPage(page.client)
    later.press(htmx=True)
    assert later.send().headers["Location"] == later.send().headers["Location"]
    assert requests(session) == 2


def test_what_was_changed_after_sending_is_kept_and_said_not_dropped(
    page: BuilderPage, session: Session
) -> None:
    number = page.send().headers["Location"].rsplit("/", 1)[1]
    again = page.send(inscription="A second thought")
    assert again.status_code == 409 and requests(session) == 1
    assert number in text(again, ".notice") and "A second thought" in again.text
    second = BuilderPage(page.client, answer=again)
    assert second.send().status_code == 303 and requests(session) == 2


def test_the_sixth_open_request_of_one_address_is_refused_with_everything_kept(
    page: BuilderPage, session: Session
) -> None:
    for _ in range(services.MAX_OPEN):
        sent()
    refused = page.send(note="Kept")
    assert refused.status_code == 409 and "still open" in text(refused, ".notice")
    assert BuilderPage(page.client).fields["note"] == "Kept"


def test_a_draft_survives_a_closed_tab_and_start_again_empties_it(page: BuilderPage) -> None:
    page.press(htmx=True, inscription="Remember me", shape="heart")
    back = BuilderPage(page.client)
    assert (back.fields["inscription"], back.fields["shape"]) == ("Remember me", "heart")
    assert back.press("restart").status_code == 303
    assert BuilderPage(page.client).fields["shape"] == "round"


def test_the_cookie_cannot_be_read_by_scripts_nor_sent_by_other_sites(
    page: BuilderPage, session: Session
) -> None:
    cookie = page.press().headers["Set-Cookie"]
    assert cookie.startswith("cake=") and "HttpOnly" in cookie and "SameSite=Lax" in cookie
    token = cookie.removeprefix("cake=").split(";")[0]
    assert session.scalars(select(CakeDraft.token_digest)).all() == [ids.digest(token)]


def test_another_browser_does_not_see_the_draft(page: BuilderPage, app: Flask) -> None:
    page.press(inscription="Private")
    assert "Private" not in app.test_client().get(ADDRESS).text
    forger = app.test_client()
    forger.set_cookie("cake", "x" * 43)
    assert "Private" not in forger.get(ADDRESS).text


def test_a_draft_follows_its_person_to_another_device_and_stays_theirs(app: Flask) -> None:
    laila, phone, desk = UserFactory(), app.test_client(), app.test_client()
    sign_in(phone, laila)
    BuilderPage(phone).press(inscription="For Laila")
    sign_in(desk, laila)
    assert BuilderPage(desk).fields["inscription"] == "For Laila"
    phone.post("/logout")
    assert BuilderPage(phone).fields["inscription"] == ""


def test_two_tabs_ask_before_one_overwrites_the_other(page: BuilderPage) -> None:
    page.press(htmx=True, note="before")
    one, two = BuilderPage(page.client), BuilderPage(page.client)
    assert two.press(htmx=True, note="by two").status_code == 200
    asked = one.press(htmx=True, note="by one")
    assert asked.status_code == 409 and "another tab" in text(asked, ".notice-warning")
    assert BuilderPage(page.client).fields["note"] == "by two"
    # Neither does sending: what the other tab has would be gone with the draft.
    assert one.send(note="by one").status_code == 409
    assert one.press("theirs").status_code == 303
    assert one.press("keep", htmx=True, note="by one").status_code == 200
    assert BuilderPage(page.client).fields["note"] == "by one"
    assert two.press(htmx=True, note="by two").status_code == 409
    assert one.press(htmx=True, note="on and on").status_code == 200


def test_without_scripts_a_page_that_is_too_old_keeps_what_it_has(page: BuilderPage) -> None:
    page.press(note="before")
    one, two = BuilderPage(page.client), BuilderPage(page.client)
    two.press(note="by two")
    asked = one.then(note="by one")
    assert asked.answer.status_code == 409 and asked.fields["note"] == "by one"
    assert asked.then("keep").answer.status_code == 200
    assert BuilderPage(page.client).fields["note"] == "by one"


def asked_to_change(app: Flask) -> tuple[FlaskClient, CustomCakeRequest]:
    """A browser with the key of a request for which changes were asked."""
    request = row(sent())
    ask_for_changes(request.id, request.version, staff(), "Smaller, please.", "24 cm")
    client = app.test_client()
    client.get(f"/custom-cakes/{request.number}?key={request.secret}")
    return client, row(request.id)


def test_a_changed_request_goes_back_into_the_queue_with_its_pictures(app: Flask, session: Session) -> None:
    client, request = asked_to_change(app)
    page = BuilderPage(client, f"/custom-cakes/{request.number}/edit")
    assert page.fields["inscription"] == "Happy 40th Laila" and len(page.soup.select(".shot")) == 1
    assert not page.soup.select("#name"), "the contact is known"
    assert "Smaller, please." in text(page.answer, ".told") and "24 cm" in text(page.answer, ".told")
    refused = page.press("send", inscription="Changed")
    assert refused.status_code == 422 and "tick this box" in text(refused, "#at-rights")
    answer = page.press("send", inscription="Changed", rights="on")
    assert answer.headers["Location"] == f"/custom-cakes/{request.number}"
    after = row(request.id)
    assert (after.status, after.design["inscription"]) == (RequestStatus.PENDING_REVIEW, "Changed")
    assert session.scalar(select(func.count()).select_from(RequestPicture)) == 1
    again = page.press("send", inscription="Changed", rights="on")
    assert again.headers["Location"] == f"/custom-cakes/{request.number}"
    assert row(request.id).version == after.version


def test_a_picture_taken_out_of_a_request_is_gone_from_it(app: Flask, session: Session) -> None:
    client, request = asked_to_change(app)
    page = BuilderPage(client, f"/custom-cakes/{request.number}/edit")
    remove = page.soup.select_one("button[value^=remove_picture]")
    assert remove
    without = page.then(str(remove["value"]))
    assert not without.soup.select(".shot")
    assert session.scalar(select(func.count()).select_from(RequestPicture)) == 1, "not before it is sent"
    assert without.press("send").status_code == 303
    assert session.scalar(select(func.count()).select_from(RequestPicture)) == 0


def test_what_staff_did_meanwhile_is_not_overruled(app: Flask) -> None:
    client, request = asked_to_change(app)
    page = BuilderPage(client, f"/custom-cakes/{request.number}/edit")
    services.withdraw(request.id, staff(), "Too late now.", staff=True)
    answer = page.press("send", inscription="Changed", rights="on")
    assert answer.status_code == 303 and row(request.id).design["inscription"] == "Happy 40th Laila"


def test_nobody_else_changes_or_copies_a_request(app: Flask, client: FlaskClient) -> None:
    _, request = asked_to_change(app)
    over = row(sent())
    services.withdraw(over.id, Actor(None, "customer", None))
    for address in (f"/custom-cakes/{request.number}/edit", f"{ADDRESS}?copy_of={over.number}"):
        assert client.get(address).status_code == 404
        assert client.post(address, data={"action": "send"}).status_code == 404
    assert client.get("/custom-cakes/CC-2222-22/edit").status_code == 404


def test_a_copy_of_what_is_over_is_a_new_request_of_its_own(app: Flask, session: Session) -> None:
    request = row(sent())
    services.withdraw(request.id, Actor(None, "customer", None))
    client = app.test_client()
    client.get(f"/custom-cakes/{request.number}?key={request.secret}")
    page = BuilderPage(client, f"{ADDRESS}?copy_of={request.number}")
    assert page.fields["inscription"] == "Happy 40th Laila" and page.fields["needed_on"] == ""
    assert page.fields["name"] == "Laila Rahimi"
    answer = page.send(rights="on", inscription="Once more")
    assert answer.status_code == 303 and requests(session) == 2
    copy = session.scalars(select(CustomCakeRequest).order_by(CustomCakeRequest.id.desc())).first()
    assert copy and copy.copy_of_id == request.id and copy.rights_stated_at
    keys = session.scalars(select(RequestPicture.key)).all()
    assert len(keys) == 2 and len(set(keys)) == 1, "the copy shows the same picture"


def test_a_request_that_is_still_open_is_not_copied(app: Flask) -> None:
    request = row(sent())
    client = app.test_client()
    client.get(f"/custom-cakes/{request.number}?key={request.secret}")
    assert client.get(f"{ADDRESS}?copy_of={request.number}").status_code == 409
    assert client.get(f"/custom-cakes/{request.number}/edit").status_code == 303


@pytest.fixture
def counted(app: Flask) -> Iterator[FlaskClient]:
    """Limits on, two requests an hour, and an address that nobody has used."""
    before = app.config["SETTINGS"]
    app.config["SETTINGS"] = dataclasses.replace(before, orders_per_hour=2)
    app.config["RATELIMIT_ENABLED"] = limiter.enabled = True
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = f"2001:db8:{uuid.uuid4().hex[:4]}:{uuid.uuid4().hex[:4]}::1"
    yield client
    app.config["RATELIMIT_ENABLED"] = limiter.enabled = False
    app.config["SETTINGS"] = before


def test_very_many_requests_from_one_place_are_slowed_down_and_kept(
    counted: FlaskClient, session: Session
) -> None:
    BuilderPage(counted).send(email="wrong")
    for _ in range(2):
        assert BuilderPage(counted).send().status_code == 303
    last = BuilderPage(counted).send(note="Kept")
    assert last.status_code == 429 and requests(session) == 2
    assert "internet connection" in text(last, ".notice")
    assert BuilderPage(counted).fields["note"] == "Kept"


def test_whoever_keeps_no_cookie_cannot_fill_the_shop_with_drafts(
    counted: FlaskClient, session: Session
) -> None:
    wish = {"name": "Laila"}
    for _ in range(100):
        assert counted.post(ADDRESS, data=wish).status_code != 429
        counted.delete_cookie("cake")
    assert counted.post(ADDRESS, data=wish).status_code == 429
    drafts = session.scalar(select(func.count()).select_from(CakeDraft))
    assert drafts == 100
