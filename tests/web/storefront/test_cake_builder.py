"""/custom-cakes/new: the cake and its price at every step, with scripts and without, and every refusal."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.custom_cakes import options
from tests.custom_cakes.requests import NOW
from tests.factories.people import UserFactory, sign_in
from tests.factories.shop import make_open_shop
from tests.queries import Counter
from tests.web.storefront.builder import BuilderPage, text


@pytest.fixture(autouse=True)
def open_shop(session: Session) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(session, capacity_minutes=400)
        yield


@pytest.fixture
def page(client: FlaskClient) -> BuilderPage:
    return BuilderPage(client)


def dollars(words: str) -> list[int]:
    return [int(amount.replace(",", "")) for amount in re.findall(r"\$([\d,]+)", words)]


def test_the_first_look_shows_a_cake_its_price_its_servings_and_the_first_day(page: BuilderPage) -> None:
    assert page.answer.status_code == 200 and page.answer.headers["Cache-Control"] == "private, no-store"
    assert page.soup.select_one(".cake-plate svg[role=img]")
    low, high = dollars(page.price)
    assert 0 < low < high
    words = page.soup.select_one("#answer")
    assert words and "An estimate. The bakery confirms the final price." in " ".join(
        words.get_text(" ").split()
    )
    assert "about 15" in text(page.answer, ".cake-facts") and "Nov" in text(page.answer, ".cake-facts")
    assert "Set-Cookie" not in page.answer.headers or "cake=" not in page.answer.headers["Set-Cookie"]
    assert page.said("needed_on") == ""


def test_only_what_the_shop_offers_can_be_chosen(page: BuilderPage) -> None:
    for name, offer in (("tiers-0-flavour", options.FLAVOURS), ("tiers-0-filling", options.FILLINGS)):
        assert [o["value"] for o in page.soup.select(f"select[name={name}] option")] == list(offer)
    for name, offer in (
        ("covering", options.COVERINGS),
        ("toppings", options.TOPPINGS),
        ("colour", options.COLOURS),
    ):
        assert [i["value"] for i in page.soup.select(f"input[name={name}]")] == [str(code) for code in offer]


def test_every_change_redraws_the_cake_and_its_price_for_htmx(page: BuilderPage) -> None:
    drawn = {page.soup.select_one(".cake-plate svg").decode()}  # type: ignore[union-attr]
    for change in (
        {"shape": "heart"}, {"tiers-0-diameter_cm": "30"}, {"covering": "fondant"}, {"colour": "mint"},
        {"drip": "chocolate"}, {"decoration": "elaborate"}, {"toppings": ["flowers"]}, {"inscription": "سلام"},
        {"tiers-0-layers": "6"},
    ):  # fmt: skip
        answer = page.press(htmx=True, **change)
        assert answer.status_code == 200, change
        assert answer.text.lstrip().startswith('<aside id="answer"'), "a part, not a page"
        svg = re.search(r"<svg[^>]*role=\"img\".*?</svg>", answer.text, re.S)
        assert svg and svg[0] not in drawn, change
        drawn.add(svg[0])
        page.fields |= change
    assert dollars(text(answer, ".cake-price"))[0] > dollars(page.price)[0]


def test_without_scripts_a_button_updates_and_everything_typed_stays(page: BuilderPage) -> None:
    typed = {
        "occasion": "wedding", "needed_on": "2026-12-12", "guests": "60", "budget": "$1,250.50",
        "inscription": "Ana & Omid <3", "toppings": ["figs", "gold_leaf"], "diets": ["vegan"], "allergies": ["nuts"],
        "allergy_note": "Severe.", "note": "Line one\n\nline two", "ink": "gold", "drip": "honey", "email": "half@",
        "sms_agreed": "on",
    }  # fmt: skip
    # A colour that is not on offer is a slip of the hand of nobody; it is refused like the rest.
    after = page.then(**{**typed, "drip": "caramel"})
    assert after.answer.status_code == 200 and after.price != page.price
    for name, value in {**typed, "drip": "caramel"}.items():
        found = after.fields[name]
        assert found in (value, [value]) or str(found).replace("\r\n", "\n") == value, name
    # It is there as well for who comes back later.
    assert BuilderPage(page.client).fields["note"].replace("\r\n", "\n") == typed["note"]


def test_invisible_characters_that_came_along_with_what_was_pasted_are_left_out(page: BuilderPage) -> None:
    assert page.then(note="Two\x08 lines:\none\x0b\ue000, two").fields["note"] == "Two lines:\none, two"


def test_tiers_are_added_and_taken_away_by_buttons(page: BuilderPage) -> None:
    three = page.then("add_tier").then("add_tier", **{"tiers-0-diameter_cm": "30"})
    assert three.tiers == 3
    sizes = [three.fields[f"tiers-{at}-diameter_cm"] for at in range(3)]
    assert sizes == ["30", "14", "10"] and three.answer.status_code == 200
    two = three.then("remove_tier:1")
    assert [two.fields[f"tiers-{at}-diameter_cm"] for at in range(2)] == ["30", "10"]
    fragment = two.press("add_tier", htmx=True)
    assert fragment.text.count("tier-card") == 3 and 'id="tiers"' in fragment.text
    assert 'hx-swap-oob="true"' in fragment.text


def test_six_tiers_are_the_most_and_the_last_one_stays(page: BuilderPage) -> None:
    for _ in range(5):
        page = page.then("add_tier")
    assert page.tiers == 6 and not page.soup.select("button[value=add_tier]")
    refused = page.then("add_tier")
    assert refused.answer.status_code == 422 and "up to 6 tiers" in refused.said("tiers")
    one = BuilderPage(page.client, answer=page.client.get("/custom-cakes/new"))
    for _ in range(9):
        one = one.then("remove_tier:0")
    assert one.tiers == 1 and not one.soup.select("button[value^=remove_tier]")


def test_a_foam_tier_serves_nobody(page: BuilderPage) -> None:
    two = page.then("add_tier")
    foam = two.then(**{"tiers-1-dummy": "on"})
    assert foam.answer.status_code == 200 and "about 15" in text(foam.answer, ".cake-facts")
    assert "Foam tiers cost extra" in text(foam.answer, ".cake-more")


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"tiers-0-height_cm": "0"}, "tiers-0-height_cm", "3 to 40 cm high"),
        ({"tiers-0-height_cm": ""}, "tiers-0-height_cm", "how high"),
        ({"tiers-0-diameter_cm": "nan"}, "tiers-0-diameter_cm", "smaller number"),
        ({"tiers-0-diameter_cm": ""}, "tiers-0-diameter_cm", "8 to 60 cm across"),
        ({"tiers-0-layers": "0"}, "tiers-0-layers", "1 to 8 layers"),
        ({"tiers-0-dummy": "on"}, "tiers-0-dummy", "At least one tier has to be cake"),
        ({"needed_on": "2026-11-20"}, "needed_on", "has passed"),
        ({"needed_on": "soon"}, "needed_on", "date"),
        ({"guests": "-3"}, "guests", "1 to 1,000"),
        ({"guests": "many"}, "guests", "Write a number"),
        ({"budget": "-50"}, "budget", "cannot be negative"),
        ({"budget": "a lot"}, "budget", "as an amount"),
        ({"inscription": "x" * 61}, "inscription", "60"),
        ({"note": "x" * 1001}, "note", "1,000"),
        ({"allergy_note": "x" * 1001}, "allergy_note", "1,000"),
        ({"toppings": [str(t) for t in list(options.TOPPINGS)[:7]]}, "toppings", "up to 6"),
        ({"shape": "triangle"}, "shape", "Choose"),
        ({"colour": "octarine"}, "colour", "Choose"),
        ({"tiers-0-flavour": "bacon"}, "tiers-0-flavour", "Choose"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_everything_typed_stays(
    page: BuilderPage, changes: dict[str, str], field: str, said: str
) -> None:
    after = page.then(**{"inscription": "Kept", **changes})
    assert after.answer.status_code == 422
    assert said in after.said(field)
    assert after.soup.select_one(".cake-plate svg"), "a cake is still drawn"
    if field not in ("inscription",):
        assert after.fields["inscription"] == "Kept"
    # htmx gets the sentence alone, for its place.
    part = BuilderPage(page.client).press(htmx=True, **changes)
    assert part.status_code == 422 and f'id="at-{field}" hx-swap-oob="true"' in part.text


def test_a_tier_wider_than_the_one_below_leaves_the_last_possible_cake_in_sight(page: BuilderPage) -> None:
    two = page.then("add_tier", inscription="Words")
    before = two.soup.select_one(".cake-plate svg").decode()  # type: ignore[union-attr]
    wide = two.then(**{"tiers-1-diameter_cm": "40"})
    assert "wider than the tier below" in wide.said("tiers-1-diameter_cm")
    assert wide.soup.select_one(".cake-plate svg").decode() == before  # type: ignore[union-attr]
    assert wide.price == "No price yet" and wide.fields["tiers-1-diameter_cm"] == "40"
    part = wide.press(htmx=True, **{"tiers-1-diameter_cm": "12"})
    assert part.status_code == 200 and 'id="at-tiers-1-diameter_cm" hx-swap-oob="true"></div>' in part.text


def test_two_mistakes_are_both_said_and_first_the_one_that_takes_the_price(page: BuilderPage) -> None:
    wide = page.then("add_tier").then(needed_on="2026-11-20", **{"tiers-1-diameter_cm": "40"})
    assert wide.price == "No price yet" and "has passed" in wide.said("needed_on")
    assert "wider than the tier below" in text(wide.answer, ".cake-wrong")


def test_a_wrong_date_is_no_reason_to_lose_the_price(page: BuilderPage) -> None:
    wrong = page.then(needed_on="2026-11-20", **{"tiers-0-diameter_cm": "28"})
    assert len(dollars(wrong.price)) == 2 and wrong.price != page.price


def test_a_day_too_soon_is_said_with_the_first_one_that_is_free(page: BuilderPage) -> None:
    soon = page.then(needed_on="2026-11-22")
    assert soon.answer.status_code == 422 and soon.said("needed_on")
    assert page.then(needed_on="2026-12-05").answer.status_code == 200


def test_what_somebody_avoids_is_shown_loudly(page: BuilderPage) -> None:
    clash = page.then(allergies=["nuts", "milk"], diets=["vegan"], toppings=["walnuts"])
    danger = text(clash.answer, ".notice-danger")
    assert "You avoid tree nuts: this cake contains it" in danger and "Vegan" in danger
    assert clash.answer.status_code == 200, "a baker decides, not the page"
    assert "Not in the recipe" not in clash.answer.text and "free from" not in clash.answer.text.lower()


def test_budget_and_guests_are_held_against_the_cake(page: BuilderPage) -> None:
    poor = page.then(budget="20", guests="200")
    more = text(poor.answer, ".cake-more")
    assert "Your budget of $20 is below this range" in more and "slices short" in more
    assert "below this range" not in text(page.then(budget="5000").answer, ".cake-more")


def test_the_reasons_of_the_price_add_up(page: BuilderPage) -> None:
    amounts = page.soup.select(".sums dd")
    cents = [int(re.sub(r"[^\d-]", "", dd.get_text().replace("−", "-"))) for dd in amounts]
    assert sum(cents[:-1]) == cents[-1]


def test_opened_reasons_stay_open_and_are_drawn_anew_alone(page: BuilderPage) -> None:
    kept = page.soup.select_one("details#why[hx-preserve]")
    assert kept and page.fields["why"] == "shown"
    part = BeautifulSoup(page.press(htmx=True, guests="30").text, "html.parser")
    alone = part.select("#why-words[hx-swap-oob]")
    assert len(alone) == 1 and "Most likely" in alone[0].get_text()
    del page.fields["why"]
    assert "hx-swap-oob" not in str(
        BeautifulSoup(page.press(htmx=True, guests="31").text, "html.parser").select("#why-words")
    ), "where no reasons are shown there is no place to draw them in"


def test_a_link_from_the_servings_page_fills_in_what_makes_sense(client: FlaskClient) -> None:
    page = BuilderPage(
        client,
        "/custom-cakes/new?shape=square&diameter_cm=25.4&diameter_cm=15&guests=40&occasion=wedding&keeps_top_tier=1",
    )
    assert (page.fields["shape"], page.tiers, page.fields["guests"]) == ("square", 2, "40")
    assert [page.fields[f"tiers-{at}-diameter_cm"] for at in (0, 1)] == ["25.4", "15"]
    assert page.fields["keeps_top_tier"] == ["on"]
    sheet = BuilderPage(client, "/custom-cakes/new?shape=rectangle&length_cm=33&width_cm=23&height_cm=8")
    assert [sheet.fields[f"tiers-0-{side}_cm"] for side in ("length", "width", "height")] == ["33", "23", "8"]
    odd = BuilderPage(
        client, "/custom-cakes/new?shape=torus&diameter_cm=<b>&guests=9e9&occasion=x&height_cm=-1"
    )
    assert (odd.fields["shape"], odd.fields["tiers-0-diameter_cm"], odd.fields["guests"]) == (
        "round",
        "20",
        "",
    )


def test_who_is_signed_in_need_not_type_their_name(client: FlaskClient) -> None:
    sign_in(client, UserFactory(name="Zahra Noori", email="zahra@saffron.test"))
    page = BuilderPage(client)
    assert (page.fields["name"], page.fields["email"]) == ("Zahra Noori", "zahra@saffron.test")


def test_the_page_and_each_change_take_few_queries(page: BuilderPage, count_queries: Counter) -> None:
    page.press(htmx=True)
    with count_queries() as seen:
        assert page.client.get(page.address).status_code == 200
    assert len(seen) <= 16, seen
    with count_queries() as seen:
        assert page.press(htmx=True, needed_on="2026-12-05").status_code == 200
    assert len(seen) <= 30, seen


def test_made_to_order_is_in_the_masthead_the_footer_and_the_sitemap(client: FlaskClient) -> None:
    home = client.get("/").text
    assert "Made to order" in home and home.count('href="/custom-cakes/new"') >= 3
    assert "/custom-cakes/new</loc>" in client.get("/sitemap.xml").text
