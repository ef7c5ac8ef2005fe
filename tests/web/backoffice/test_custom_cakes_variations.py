"""Staff who would rather make a cake a little differently: seen with its price first, kept with the decision only."""

from __future__ import annotations

import json
from datetime import date

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.custom_cakes.models import Quote
from bakery.custom_cakes.spec import from_json
from bakery.custom_cakes.states import RequestStatus
from bakery.orders.models import Order, OrderLine
from tests.custom_cakes.designs import tier
from tests.custom_cakes.requests import row, sent
from tests.web.backoffice.cake_desk import address, form, look, send, words


def quotes(session: Session) -> list[Quote]:
    return list(session.scalars(select(Quote).order_by(Quote.version)))


def vary(desk: FlaskClient, request_id: int, **changes: str) -> str:
    """The page with the cake as staff changed it."""
    fields = form(desk.get(f"{address(request_id)}/design").text, "variation")
    changed = {name.replace("__", "."): value for name, value in changes.items()}
    answer = desk.get(f"{address(request_id)}/variation", query_string=fields | changed)
    assert answer.status_code == 200, words(answer.text)
    return answer.text


def test_the_form_stands_as_the_cake_was_wished(desk: FlaskClient) -> None:
    request_id = sent(tiers=[tier(diameter_cm=30), tier()])
    fields = form(desk.get(f"{address(request_id)}/design").text, "variation")
    assert (fields["tiers.0.diameter_cm"], fields["tiers.1.flavour"], fields["tiers"]) == (
        "30",
        "walnut",
        "2",
    )
    unchanged = vary(desk, request_id)
    assert "Changed by you" not in words(unchanged)
    assert form(unchanged, "approval")["design"] == ""


def test_a_changed_cake_shows_its_own_price_allergens_and_picture_and_keeps_nothing(
    desk: FlaskClient, session: Session
) -> None:
    request_id = sent(tiers=[tier(diameter_cm=30), tier()])
    before = form(look(desk, request_id), "approval")
    page = vary(desk, request_id, tiers="1", tiers__0__flavour="lemon", tiers__0__diameter_cm="25")
    said = words(page)
    assert "Changed by you, and not kept until you decide" in said
    assert (
        "Tier 2 is gone" in said
        and "flavour Walnut → Lemon" in said
        and "Tree nuts: may be contained now." in said
    )
    after = form(page, "approval")
    assert int(after["suggested"]) < int(before["suggested"])
    assert int(after["servings"]) < int(before["servings"])
    plate = BeautifulSoup(page, "html.parser").select_one(".cake-plate")
    assert plate is not None and plate.select_one("svg[role=img]") is not None
    assert quotes(session) == [] and row(request_id).design["tiers"][0]["flavour"] == "walnut"


def test_approving_a_changed_cake_promises_that_one_and_leaves_the_wish(
    desk: FlaskClient, session: Session
) -> None:
    request_id = sent()
    page = vary(desk, request_id, needed_on="2026-12-06", tiers__0__diameter_cm="25")
    answer = send(desk, request_id, "approval", page)
    assert answer.status_code == 303, words(answer.text)
    (quote,) = quotes(session)
    promised = from_json(quote.design)
    assert (promised.needed_on, promised.tiers[0].diameter_cm) == (date(2026, 12, 6), 25)
    assert quote.predicted_cents == int(form(page, "approval")["suggested"])
    assert row(request_id).design["tiers"][0]["diameter_cm"] == 20
    line = session.scalars(select(OrderLine)).one()
    assert line.variant_name == "round, 25 cm"
    assert "What was promised" in words(look(desk, request_id))


def test_a_new_quote_may_be_for_a_changed_cake(desk: FlaskClient, session: Session) -> None:
    request_id = sent()
    send(desk, request_id, "approval")
    page = vary(desk, request_id, inscription="Salaam Laila")
    assert send(desk, request_id, "revision", page).status_code == 303
    first, second = quotes(session)
    assert (first.design["inscription"], second.design["inscription"]) == ("Happy 40th Laila", "Salaam Laila")
    orders = session.scalars(select(Order.status).order_by(Order.id)).all()
    assert list(orders) == ["CANCELLED", "PENDING_PAYMENT"]
    assert "Inscription: “Happy 40th Laila” → “Salaam Laila”." in words(look(desk, request_id))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tiers.1.diameter_cm": "40"}, "tiers-1-diameter_cm"),
        ({"tiers.0.height_cm": "0"}, "tiers-0-height_cm"),
        ({"tiers.0.layers": "many"}, "tiers-0-layers"),
        ({"needed_on": "2026-11-01"}, "needed_on"),
        ({"needed_on": "soon"}, "needed_on"),
        ({"covering": "marzipan"}, "covering"),
        ({"inscription": "x" * 61}, "inscription"),
    ],
)
def test_a_cake_that_cannot_be_built_is_refused_at_its_field(
    desk: FlaskClient, changes: dict[str, str], field: str
) -> None:
    request_id = sent(tiers=[tier(diameter_cm=30), tier()])
    fields = form(desk.get(f"{address(request_id)}/design").text, "variation") | changes
    answer = desk.get(f"{address(request_id)}/variation", query_string=fields)
    assert answer.status_code == 422
    found = BeautifulSoup(answer.text, "html.parser")
    assert found.select_one(f"#{field}-error") is not None, words(answer.text)
    if field not in ("covering",):
        assert form(answer.text, "variation") | changes == form(answer.text, "variation"), "typed values stay"


def test_what_was_refused_keeps_the_changed_cake_and_forged_ones_are_refused(
    desk: FlaskClient, session: Session
) -> None:
    request_id = sent()
    page = vary(desk, request_id, tiers__0__diameter_cm="25")
    refused = send(desk, request_id, "approval", page, price="9000")
    assert refused.status_code == 422 and "Say why." in words(refused.text)
    assert form(refused.text, "approval")["design"] == form(page, "approval")["design"] != ""
    halved = json.dumps(row(request_id).design | {"note": "\ud800"})
    for forged in ("{", "[]", '{"shape": "round"}', "x" * 11_000, "[" * 9_000, "[" * 100_000, halved):
        assert send(desk, request_id, "approval", page, design=forged).status_code == 422
    assert quotes(session) == [] and row(request_id).status == RequestStatus.PENDING_REVIEW
