"""Ways from an earlier request back to the builder: by its page, and by the links in mails."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.custom_cakes import decisions, services
from bakery.orders.services import expire_order
from tests.custom_cakes.requests import NOW, approval, row, sent, staff
from tests.factories.shop import make_open_shop
from tests.web.storefront.builder import ADDRESS, BuilderPage, text
from tests.web.storefront.test_cake_builder_sending import asked_to_change, requests


@pytest.fixture(autouse=True)
def open_shop(session: Session) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(session, capacity_minutes=400)
        yield


def test_an_offer_that_ran_out_is_copied_before_any_job_has_noted_it(app: Flask, session: Session) -> None:
    request = row(sent())
    decisions.approve(approval(request.id, request.version), staff())
    client = app.test_client()
    with clock.travel(NOW + timedelta(days=3)):
        assert expire_order(row(request.id).order_id or 0)
        shown = client.get(f"/custom-cakes/{request.number}?key={request.secret}", follow_redirects=True)
        assert f"copy_of={request.number}" in shown.text, "its page offers the copy"
        answer = BuilderPage(client, f"{ADDRESS}?copy_of={request.number}").send(rights="on")
    assert answer.status_code == 303 and requests(session) == 2


def test_a_copy_repeats_why_the_first_was_declined(app: Flask) -> None:
    request = row(sent())
    decisions.reject(request.id, request.version, staff(), "Our largest heart is 25 cm.", "A heart of 25 cm.")
    client = app.test_client()
    client.get(f"/custom-cakes/{request.number}?key={request.secret}")
    told = text(BuilderPage(client, f"{ADDRESS}?copy_of={request.number}").answer, ".told")
    assert "Our largest heart is 25 cm." in told and "A heart of 25 cm." in told


def test_the_key_of_a_mails_link_is_taken_and_hidden(app: Flask, session: Session) -> None:
    over, changing = row(sent()), asked_to_change(app)[1]
    services.withdraw(over.id, Actor(None, "customer", None))
    for own, plain in (
        (over, f"{ADDRESS}?copy_of={over.number}"),
        (changing, f"/custom-cakes/{changing.number}/edit"),
    ):
        client = app.test_client()
        answer = client.get(f"{plain}{'&' if '?' in plain else '?'}key={own.secret}")
        assert answer.headers["Location"] == plain and client.get(plain).status_code == 200


def test_a_second_round_of_changes_starts_from_what_was_sent_on_every_device(
    app: Flask, session: Session
) -> None:
    laptop, request = asked_to_change(app)
    phone, edit = app.test_client(), f"/custom-cakes/{request.number}/edit"
    phone.get(f"/custom-cakes/{request.number}?key={request.secret}")
    BuilderPage(phone, edit).press(inscription="Half typed on the phone")
    assert BuilderPage(laptop, edit).send(inscription="From the laptop", rights="on").status_code == 303
    decisions.ask_for_changes(request.id, row(request.id).version, staff(), "Shorter words, please.")
    for browser in (laptop, phone):
        page = BuilderPage(browser, edit)
        assert page.fields["inscription"] == "From the laptop"
        assert len(page.soup.select(".shot")) == 1, "and its pictures are there"
