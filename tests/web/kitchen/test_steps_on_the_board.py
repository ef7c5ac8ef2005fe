"""A custom cake on the wall screen, on a page of its own and on paper."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.custom_cakes.preview import draw_preview
from bakery.orders.models import Order
from bakery.people.models import Role
from bakery.production import services
from bakery.production.models import TicketState
from tests.custom_cakes.designs import design
from tests.custom_cakes.requests import NOW
from tests.factories.catalog import make_cake
from tests.factories.checkout import place_paid
from tests.factories.people import sign_in
from tests.factories.scheduling import sydney
from tests.factories.shop import make_open_shop
from tests.queries import Counter
from tests.web.kitchen.cakes import paid_cake, steps

HX = {"HX-Request": "true"}
BAKER = Actor(None, "test baker")
MIND = {"decoration": "elaborate", "allergies": ["nuts"], "allergy_note": "Anaphylaxis"}
WEDNESDAY, FRIDAY, SATURDAY = (sydney(f"2026-12-0{day} 07:00") for day in (2, 4, 5))


@pytest.fixture
def cake(client: FlaskClient, session: Session) -> Iterator[Order]:
    with clock.travel(NOW):
        make_open_shop(session, decorate_minutes=5000)
        order = paid_cake(**MIND)
        sign_in(client, role=Role.BAKER)
        yield order


def cards(client: FlaskClient, address: str = "/kitchen") -> list[Tag]:
    return BeautifulSoup(client.get(address).text, "html.parser").select("article.ticket")


def words(card: Tag) -> str:
    return re.sub(r" ([,.])", r"\1", " ".join(card.get_text(" ", strip=True).split()))


def finish(session: Session, order: Order, count: int = 3) -> None:
    for ticket in steps(session, order.id)[:count]:
        services.move_ticket(ticket.id, TicketState.DONE, None, BAKER)


def test_a_card_says_which_step_when_the_others_are_and_what_must_not_be_overlooked(
    client: FlaskClient, session: Session, cake: Order
) -> None:
    with clock.travel(WEDNESDAY):
        sign_in(client, role=Role.BAKER)
        [card] = cards(client)
    said = words(card)
    for part in (
        "Bake by 6:00 pm",
        "Walnut, 3 layers, round 20, 10 high",
        cake.number,
        "Step 1 of 3 · also: fill Thu 3 Dec, decorate Fri 4 Dec · collected Sat 5 Dec, 10:00 am",
        "“Happy 40th Laila”",
        "Use the tall board.",
        "MIND: nuts, Anaphylaxis",
        "Tree nuts",
    ):
        assert part in said, (part, said)
    [picture] = card.select("a.cake img")
    assert picture["alt"] and picture["src"].endswith("/cake.svg")


def test_each_step_is_on_the_board_of_its_day_and_stays_while_it_is_not_done(
    client: FlaskClient, session: Session, cake: Order
) -> None:
    assert cards(client) == []
    with clock.travel(WEDNESDAY):
        sign_in(client, role=Role.BAKER)
        assert ["Bake" in words(card) for card in cards(client)] == [True]
        assert ["Fill" in words(card) for card in cards(client, "/kitchen?day=tomorrow")] == [True]
        assert len(cards(client, "/kitchen?day=week")) == 3
    with clock.travel(FRIDAY):
        sign_in(client, role=Role.BAKER)
        assert [card.select_one(".station").text for card in cards(client)] == ["Bake", "Fill", "Decorate"]
        assert [".ticket-late" in str(card) or "Late" in words(card) for card in cards(client)] == [
            True, True, False,
        ]  # fmt: skip
        finish(session, cake, 2)
        assert [card.select_one(".station").text for card in cards(client)] == ["Decorate"]
        assert "bake Wed 2 Dec (done)" in words(cards(client)[0])


def test_a_finished_cake_waits_as_one_card_with_its_pickup_time_and_is_handed_over(
    client: FlaskClient, session: Session, cake: Order
) -> None:
    finish(session, cake)
    with clock.travel(SATURDAY):
        sign_in(client, role=Role.BAKER)
        [card] = cards(client)
        assert words(card).startswith("10:00 am") and "Hand over to Laila" in words(card)
        answer = client.post(f"/kitchen/orders/{cake.id}/collection", headers=HX)
        assert answer.status_code == 200 and cards(client) == []


def test_the_board_can_be_seen_by_station(client: FlaskClient, session: Session, cake: Order) -> None:
    services.open_tickets(place_paid((make_cake(), 1)).id)
    at = "/kitchen?day=week"
    with clock.travel(WEDNESDAY):
        sign_in(client, role=Role.BAKER)
        everything = len(cards(client, at))
        [card] = cards(client, f"{at}&station=decorate")
        assert everything == 4 and card.select_one(".station").text == "Decorate"
        assert len(cards(client, f"{at}&station=nonsense")) == everything
        page = client.get(f"{at}&station=decorate").text
    # The board asks for the same station again, and a tap comes back to it.
    assert 'hx-get="/kitchen?day=week&amp;station=decorate"' in page
    assert card.select_one("form input[name=station]")["value"] == "decorate"
    assert re.search(r"<strong>Decorate</strong> Custom cake", page)


def test_a_tap_keeps_the_station_with_and_without_scripts(
    client: FlaskClient, session: Session, cake: Order
) -> None:
    [bake, *_] = steps(session, cake.id)
    data = {"to": "IN_PROGRESS", "from": "TO_DO", "day": "week", "station": "bake"}
    moved = client.post(f"/kitchen/tickets/{bake.id}/state", data=data, headers=HX)
    assert "Bake: Custom cake is being made" in moved.text and "station=bake" in moved.text
    plain = client.post(
        f"/kitchen/tickets/{bake.id}/state", data=data | {"to": "DONE", "from": "IN_PROGRESS"}
    )
    assert (plain.status_code, plain.location) == (303, "/kitchen?day=week&station=bake")


def test_a_step_out_of_turn_is_refused_with_a_sentence_and_the_board_stays(
    client: FlaskClient, session: Session, cake: Order
) -> None:
    *_, decorate = steps(session, cake.id)
    data = {"to": "DONE", "from": "TO_DO", "day": "week"}
    refused = client.post(f"/kitchen/tickets/{decorate.id}/state", data=data, headers=HX)
    assert refused.status_code == 409
    assert "Bake comes first" in refused.text and 'id="kitchen-board"' in refused.text


def test_the_picture_is_exactly_the_cake_that_was_promised(
    client: FlaskClient, session: Session, cake: Order
) -> None:
    [bake, *_] = steps(session, cake.id)
    answer = client.get(f"/kitchen/tickets/{bake.id}/cake.svg")
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    assert "private" in answer.headers["Cache-Control"]
    assert answer.text == draw_preview(design(**MIND), "Custom cake, round, 20 cm")


def test_what_has_no_picture_or_no_ticket_is_not_found_and_strangers_see_nothing(
    client: FlaskClient, session: Session, cake: Order
) -> None:
    order = place_paid((make_cake(), 1))
    services.open_tickets(order.id)
    [ticket] = steps(session, order.id)
    assert client.get(f"/kitchen/tickets/{ticket.id}/cake.svg").status_code == 404
    assert client.get("/kitchen/tickets/987654").status_code == 404
    assert client.get(f"/kitchen/tickets/{ticket.id}").status_code == 200
    [bake, *_] = steps(session, cake.id)
    client.post("/logout")
    for address in (f"/kitchen/tickets/{bake.id}", f"/kitchen/tickets/{bake.id}/cake.svg"):
        assert client.get(address).status_code in (302, 303, 401, 403)


def test_a_ticket_has_a_page_with_the_cake_drawn_large(
    client: FlaskClient, session: Session, cake: Order
) -> None:
    *_, decorate = steps(session, cake.id)
    page = BeautifulSoup(client.get(f"/kitchen/tickets/{decorate.id}?day=week").text, "html.parser")
    [article] = page.select("article.ticket-large")
    assert article.select_one("img.cake")["width"] == "800"
    for part in ("Happy 40th Laila", "Use the tall board.", "Step 3 of 3", "Tree nuts"):
        assert part in words(article)


def test_paper_carries_step_picture_inscription_allergens_and_instructions(
    client: FlaskClient, session: Session, cake: Order
) -> None:
    *_, decorate = steps(session, cake.id)
    for expected in ("DECORATE", "REPRINT"):
        page = client.post("/kitchen/print", data={"ticket": decorate.id})
        [paper] = BeautifulSoup(page.text, "html.parser").select("article.paper")
        assert expected in words(paper)
    for part in (
        "DECORATE Fri 4 Dec",
        "Elaborate: rosettes and fine piping",
        "Write in chocolate",
        "also: bake Wed 2 Dec, fill Thu 3 Dec",
        "“Happy 40th Laila”",
        "TREE NUTS",
        "Use the tall board.",
        "decorated",
        cake.number,
    ):
        assert part in words(paper), part
    assert paper.select_one("img.cake")


def test_the_board_takes_as_many_queries_for_many_cakes_as_for_one(
    client: FlaskClient, session: Session, cake: Order, count_queries: Counter
) -> None:
    with clock.travel(WEDNESDAY):
        sign_in(client, role=Role.BAKER)
        with count_queries() as few:
            assert len(cards(client, "/kitchen?day=week")) == 3
    with clock.travel(NOW):
        for minute in ("11:00", "12:00", "13:00"):
            paid_cake(starts_at=sydney(f"2026-12-05 {minute}"), **MIND)
    with clock.travel(WEDNESDAY):
        with count_queries() as many:
            assert len(cards(client, "/kitchen?day=week")) == 12
    assert len(many) == len(few) <= 6, many


def test_an_unchanged_board_with_cakes_is_304(client: FlaskClient, session: Session, cake: Order) -> None:
    first = client.get("/kitchen?day=week", headers=HX)
    again = client.get("/kitchen?day=week", headers=HX | {"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
