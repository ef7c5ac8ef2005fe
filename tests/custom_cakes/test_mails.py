"""What customers and staff are written about a request: one mail each, with a link that opens it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.custom_cakes import decisions, services
from bakery.infra.models import Outbox
from bakery.integrations.adapters import Adapters
from jobs import custom_cakes as jobs
from tests.custom_cakes.requests import NOW, approval, row, sent, staff
from tests.factories.shop import make_open_shop

CUSTOMER = Actor(None, "customer")


@pytest.fixture(autouse=True)
def open_shop(session: Session) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(session, capacity_minutes=400)
        yield


def deliver(session: Session) -> None:
    """Run what is owed, twice, as a worker that was cut short might."""
    for _ in range(2):
        for job, args in session.execute(select(Outbox.job, Outbox.args).order_by(Outbox.id)).all():
            if job.startswith("jobs.custom_cakes."):
                getattr(jobs, job.rpartition(".")[2])(*args)


def test_the_first_mail_says_what_arrived_and_leads_to_the_request(
    session: Session, outside: Adapters
) -> None:
    request = row(sent())
    deliver(session)
    (mail,) = outside.mailer.sent
    assert mail.to == "laila@saffron.test"
    assert request.number in mail.subject
    link = f"http://localhost/custom-cakes/{request.number}?key={request.secret}"
    for body in (mail.text, mail.html.replace("&amp;", "&")):
        assert link in body
        assert "1-tier" not in body
        assert "round cake, 20 cm across, in buttercream (Rose)" in body
        assert "Saturday 5 December 2026" in body
        assert "nothing is to pay" in body


def test_an_approval_says_price_people_pickup_and_until_when_in_the_shops_zone(
    session: Session, outside: Adapters
) -> None:
    request_id = sent()
    decisions.approve(approval(request_id, row(request_id).version), staff())
    deliver(session)
    mail = outside.mailer.sent[-1]
    assert len(outside.mailer.sent) == 2
    for words in (
        "$240.00", "about 24 people", "Saturday 5 December 2026 at 10:00",
        "Monday 23 November 2026", "Sydney time, AEDT", "Lovely idea!",
    ):  # fmt: skip
        assert words in mail.text, words
    assert "Use the tall board." not in mail.text, "instructions are for the kitchen"


@pytest.mark.parametrize(
    ("decide", "words"),
    [(decisions.reject, "We cannot make"), (decisions.ask_for_changes, "with a change")],
)
def test_a_no_and_a_but_come_with_reason_and_suggestion(
    decide, words: str, session: Session, outside: Adapters
) -> None:
    request_id = sent()
    decide(request_id, row(request_id).version, staff(), "It <would> fall", "Two tiers")
    deliver(session)
    mail = outside.mailer.sent[-1]
    assert words in mail.text
    assert "It <would> fall\nWhat we could make: Two tiers" in mail.text
    assert "It &lt;would&gt; fall" in mail.html


def test_a_decision_that_was_overtaken_is_not_announced(session: Session, outside: Adapters) -> None:
    request_id = sent()
    decisions.approve(approval(request_id, row(request_id).version), staff())
    services.withdraw(request_id, CUSTOMER)
    deliver(session)
    received, called_off = (mail.subject for mail in outside.mailer.sent)
    assert "We received" in received and "called off" in called_off


def test_messages_reach_the_other_side_once_each(session: Session, outside: Adapters) -> None:
    request_id = sent()
    services.write_message(request_id, "Nut-free?", CUSTOMER, from_staff=False)
    services.write_message(request_id, "We cannot promise.", staff(), from_staff=True)
    deliver(session)
    to_staff, to_customer = outside.mailer.sent[1:]
    assert (to_staff.to, to_customer.to) == ("alerts@saffron.test", "laila@saffron.test")
    assert "Nut-free?" in to_staff.text and "/admin/custom-cakes/CC-" in to_staff.text
    assert row(request_id).secret not in to_staff.text
    assert "We cannot promise." in to_customer.text and "?key=" in to_customer.text
