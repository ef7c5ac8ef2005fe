"""/admin/insights/reconciliation: who sees it, what it says, and what its buttons do."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.integrations.adapters import Adapters
from bakery.payments.books import proof, runs
from bakery.people.models import Role
from tests.books import steps as books
from tests.factories.people import sign_in
from tests.factories.shop import make_open_shop
from tests.fakes.gateway import FakeGateway
from tests.payments import steps
from tests.queries import Counter

HOME = "/admin/insights/reconciliation"
PART = {"HX-Request": "true"}


@pytest.fixture
def gateway(session: Session, outside: Adapters) -> FakeGateway:
    assert isinstance(outside.gateway, FakeGateway)
    make_open_shop(session)
    return outside.gateway


@pytest.fixture
def owner(client: FlaskClient, gateway: FakeGateway) -> FlaskClient:
    sign_in(client, role=Role.OWNER)
    return client


@pytest.fixture
def lost(gateway: FakeGateway) -> str:
    """The address of a difference: a payment whose event never came."""
    order = steps.pending()
    payment = steps.open_page(order, gateway)
    gateway.pay(str(payment.session_id))
    books.prove(gateway)
    return f"{HOME}/differences/{books.found()[0].id}"


def test_insights_lead_to_the_books(owner: FlaskClient) -> None:
    answer = owner.get("/admin/insights")
    assert (answer.status_code, answer.location) == (303, HOME)


def test_before_the_first_proof_the_page_says_when_it_comes(owner: FlaskClient) -> None:
    page = owner.get(HOME).text
    assert "from three o’clock on" in page or "from three o'clock on" in page or "three o&#39;clock" in page
    assert "Nothing is open" in page


def test_a_clean_book_says_so_and_every_sum_agrees(owner: FlaskClient, gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    books.refund(order, gateway, 1000)
    books.prove(gateway)
    page = owner.get(HOME).text
    assert "Everything agrees, to the cent" in page
    assert page.count("agrees") >= 6 and "danger-text" not in page
    assert "Payments by card" in page and "$105.50" in page
    assert f"{order.number}" not in page


def test_while_all_of_stripes_is_too_young_nobody_says_that_it_agrees(
    owner: FlaskClient, gateway: FakeGateway
) -> None:
    books.paid(gateway)
    books.prove(gateway, after=timedelta(minutes=5))
    page = owner.get(HOME).text
    assert "Ledger and orders agree, to the cent" in page and "Everything agrees, to" not in page
    assert "Nothing of Stripe’s was compared yet." in page


def test_a_difference_stands_with_its_words_its_fix_and_its_order(owner: FlaskClient, lost: str) -> None:
    page = owner.get(HOME).text
    assert "1 difference is open" in page and "Stripe moved money that the ledger does not know" in page
    assert "Take it in from Stripe" in page and f"{lost}/fix" in page
    assert f"/admin/orders/{books.found()[0].words.split('order ')[1].split(',')[0]}#money" in page


def test_one_click_takes_it_in_and_the_page_tells(owner: FlaskClient, lost: str) -> None:
    answer = owner.post(f"{lost}/fix", follow_redirects=True)
    assert answer.status_code == 200 and "Taken in from Stripe" in answer.text
    assert books.kinds() == [] and "Fixed" in owner.get(f"{HOME}?state=FIXED").text
    again = owner.post(f"{lost}/fix")
    assert again.status_code == 409 and "settled already" in again.text


def test_when_stripe_is_away_the_click_says_so(owner: FlaskClient, lost: str, gateway: FakeGateway) -> None:
    gateway.away = True
    answer = owner.post(f"{lost}/fix")
    assert answer.status_code == 503 and "Stripe does not answer" in answer.text
    assert books.kinds() == ["missing_in_ledger"]


def test_an_explanation_is_kept_with_its_author_and_too_few_words_are_refused_where_they_stand(
    owner: FlaskClient, lost: str
) -> None:
    refused = owner.post(f"{lost}/explanation", data={"reason": "it"})
    assert (
        refused.status_code == 422
        and "Say in a sentence" in refused.text
        and ">\nit</textarea>" in refused.text
    )
    kept = owner.post(f"{lost}/explanation", data={"reason": "A <b>test</b> of ours"}, follow_redirects=True)
    assert "The explanation is kept" in kept.text
    page = owner.get(f"{HOME}?state=EXPLAINED").text
    assert "A &lt;b&gt;test&lt;/b&gt; of ours" in page and "Zahra" in page


def test_strange_characters_are_harmless(owner: FlaskClient, lost: str) -> None:
    answer = owner.post(f"{lost}/explanation", data={"reason": "by hand \x00 and \u202e"})
    assert answer.status_code in (303, 400, 422)
    assert owner.get(f"{HOME}?state=EXPLAINED").status_code == 200


def test_a_difference_that_is_not_there_is_not_found(owner: FlaskClient) -> None:
    assert owner.post(f"{HOME}/differences/99999/fix").status_code == 404
    assert owner.post(f"{HOME}/differences/99999/explanation", data={"reason": "nothing"}).status_code == 404


def test_a_proof_is_asked_for_once_and_its_progress_is_told_until_it_is_over(
    owner: FlaskClient, gateway: FakeGateway
) -> None:
    books.paid(gateway)
    assert owner.post(f"{HOME}/runs").status_code == 303
    second = owner.post(f"{HOME}/runs")
    assert second.status_code == 409 and "waits for its worker" in second.text
    [[run_id]] = steps.owed("jobs.books.prove")
    runs.begin(run_id, runs.Actor(None, "worker"))
    runs.note(run_id, 42, "The ledger against Stripe")
    part = owner.get(f"{HOME}/progress", headers=PART)
    assert "42 %" in part.text and 'hx-trigger="every 2s"' in part.text
    assert "HX-Refresh" not in part.headers
    assert "Prove now" not in owner.get(HOME).text
    proof.prove(run_id, gateway)
    done = owner.get(f"{HOME}/progress", headers=PART)
    assert done.headers["HX-Refresh"] == "true"
    assert owner.get(f"{HOME}/progress").location == HOME


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({"from": "yesterday"}, "as a date"),
        ({"from": "2026-11-20", "to": "2026-11-10"}, "after the last one"),
        ({"from": "2999-01-01"}, "has not come yet"),
    ],
)
def test_days_that_cannot_be_are_refused_and_kept(
    owner: FlaskClient, days: dict[str, str], said: str
) -> None:
    answer = owner.post(f"{HOME}/runs", data=days)
    assert answer.status_code == 422 and said in answer.text
    assert f'value="{days["from"]}"' in answer.text
    assert steps.owed("jobs.books.prove") == []


def test_the_file_has_every_difference_and_its_amounts_as_numbers(
    owner: FlaskClient, gateway: FakeGateway, lost: str
) -> None:
    order = books.paid(gateway)
    gateway.refund(books.intent(order), 1234, idempotency_key="dashboard")
    books.prove(gateway)
    answer = owner.get(f"{HOME}.csv?state=OPEN")
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["kind"], row["found"]) for row in rows] == [
        ("missing_in_ledger", "105.50"),
        ("missing_in_ledger", "-12.34"),
    ]
    assert rows[1]["order"] == order.number and rows[0]["times"] == "2"
    assert len(list(csv.DictReader(io.StringIO(owner.get(f"{HOME}.csv").text)))) == 2


@pytest.mark.parametrize(
    "query", ["state=OPEN&page=0", "state=nonsense", "page=999999999", "page=x", "page=99"]
)
def test_a_crooked_address_is_harmless(owner: FlaskClient, lost: str, query: str) -> None:
    assert owner.get(f"{HOME}?{query}").status_code == 200
    assert owner.get(f"{HOME}.csv?{query}").status_code == 200


def test_many_differences_come_in_pages_within_a_fixed_number_of_queries(
    owner: FlaskClient, gateway: FakeGateway, count_queries: Counter
) -> None:
    books.paid(gateway)
    for number in range(55):
        gateway.book_charge(f"pi_{number}", 1000 + number, "SC-7K3M-Q9")
    books.prove(gateway)
    with count_queries() as seen:
        page = owner.get(HOME)
    assert page.text.count('class="panel difference"') == 50
    assert len(seen) <= 12, seen
    assert owner.get(f"{HOME}?state=OPEN&page=2").text.count('class="panel difference"') == 5


def test_who_may_see_and_who_may_mend(client: FlaskClient, gateway: FakeGateway, lost: str) -> None:
    manager = client.application.test_client()
    sign_in(manager, role=Role.MANAGER)
    page = manager.get(HOME)
    assert page.status_code == 200 and "The owner can fix or explain it" in page.text
    assert manager.post(f"{lost}/fix").status_code == 403
    assert manager.post(f"{lost}/explanation", data={"reason": "no harm"}).status_code == 403
    for role in (Role.COUNTER, Role.BAKER, Role.CUSTOMER):
        other = client.application.test_client()
        sign_in(other, role=role)
        for address in (HOME, f"{HOME}.csv", "/admin/insights", f"{HOME}/progress"):
            assert other.get(address).status_code == 403, (role, address)
        assert other.post(f"{HOME}/runs").status_code == 403
    assert client.get(HOME).status_code == 303, "strangers sign in first"
