"""/admin/disputes: what staff see of a dispute, what they may do, and who may not."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import text
from sqlalchemy.orm import Session

from bakery.backoffice.dispute_filters import left
from bakery.core import clock
from bakery.orders.models import Order
from bakery.payments.dispute_models import Dispute
from bakery.people.models import Role
from tests.aftercare import sales
from tests.aftercare.disputed import at, carry, disputed
from tests.factories.people import sign_in
from tests.fakes.gateway import FakeGateway
from tests.fakes.gateway_disputes import warning_body
from tests.payments import dispute_steps as told
from tests.payments import steps
from tests.queries import Counter


def test_the_list_begins_with_what_waits_and_says_how_long(
    desk: FlaskClient, dispute: Dispute, sold: Order
) -> None:
    page = desk.get("/admin/disputes")
    assert page.status_code == 200
    assert (
        sold.number in page.text
        and "Says nothing was handed over" in page.text
        and "6 days left" in page.text
    )
    assert "$86.00" in page.text and "Needs response" in page.text
    assert "To answer" in page.text


def test_filters_choose_by_state_kind_reason_and_number(
    desk: FlaskClient, dispute: Dispute, sold: Order
) -> None:
    row = f'href="{at(dispute)}"'
    for query in ("view=waiting", "kind=dispute", "reason=product_not_received", f"q={sold.number.lower()}",
                  f"q={dispute.stripe_id}", "view=nonsense&page=x&kind=%00"):  # fmt: skip
        assert row in desk.get(f"/admin/disputes?{query}").text, query
    for query in (
        "view=won",
        "view=lost",
        "view=review",
        "kind=inquiry",
        "reason=fraudulent",
        "q=SC-2222-22",
    ):
        assert row not in desk.get(f"/admin/disputes?{query}").text, query


def test_an_empty_list_says_so(desk: FlaskClient, sold: Order) -> None:
    assert "No disputes yet" in desk.get("/admin/disputes").text
    assert "Nothing to answer" in desk.get("/admin/disputes?view=waiting").text


def test_htmx_gets_the_results_alone(desk: FlaskClient, dispute: Dispute) -> None:
    part = desk.get("/admin/disputes", headers={"HX-Request": "true"}).text
    assert "<h1" not in part and at(dispute) in part


def test_the_list_asks_the_database_as_often_for_many_as_for_one(
    desk: FlaskClient, dispute: Dispute, sold: Order, session: Session, count_queries: Counter
) -> None:
    with count_queries() as one:
        desk.get("/admin/disputes")
    copy = (
        "INSERT INTO dispute (stripe_id, order_id, payment_id, state, reason, amount_cents, currency, opened_at)"
        f" SELECT 'dp_' || n, {sold.id}, payment_id, state, reason, amount_cents, currency, opened_at"
        " FROM dispute, generate_series(1, 30) n"
    )
    session.execute(text(copy))
    session.commit()
    with count_queries() as many:
        desk.get("/admin/disputes")
    assert len(many) == len(one), many


def test_the_page_says_what_it_is_what_to_do_and_by_when(
    desk: FlaskClient, dispute: Dispute, sold: Order
) -> None:
    page = desk.get(at(dispute)).text
    for words in (
        "never got what they paid for",
        "when, and from whom at the counter",
        "Sydney time",
        f'href="/admin/orders/{sold.number}"',
        "laila@saffron.test",
        "Not handed over yet",
        "R-000001",
        dispute.stripe_id,
        "Send to Stripe",
        "Nothing of this order can be refunded",
    ):
        assert words in page, words


def test_the_file_is_a_pdf_to_read_or_to_keep(desk: FlaskClient, dispute: Dispute, sold: Order) -> None:
    read = desk.get(at(dispute, "/evidence.pdf"))
    assert read.mimetype == "application/pdf" and read.headers["Cache-Control"] == "private, no-store"
    assert read.headers["Content-Disposition"] == f'inline; filename="evidence-{sold.number}.pdf"'
    assert sold.number in "".join(page.extract_text() for page in PdfReader(io.BytesIO(read.data)).pages)
    kept = desk.get(at(dispute, "/evidence.pdf?download"))
    assert kept.headers["Content-Disposition"].startswith("attachment")


def test_before_the_evidence_is_gathered_the_page_says_so_and_gathers_it(
    desk: FlaskClient, sold: Order
) -> None:
    dispute = told.open_dispute(sold)
    assert "being gathered" in desk.get(at(dispute)).text
    assert desk.get(at(dispute, "/evidence.pdf")).status_code == 404
    assert desk.post(at(dispute, "/records")).status_code == 303
    assert "Read the file" in desk.get(at(dispute)).text
    assert "Nothing new is known" in desk.post(at(dispute, "/records"), follow_redirects=True).text


def test_a_changed_record_is_said_loudly(desk: FlaskClient, dispute: Dispute, session: Session) -> None:
    session.execute(text("ALTER TABLE evidence_record DISABLE TRIGGER USER"))
    session.execute(
        text("UPDATE evidence_record SET facts = facts || '{\"consents\": []}' WHERE kind = 'sale'")
    )
    session.commit()
    page = desk.get(at(dispute)).text
    assert "The evidence was changed" in page and "Changed" in page


def test_hostile_words_are_only_words(desk: FlaskClient, session: Session, gateway: FakeGateway) -> None:
    order = sales.sold(session, gateway, words="<script>alert(1)</script>", name="<b>Laila</b>")
    dispute = disputed(order, gateway, reason="<i>odd</i>_reason")
    for address in (at(dispute), "/admin/disputes", f"/admin/orders/{order.number}", "/admin/alerts"):
        page = desk.get(address).text
        assert "<script>alert" not in page and "<b>Laila" not in page and "<i>odd" not in page, address


def test_the_order_shows_an_open_dispute_on_top_and_none_that_is_closed(
    desk: FlaskClient, dispute: Dispute, sold: Order
) -> None:
    page = desk.get(f"/admin/orders/{sold.number}").text
    assert "A payment is disputed: $86.00" in page and f'href="{at(dispute)}"' in page
    steps.tell(told.CLOSED, told.body_of(sold, "won"))
    page = desk.get(f"/admin/orders/{sold.number}").text
    assert "A payment is disputed" not in page


def test_a_fraud_warning_stands_on_list_and_order_until_it_is_settled(desk: FlaskClient, sold: Order) -> None:
    intent = str(steps.latest(sold).payment_intent_id)
    steps.tell("radar.early_fraud_warning.created", warning_body(intent))
    for address in ("/admin/disputes", f"/admin/orders/{sold.number}"):
        assert "Refund it now, or risk a dispute" in desk.get(address).text
    steps.tell("radar.early_fraud_warning.updated", warning_body(intent, actionable=False))
    for address in ("/admin/disputes", f"/admin/orders/{sold.number}"):
        assert "Refund it now" not in desk.get(address).text


def test_an_alert_leads_to_its_dispute(desk: FlaskClient, dispute: Dispute) -> None:
    assert f'href="{at(dispute)}"' in desk.get("/admin/alerts").text


def test_the_place_has_its_count(desk: FlaskClient, dispute: Dispute) -> None:
    page = desk.get("/admin/orders?view=all").text
    assert re.search(r'href="/admin/disputes".*?Disputes.*?>1<', page, re.S)


@pytest.mark.parametrize("role", [Role.BAKER, Role.COUNTER, Role.CUSTOMER, None])
def test_whoever_may_not_answer_disputes_sees_and_does_nothing(
    client: FlaskClient, dispute: Dispute, sold: Order, gateway: FakeGateway, role: Role | None
) -> None:
    if role:
        sign_in(client, role=role)
    refused = 403 if role else 303
    for path in ("", "/evidence.pdf"):
        assert client.get(at(dispute, path)).status_code == refused
    assert client.get("/admin/disputes").status_code == refused
    for path in ("/answer", "/acceptance", "/records"):
        assert client.post(at(dispute, path), data={"do": "send", "sure": "y"}).status_code == refused
    carry()
    assert gateway.answers == {} and gateway.closings == {}
    if role in (Role.BAKER, Role.COUNTER):
        page = client.get(f"/admin/orders/{sold.number}").text
        assert "A payment is disputed" in page and at(dispute) not in page


def test_kitchen_and_customer_see_nothing_of_it(client: FlaskClient, dispute: Dispute, sold: Order) -> None:
    page = client.get(f"/orders/{sold.number}?key={sold.secret}", follow_redirects=True).text
    assert "disput" not in page.lower() and sold.number in page
    sign_in(client, role=Role.BAKER)
    assert "disput" not in client.get("/kitchen?day=week").text.lower()


def test_an_unknown_dispute_is_not_found(desk: FlaskClient) -> None:
    for address in ("/admin/disputes/404", "/admin/disputes/404/evidence.pdf", "/admin/disputes/x"):
        assert desk.get(address).status_code == 404
    assert desk.post("/admin/disputes/404/answer", data={"do": "save"}).status_code == 404


@pytest.mark.parametrize(
    ("rest", "words", "presses"),
    [
        (timedelta(days=5, hours=3), "5 days left", False),
        (timedelta(days=1, hours=1, minutes=1), "1 day, 1 hour left", True),
        (timedelta(hours=2, minutes=30), "2 hours left", True),
        (timedelta(minutes=1, seconds=5), "1 minute left", True),
        (timedelta(minutes=-5), "too late", True),
    ],
)
def test_what_is_left_is_said_in_words(rest: timedelta, words: str, presses: bool) -> None:
    now = clock.now()
    assert left(now + rest, now) == (words, presses)
    assert left(None, now) == ("", False)
