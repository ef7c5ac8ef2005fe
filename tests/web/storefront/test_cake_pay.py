"""/custom-cakes/<number>/pay over HTTP: who may, when it leads to Stripe, and what it says when it does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, InternalError
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.custom_cakes import decisions, offers
from bakery.custom_cakes.models import CustomCakeRequest
from bakery.infra.db import db
from bakery.payments.models import Payment
from bakery.people.models import Role
from bakery.shop.models import Shop
from tests.custom_cakes.offers import offered, order_of, terms
from tests.custom_cakes.requests import NOW, approval, row, staff
from tests.factories.people import sign_in
from tests.factories.shop import make_open_shop
from tests.fakes.gateway import FakeGateway
from tests.web.storefront.cake_payment import (
    acceptances,
    at,
    to_stripe,
    words,
    yes,
)


@pytest.fixture(autouse=True)
def open_shop(session: Session) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(session, capacity_minutes=400)
        yield


@pytest.fixture
def cake(session: Session, client: FlaskClient) -> CustomCakeRequest:
    """An offer of 240.00, 30 per cent of it first, whose link this browser has opened."""
    wish = offered(percent=30)
    client.get(f"/custom-cakes/{wish.number}?key={wish.secret}", follow_redirects=True)
    return wish


def test_the_form_on_the_page_sends_what_is_needed(client: FlaskClient, cake: CustomCakeRequest) -> None:
    page = BeautifulSoup(client.get(f"/custom-cakes/{cake.number}").text, "html.parser")
    form = page.select_one(f"form[action='{at(cake)}']")
    sends = {
        field["name"]: field.get("value") for field in form.select("input") if field["name"] != "csrf_token"
    }
    nobody = {"business_name": "", "business_abn": ""}
    asked = {"pay_asked": "y", "charge_rest": "y"}
    assert sends == {"terms": "y", "quote_version": "1", "terms_version": terms()} | nobody | asked
    assert "$72.00" in form.get_text() and "deposit" in form.get_text()
    assert to_stripe(client.post(at(cake), data=sends))


def test_a_yes_is_written_down_and_leads_to_stripe(
    client: FlaskClient, cake: CustomCakeRequest, gateway: FakeGateway
) -> None:
    assert to_stripe(yes(client, cake))
    [said] = acceptances()
    assert (said.terms_version, said.design_hash) == (terms(), cake.design_hash)
    assert (said.actor_label, said.ip, said.accepted_at) == ("customer", "127.0.0.1", said.accepted_at)
    order = order_of(cake)
    assert not order.awaits_acceptance and order.snapshot["terms_version"] == terms()
    [made] = gateway.sessions.values()
    assert (made.amount_cents, made.client_reference_id) == (7_200, order.number)


@pytest.mark.parametrize("change", ["UPDATE quote_acceptance SET ip = ''", "DELETE FROM quote_acceptance"])
def test_a_yes_never_changes(
    client: FlaskClient, session: Session, cake: CustomCakeRequest, change: str
) -> None:
    yes(client, cake)
    with pytest.raises((IntegrityError, InternalError), match="append-only"), session.begin_nested():
        session.execute(text(change))


def test_the_link_leads_to_the_offer_until_somebody_has_said_yes(
    client: FlaskClient, cake: CustomCakeRequest, gateway: FakeGateway
) -> None:
    for _ in range(5):  # a scanner of mails, say
        answer = client.get(at(cake))
        assert (answer.status_code, answer.location) == (303, f"/custom-cakes/{cake.number}#offer")
    assert gateway.calls == [] and db.session.query(Payment).count() == 0


def test_after_the_yes_the_link_leads_to_one_page_however_often_it_is_followed(
    client: FlaskClient, cake: CustomCakeRequest, gateway: FakeGateway
) -> None:
    first = yes(client, cake).location
    assert {client.get(at(cake)).location for _ in range(5)} == {first}
    assert yes(client, cake).location == first
    assert (len(gateway.sessions), db.session.query(Payment).count(), len(acceptances())) == (1, 1, 1)


def test_a_probe_and_a_prefetch_open_nothing(
    client: FlaskClient, cake: CustomCakeRequest, gateway: FakeGateway
) -> None:
    yes(client, cake)
    gateway.close(next(iter(gateway.sessions)))
    for answer in (client.head(at(cake)), client.get(at(cake), headers={"Sec-Purpose": "prefetch"})):
        assert (answer.status_code, answer.location) == (303, f"/custom-cakes/{cake.number}")
    assert len(gateway.sessions) == 1


def test_the_link_is_renewed_when_stripes_page_has_ended(
    client: FlaskClient, cake: CustomCakeRequest, gateway: FakeGateway
) -> None:
    first = yes(client, cake).location
    gateway.close(next(iter(gateway.sessions)))
    second = client.get(at(cake))
    assert to_stripe(second) and second.location != first
    assert len(acceptances()) == 1


def test_the_link_with_the_key_opens_in_any_browser(
    app: Flask, client: FlaskClient, cake: CustomCakeRequest
) -> None:
    yes(client, cake)
    assert to_stripe(app.test_client().get(f"{at(cake)}?key={cake.secret}"))


@pytest.mark.parametrize("key", ["", "?key=", "?key=wrong", "?key=" + "x" * 43])
def test_strangers_find_no_such_page_on_any_verb(
    app: Flask, client: FlaskClient, cake: CustomCakeRequest, gateway: FakeGateway, key: str
) -> None:
    stranger = app.test_client()
    form = {"terms": "y", "quote_version": "1", "terms_version": terms()}
    assert stranger.get(at(cake) + key).status_code == 404
    assert stranger.head(at(cake) + key).status_code == 404
    assert stranger.post(at(cake) + key, data=form).status_code == 404
    assert acceptances() == [] and gateway.sessions == {}
    for verb in ("put", "patch", "delete"):
        assert getattr(stranger, verb)(at(cake)).status_code == 405


def test_without_the_tick_the_form_comes_back_and_says_so(
    client: FlaskClient, cake: CustomCakeRequest, gateway: FakeGateway
) -> None:
    answer = yes(client, cake, terms="")
    assert answer.status_code == 422
    field = BeautifulSoup(answer.text, "html.parser").select_one("#terms-error")
    assert "tick the box" in field.get_text()
    assert acceptances() == [] and gateway.sessions == {}


@pytest.mark.parametrize("version", ["0", "2", "", "x", "9" * 30, "-1", "١"])
def test_a_yes_to_another_version_is_refused_and_what_is_offered_now_is_shown(
    client: FlaskClient, cake: CustomCakeRequest, gateway: FakeGateway, version: str
) -> None:
    answer = yes(client, cake, quote_version=version)
    assert answer.status_code == 409
    assert "This offer has changed since you opened the page" in words(answer)
    assert acceptances() == [] and gateway.sessions == {}


def test_a_yes_to_a_price_that_staff_have_changed_meanwhile_is_refused(
    client: FlaskClient, cake: CustomCakeRequest, gateway: FakeGateway
) -> None:
    offers.revise(approval(cake.id, row(cake.id).version, price_cents=30_000), staff(), gateway)
    answer = yes(client, cake, quote_version="1")
    assert answer.status_code == 409
    assert "This offer has changed" in words(answer) and "$90.00" in words(answer)
    assert to_stripe(yes(client, cake))
    assert [made.amount_cents for made in gateway.sessions.values()] == [9_000]


def test_a_yes_to_an_earlier_version_is_none_to_the_next(
    client: FlaskClient, cake: CustomCakeRequest, gateway: FakeGateway
) -> None:
    yes(client, cake)
    latest = row(cake.id)
    decisions.extend(cake.id, latest.version, NOW + timedelta(days=4), staff())
    assert client.get(at(cake)).location == f"/custom-cakes/{cake.number}#offer"
    # The same price for the same order: the page that is open stays good.
    assert to_stripe(yes(client, cake))
    assert (len(acceptances()), len(gateway.sessions)) == (2, 1)


def test_a_yes_to_terms_that_are_not_the_shops_any_more_is_refused(
    client: FlaskClient, session: Session, cake: CustomCakeRequest
) -> None:
    before = terms()
    session.get_one(Shop, 1).terms_version = "99"
    session.commit()
    answer = yes(client, cake, terms_version=before)
    assert answer.status_code == 409 and "Our terms have changed" in words(answer)
    assert to_stripe(yes(client, cake))
    assert acceptances()[0].terms_version == order_of(cake).snapshot["terms_version"] == "99"


def test_staff_see_whether_the_terms_are_accepted(client: FlaskClient, cake: CustomCakeRequest) -> None:
    staff_browser = client.application.test_client()
    sign_in(staff_browser, role=Role.MANAGER)
    here = f"/admin/custom-cakes/{cake.number}"
    assert "Terms accepted not yet" in words(staff_browser.get(here))
    yes(client, cake)
    assert re.search(rf"Terms accepted .*, version {terms()} ", words(staff_browser.get(here)))
