"""The order list, its file, one order, and who may do what there."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.orders import staff_queries
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus
from bakery.people.models import AuditEntry, Role
from tests.factories.catalog import make_cake, make_loaf
from tests.factories.checkout import place, place_paid
from tests.factories.orders import make_order
from tests.factories.people import sign_in
from tests.factories.shop import make_open_shop
from tests.queries import Counter


@pytest.fixture
def admin(client: FlaskClient, session: Session) -> FlaskClient:
    make_open_shop(session)
    sign_in(client, role=Role.MANAGER)
    return client


def _baker(client: FlaskClient) -> FlaskClient:
    browser = client.application.test_client()
    sign_in(browser, role=Role.BAKER)
    return browser


def _shows(browser: FlaskClient, order: Order, query: str = "") -> bool:
    return f'href="/admin/orders/{order.number}"' in browser.get(f"/admin/orders?view=all&{query}").text


def test_search_takes_numbers_however_typed_and_names_emails_and_phones(admin: FlaskClient) -> None:
    order = make_order((make_cake(), 1), contact_name="Laila Rahimi", contact_email="laila@saffron.test")
    other = make_order(
        contact_name="Zahra 100%", contact_email="zahra@saffron.test", contact_phone="+61491570157"
    )
    for q in (
        order.number,
        order.number.lower().replace("-", ""),
        "laila",
        "RAHIMI",
        "laila@saffron",
        "0491570156",
    ):
        assert _shows(admin, order, f"q={q}"), q
        assert not _shows(admin, other, f"q={q}"), q
    assert _shows(admin, other, "q=%25") and not _shows(admin, order, "q=%25"), (
        "a percent sign is a percent sign"
    )
    assert "Nothing fits these filters" in admin.get("/admin/orders?q=nobody").text
    elsewhere = admin.get("/admin/orders?view=unpaid&status=READY&from=2026-01-01&q=rose+%26+co").text
    assert 'href="/admin/orders?view=all&amp;q=rose+%26+co"' in elsewhere, "the search goes on in all orders"


def test_filters_narrow_by_status_cakes_and_pickup_day(admin: FlaskClient) -> None:
    cake = make_order((make_cake(), 1), confirmed=True, has_cake=True)
    bread = make_order((make_loaf(), 1), ready=True, pickup_at=clock.now() + timedelta(days=9))
    unpaid = make_order()
    assert _shows(admin, cake, "cakes=1") and not _shows(admin, bread, "cakes=1")
    assert _shows(admin, bread, "status=READY") and not _shows(admin, cake, "status=READY")
    day = (clock.now() + timedelta(days=8)).date().isoformat()
    assert _shows(admin, bread, f"from={day}") and not _shows(admin, cake, f"from={day}")
    assert _shows(admin, cake, f"to={day}") and not _shows(admin, bread, f"to={day}")
    page = admin.get("/admin/orders?view=unpaid").text
    assert unpaid.number in page and cake.number not in page


@pytest.mark.parametrize(
    "query",
    ["from=nonsense", "from=2026-02-30", "status=BURNT", "sort=password", "dir=up", "page=-1", "page=x",
     "page=999999999999999999999", "view=nothing", "from=0001-01-01", "to=9999-12-31", "q=%00", "q=" + "x" * 5000,
     "from=2026-12-31&to=2026-01-01"],
)  # fmt: skip
def test_a_crooked_address_is_harmless(admin: FlaskClient, query: str) -> None:
    answer = admin.get(f"/admin/orders?{query}")
    assert answer.status_code in (200, 400)
    if query.startswith(("from=n", "status=B", "from=2026-12")):
        assert "notice-warning" in answer.text, "what was left out is said"


def test_the_list_sorts_and_pages_within_its_budget(admin: FlaskClient, count_queries: Counter) -> None:
    cake = make_cake()
    orders = [make_order((cake, number % 3 + 1), confirmed=True, has_cake=True) for number in range(51)]
    with count_queries() as seen:
        page = admin.get("/admin/orders?view=all&sort=total")
    assert page.text.count('class="row-link"') == 50
    assert len(seen) <= 8, seen
    totals = sorted(orders, key=lambda order: (order.total_cents, order.id))
    shown = [page.text.index(order.number) for order in totals[:50]]
    assert shown == sorted(shown)
    assert totals[50].number in admin.get("/admin/orders?view=all&sort=total&page=2").text
    down = admin.get("/admin/orders?view=all&sort=total&dir=desc").text
    assert down.index(totals[50].number) < down.index(totals[2].number)


def test_htmx_gets_the_results_and_a_link_to_the_same_file(admin: FlaskClient) -> None:
    make_order((make_cake(), 1), contact_name="Laila")
    part = admin.get("/admin/orders?view=all&q=Laila", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<section id="results"')
    assert "/admin/orders.csv?view=all&amp;q=Laila" in part


def test_the_file_has_a_row_a_line_and_no_cell_that_a_spreadsheet_runs(admin: FlaskClient) -> None:
    order = make_order(
        (make_cake(), 2, "=HYPERLINK(1)"), (make_loaf(), 1, "@SUM(A1)"), contact_name='=cmd|"/c calc"!A1'
    )
    answer = admin.get("/admin/orders.csv?view=all")
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["order"] for row in rows] == [order.number] * 2
    assert rows[0]["line_total"] == "172.00" and rows[0]["quantity"] == "2"
    assert not [cell for row in rows for cell in row.values() if cell[:1] in "=+-@\t\r" and cell]
    assert rows[0]["name"].startswith("'=cmd")


@pytest.mark.parametrize(
    "order_by", ["sort=total", "sort=total&dir=desc", "sort=name", "sort=pickup&dir=desc"]
)
def test_the_file_holds_every_order_once_and_in_order_however_many_there_are(
    admin: FlaskClient, monkeypatch: pytest.MonkeyPatch, count_queries: Counter, order_by: str
) -> None:
    monkeypatch.setattr(staff_queries, "EXPORT_CHUNK", 3)
    cake, loaf = make_cake(), make_loaf()
    # Many with the same total, name and time: where one chunk ends and the next begins must not matter.
    orders = [make_order((cake, 1 + number // 4), (loaf, 1), contact_name="Laila") for number in range(7)]
    address = f"view=all&{order_by}"
    listed = re.findall(r'href="/admin/orders/(SC-[^"]+)"', admin.get(f"/admin/orders?{address}").text)
    with count_queries() as seen:
        rows = list(csv.DictReader(io.StringIO(admin.get(f"/admin/orders.csv?{address}").text)))
    assert sorted(row["order"] for row in rows) == sorted([order.number for order in orders] * 2)
    assert [row["order"] for row in rows[::2]] == [row["order"] for row in rows[1::2]] == listed
    assert len([query for query in seen if "AS place" in query]) == 4, "three orders at a time, then none"


def test_the_file_is_sent_while_it_is_read(admin: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staff_queries, "EXPORT_CHUNK", 2)
    for _ in range(5):
        make_order((make_cake(), 1))
    answer = admin.get("/admin/orders.csv?view=all", buffered=False)
    assert "Content-Length" not in answer.headers
    assert [piece.count(b"\r\n") for piece in answer.iter_encoded()] == [1, 2, 2, 1]


def test_who_may_not_see_people_finds_and_sees_none_of_them(admin: FlaskClient, client: FlaskClient) -> None:
    order = make_order((make_cake(), 1), contact_name="Laila Rahimi", contact_email="laila@saffron.test")
    baker = _baker(client)
    for address in (
        "/admin/orders?view=all",
        f"/admin/orders/{order.number}",
        f"/admin/palette?q={order.number}",
        "/kitchen",
    ):
        page = baker.get(address).text
        for private in ("Rahimi", "laila@saffron.test", "+61491570156"):
            assert private not in page, address
    for q in ("Rahimi", "laila@saffron", "0491570156"):
        assert not _shows(baker, order, f"q={q}")
        assert order.number not in baker.get(f"/admin/palette?q={q}").text
    assert _shows(baker, order, f"q={order.number[3:7]}")
    assert baker.get("/admin/orders.csv").status_code == 403
    assert order.number in admin.get("/admin/palette?q=rahimi").text


def test_staff_see_only_moves_that_are_allowed_and_each_is_audited(
    admin: FlaskClient, session: Session
) -> None:
    order = place_paid((make_cake(), 1))
    page = admin.get(f"/admin/orders/{order.number}").text
    assert page.index('id="moves"') < page.index('id="lines"'), "the next step first, also on a phone"
    assert "Order placed" in page and "Awaiting payment" not in page
    assert 'value="IN_PRODUCTION"' in page and 'value="READY"' in page and 'value="COLLECTED"' not in page
    moved = admin.post(
        f"/admin/orders/{order.number}/moves", data={"to": "READY", "reason": "from the shelf"}
    )
    assert moved.status_code == 303
    session.expire_all()
    assert order.status == OrderStatus.READY
    row = session.scalars(select(AuditEntry).where(AuditEntry.action == "order.move")).one()
    assert (row.before, row.after, row.reason) == (
        {"status": "CONFIRMED"},
        {"status": "READY"},
        "from the shelf",
    )
    assert row.actor_id and str(row.ip) == "127.0.0.1" and row.request_id


@pytest.mark.parametrize(
    ("to", "status"),
    [("COLLECTED", 409), ("EXPIRED", 409), ("PENDING_PAYMENT", 409), ("BURNT", 422), ("", 422)],
)
def test_a_move_that_is_not_allowed_is_refused(
    admin: FlaskClient, session: Session, to: str, status: int
) -> None:
    order = place_paid((make_cake(), 1))
    assert admin.post(f"/admin/orders/{order.number}/moves", data={"to": to}).status_code == status
    session.expire_all()
    assert order.status == OrderStatus.CONFIRMED


def test_an_unpaid_order_is_moved_by_its_payment_only(admin: FlaskClient) -> None:
    order = place((make_cake(), 1))
    assert "the payment decides" in admin.get(f"/admin/orders/{order.number}").text
    for to in ("CONFIRMED", "READY"):
        assert admin.post(f"/admin/orders/{order.number}/moves", data={"to": to}).status_code == 409


def test_cancelling_needs_the_right_and_a_reason(
    admin: FlaskClient, client: FlaskClient, session: Session
) -> None:
    order = place_paid((make_cake(), 1))
    address, wish = f"/admin/orders/{order.number}/moves", {"to": "CANCELLED", "reason": "the customer rang"}
    assert "Cancel this order" in admin.get(f"/admin/orders/{order.number}").text
    baker = _baker(client)
    assert "Cancel this order" not in baker.get(f"/admin/orders/{order.number}").text
    assert baker.post(address, data=wish).status_code == 403
    assert admin.post(address, data={"to": "CANCELLED", "reason": "  "}).status_code == 422
    session.expire_all()
    assert order.status == OrderStatus.CONFIRMED
    assert admin.post(address, data=wish).status_code == 303
    session.expire_all()
    assert order.status == OrderStatus.CANCELLED
    assert "this order is finished" in admin.get(f"/admin/orders/{order.number}").text


def test_staff_read_what_a_line_contains_may_contain_and_what_is_not_known(admin: FlaskClient) -> None:
    cake = make_cake(product__allergens={"milk": "contains", "sesame": "may_contain", "sulphites": "unknown"})
    page = admin.get(f"/admin/orders/{place_paid((cake, 1)).number}").text
    tags = {
        " ".join(tag.split())
        for tag in re.findall(r'allergen-tag declaration-\w+">.*?</svg>(.*?)</li>', page)
    }
    assert {"Milk", "May contain Sesame", "Unknown: Sulphites"} <= tags


def test_a_note_is_for_staff_and_never_for_the_customer(admin: FlaskClient, session: Session) -> None:
    order = place_paid((make_cake(), 1))
    note = "drives a hard bargain"
    assert admin.post(f"/admin/orders/{order.number}/notes", data={"text": note}).status_code == 303
    assert note in admin.get(f"/admin/orders/{order.number}").text
    customer = admin.application.test_client()
    page = customer.get(f"/orders/{order.number}?key={order.secret}", follow_redirects=True)
    assert order.number in page.text and page.status_code == 200
    assert note not in page.text
    row = session.scalars(select(AuditEntry).where(AuditEntry.action == "order.note")).one()
    assert row.subject_id == order.number
    for text in ("", " ", "x" * 501):
        assert admin.post(f"/admin/orders/{order.number}/notes", data={"text": text}).status_code == 422


def test_an_unknown_number_is_404(admin: FlaskClient) -> None:
    for number in ("SC-ZZZZ-ZZ", "nonsense", "%00", "x" * 300):
        assert admin.get(f"/admin/orders/{number}").status_code == 404
        assert admin.post(f"/admin/orders/{number}/notes", data={"text": "x"}).status_code == 404


def test_staff_pages_are_kept_by_no_cache(admin: FlaskClient) -> None:
    for address in ("/admin/orders", "/admin/jobs", "/admin/orders.csv", "/kitchen"):
        answer = admin.get(address)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store"), address


def test_the_palette_escapes_what_people_call_themselves(admin: FlaskClient) -> None:
    make_order(contact_name="<script>alert(1)</script>")
    assert "<script>" not in admin.get("/admin/palette?q=script").text
    assert admin.get("/admin/palette?q=").text.strip() == ""
