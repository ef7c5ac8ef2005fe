"""The queue of custom cakes and one request: what staff see before they decide, and who may see it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.custom_cakes import decisions, services
from bakery.custom_cakes.models import Quote, RequestEvent, RequestPicture
from bakery.custom_cakes.uploads import read_link
from bakery.people.models import AuditEntry, Role
from tests.custom_cakes.designs import design, tier
from tests.custom_cakes.requests import DAY, NOW, approval, row, sent, staff
from tests.factories.people import UserFactory, sign_in
from tests.factories.shop import make_open_shop
from tests.queries import Counter
from tests.web.backoffice.cake_desk import QUEUE, address, look, words

CUSTOMER = Actor(None, "customer", "203.0.113.9")


def contact(name: str, email: str = "", phone: str = "+61491570156") -> services.Contact:
    return services.Contact(name, email or f"{name.split()[0].lower()}@saffron.test", phone)


def shows(browser: FlaskClient, request_id: int, query: str = "view=all") -> bool:
    return f'href="{address(request_id)}"' in browser.get(f"{QUEUE}?{query}").text


def test_what_waits_is_listed_by_the_day_it_is_needed_and_then_by_age(desk: FlaskClient) -> None:
    later = sent(needed_on="2026-12-06", contact=contact("Ana Silva"))
    with clock.travel(NOW + timedelta(hours=2)):
        second = sent(contact=contact("Omid Amiri"))
    first = sent(contact=contact("Zahra Noori"))
    decided = sent(contact=contact("Mina Lee"))
    decisions.reject(decided, row(decided).version, staff(), "No time")
    page = desk.get(QUEUE).text
    places = [page.index(f'href="{address(one)}"') for one in (first, second, later)]
    assert places == sorted(places)
    assert address(decided) not in page
    assert "3 requests" in words(page)
    assert "4 requests" in words(desk.get(f"{QUEUE}?view=all").text)
    down = desk.get(f"{QUEUE}?sort=needed&dir=desc").text
    assert down.index(address(later)) < down.index(address(first))


def test_search_takes_numbers_however_typed_and_names_emails_and_phones(desk: FlaskClient) -> None:
    laila = sent()
    other = sent(contact=contact("Zahra 100%", "zahra@saffron.test", "+61491570157"))
    number = row(laila).number
    for q in (number, number.lower().replace("-", ""), "laila", "RAHIMI", "laila@saffron", "0491570156"):
        assert shows(desk, laila, f"q={q}"), q
        assert not shows(desk, other, f"q={q}"), q
    assert shows(desk, other, "q=%25") and not shows(desk, laila, "q=%25"), "a percent sign is itself"
    assert "Nothing fits these filters" in desk.get(f"{QUEUE}?q=nobody").text


def test_filters_narrow_by_status_day_and_age(desk: FlaskClient) -> None:
    with clock.travel(NOW - timedelta(days=4)):
        old = sent()
    new = sent(needed_on="2026-12-06", contact=contact("Ana Silva"))
    assert shows(desk, old, "age=3") and not shows(desk, new, "age=3")
    assert shows(desk, new, "from=2026-12-06") and not shows(desk, old, "from=2026-12-06")
    assert shows(desk, old, "to=2026-12-05") and not shows(desk, new, "to=2026-12-05")
    decisions.ask_for_changes(old, row(old).version, staff(), "Smaller, please")
    assert shows(desk, old, "view=changes") and not shows(desk, old, "view=waiting")
    assert shows(desk, old, "status=CHANGES_REQUESTED") and not shows(desk, new, "status=CHANGES_REQUESTED")


@pytest.mark.parametrize(
    "query",
    ["from=nonsense", "from=2026-02-30", "status=BURNT", "sort=secret", "dir=up", "page=-1", "page=x", "age=x",
     "page=999999999999999999999", "view=nothing", "from=0001-01-01", "to=9999-12-31", "q=%00", "q=" + "x" * 5000,
     "from=2026-12-31&to=2026-01-01"],
)  # fmt: skip
def test_a_crooked_address_is_harmless(desk: FlaskClient, query: str) -> None:
    answer = desk.get(f"{QUEUE}?{query}")
    assert answer.status_code == 200
    if query.startswith(("from=n", "status=B", "from=2026-12")):
        assert "notice-warning" in answer.text, "what was left out is said"


def test_the_list_pages_and_shows_each_days_load_within_its_budget(
    desk: FlaskClient, count_queries: Counter
) -> None:
    requests = [sent(contact=contact(f"Guest{n} Amiri")) for n in range(26)]
    decisions.approve(approval(requests[0], row(requests[0]).version), staff())
    with count_queries() as seen:
        page = desk.get(f"{QUEUE}?view=all")
    assert page.text.count('class="row-link"') == 25
    assert len(seen) <= 12, seen
    assert "1 order" in words(page.text) and "25 cakes asked for" in words(page.text)
    assert desk.get(f"{QUEUE}?view=all&page=2").text.count('class="row-link"') == 1


def test_age_is_counted_from_when_it_last_came_back_to_us(desk: FlaskClient) -> None:
    with clock.travel(NOW - timedelta(days=5)):
        request_id = sent()
        assert "just now" in words(desk.get(QUEUE).text)
    assert "5 days" in words(desk.get(QUEUE).text)
    decisions.ask_for_changes(request_id, row(request_id).version, staff(), "Smaller, please")
    services.resubmit(request_id, design(guests=8), CUSTOMER)
    assert "5 days" not in words(desk.get(QUEUE).text) and "just now" in words(desk.get(QUEUE).text)


def test_nothing_to_decide_is_said_kindly_and_htmx_gets_the_results_alone(desk: FlaskClient) -> None:
    assert "Nothing to decide" in desk.get(QUEUE).text
    part = desk.get(f"{QUEUE}?view=all&q=x", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<section id="results"')
    assert "view=all&amp;q=x" in part, "the search goes on in all requests"


def test_the_sidebar_counts_what_waits_and_the_palette_finds_it(app: Flask, desk: FlaskClient) -> None:
    request_id = sent()
    sent(contact=contact("Omid Amiri"))
    nav = BeautifulSoup(desk.get("/admin/orders").text, "html.parser").select_one(
        '#admin-nav a[href="/admin/custom-cakes"]'
    )
    assert nav is not None and nav.get_text() == "Custom cakes2"
    assert address(request_id) in desk.get("/admin/palette?q=Laila").text
    baker = app.test_client()
    sign_in(baker, role=Role.BAKER)
    assert QUEUE not in baker.get("/admin/orders").text
    assert QUEUE not in baker.get("/admin/palette?q=Laila").text


def test_the_page_shows_price_range_reasons_neighbours_and_cost(
    desk: FlaskClient, count_queries: Counter
) -> None:
    request_id = sent(tiers=[tier(diameter_cm=30), tier()], budget_cents=45_000)
    with count_queries() as seen:
        page = look(desk, request_id)
    assert len(seen) <= 20, seen
    found = BeautifulSoup(page, "html.parser")
    parts = [cell.get_text() for cell in found.select(".cake-reasons tbody .numeric")]
    total = found.select_one(".cake-reasons tfoot .numeric")
    assert total is not None
    assert sum(_cents(part) for part in parts) == _cents(total.get_text()), "the reasons add up"
    assert len(found.select("section[aria-labelledby=why-price] tbody .numeric")) >= 5 * 2
    said = words(page)
    for part in ("Range", "Ingredients and work", "Left after all costs", "By the price model", "$450.00"):
        assert part in said
    bars = found.select(".cake-reasons rect")
    ends = [float(bar["x"]) + float(bar["width"]) for bar in bars]  # type: ignore[arg-type]
    assert max(ends) <= 100.5 and min(float(bar["x"]) for bar in bars) >= 0  # type: ignore[arg-type]


def test_what_is_not_declared_is_unknown_and_never_free_from(desk: FlaskClient) -> None:
    request_id = sent(toppings=["flowers"], allergies=["fish"], diets=["vegan"], allergy_note="Anaphylaxis!")
    page = look(desk, request_id)
    said = words(page)
    assert "Unknown: Fish" in said
    assert "The customer avoids fish: this cake has not been declared for it." in said
    assert "Anaphylaxis!" in said
    assert "free from" not in said.lower().replace("never free from", "")
    clash = BeautifulSoup(page, "html.parser").select_one(".cake-clash")
    assert clash is not None and "Vegan" in clash.get_text()


def test_the_day_shows_its_stations_and_what_else_is_asked_for(desk: FlaskClient) -> None:
    request_id, other = sent(), sent(contact=contact("Omid Amiri"))
    decisions.approve(approval(other, row(other).version), staff())
    sent(contact=contact("Ana Silva"))
    said = words(look(desk, request_id), "section[aria-labelledby=the-day]")
    assert "1 other request for that day" in said
    assert "Bake Thu 3 Dec 55 min 55 of" in said
    assert "Decorate Fri 4 Dec 70 min 70 of" in said


def test_the_wish_is_drawn_and_only_its_own_designs(desk: FlaskClient) -> None:
    request_id = sent()
    one = row(request_id)
    answer = desk.get(f"{address(request_id)}/preview.svg?v={one.design_hash}")
    assert answer.mimetype == "image/svg+xml" and answer.text.startswith("<svg")
    assert "immutable" in answer.headers["Cache-Control"] and "private" in answer.headers["Cache-Control"]
    assert desk.get(f"{address(request_id)}/preview.svg?v={'0' * 64}").status_code == 404


def test_the_customers_pictures_come_by_signed_links(desk: FlaskClient, session: Session) -> None:
    request_id = sent()
    key = session.scalars(select(RequestPicture.key)).one()
    found = BeautifulSoup(look(desk, request_id), "html.parser").select_one(".cake-pictures img")
    assert found is not None
    source = str(found["src"])
    assert key not in source
    secret = desk.application.config["SECRET_KEY"]
    assert read_link(secret, source.removeprefix("/custom-cakes/pictures/")) == key


def test_a_resubmitted_wish_says_what_changed(desk: FlaskClient) -> None:
    request_id = sent()
    decisions.ask_for_changes(request_id, row(request_id).version, staff(), "Nuts are out today", "Lemon?")
    assert "Nuts are out today" in words(look(desk, request_id))
    changed = design(tiers=[tier(flavour="lemon")], guests=20)
    services.resubmit(request_id, changed, CUSTOMER)
    said = words(look(desk, request_id), "section[aria-labelledby=changes-head]")
    assert "flavour Walnut → Lemon" in said and "Guests: 12 → 20." in said


ACTIONS = (
    "approval", "revision", "changes", "rejection", "extension", "withdrawal", "reminder", "messages",
)  # fmt: skip


@pytest.mark.parametrize("role", [None, Role.CUSTOMER, Role.BAKER, Role.COUNTER])
def test_nobody_without_the_right_sees_or_decides_anything(
    app: Flask, session: Session, client: FlaskClient, role: Role | None
) -> None:
    with clock.travel(NOW):
        make_open_shop(session)
        request_id = sent()
        before = row(request_id).version
        if role:
            sign_in(client, UserFactory(role=role))
        wanted = [client.get(QUEUE), client.get(address(request_id))]
        wanted += [client.get(f"{address(request_id)}/preview.svg")]
        form = {"version": before, "reason": "No", "text": "Hello", "price": "1", "servings": "1"}
        wanted += [client.post(f"{address(request_id)}/{action}", data=form) for action in ACTIONS]
        assert {answer.status_code for answer in wanted} == {403 if role else 303}
        assert all(role or answer.location.startswith("/login") for answer in wanted)
        assert row(request_id).version == before
        assert session.scalar(select(func.count()).select_from(Quote)) == 0
        decided = AuditEntry.action.startswith("custom_cake.")
        assert session.scalar(select(func.count()).where(decided)) == 0
        assert session.scalar(select(func.count()).select_from(RequestEvent)) == 1


def test_a_number_that_there_is_not_is_not_found(desk: FlaskClient) -> None:
    assert desk.get(f"{QUEUE}/CC-ZZZZ-ZZ").status_code == 404
    assert desk.post(f"{QUEUE}/CC-ZZZZ-ZZ/rejection", data={"version": 1}).status_code == 404
    assert DAY > NOW.date()


def _cents(text: str) -> int:
    return round(float(text.replace("$", "").replace(",", "").replace("+", "")) * 100)
