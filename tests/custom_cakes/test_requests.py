"""A customer's request: sent once, shown softly, changed, written about, taken back."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, InternalError
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Invalid, InvalidTransition, NotFound
from bakery.custom_cakes import decisions, queries, services
from bakery.custom_cakes.models import CustomCakeRequest, RequestEvent, RequestMessage, SoftHold
from bakery.custom_cakes.services import Contact, submit_request
from bakery.custom_cakes.states import OPEN, OVER, REQUEST, RequestStatus
from bakery.infra.models import Outbox
from bakery.people.models import AuditEntry
from bakery.scheduling.models import PickupSlot
from tests.custom_cakes.designs import FLOWERS, design
from tests.custom_cakes.requests import DAY, LAILA, NOW, row, sending, sent, staff
from tests.factories.scheduling import ScheduleExceptionFactory
from tests.factories.shop import make_open_shop

CUSTOMER = Actor(None, "customer", "203.0.113.9")


@pytest.fixture(autouse=True)
def open_shop(session: Session) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(session, capacity_minutes=400)
        yield


def owed(session: Session, job: str) -> list[list[object]]:
    return list(session.scalars(select(Outbox.args).where(Outbox.job == f"jobs.custom_cakes.{job}")))


def test_a_wish_gets_a_number_a_mail_a_history_and_a_soft_hold(session: Session) -> None:
    request_id = sent()
    request = row(request_id)
    assert request.number.startswith("CC-") and len(request.number) == 10
    assert request.status == RequestStatus.PENDING_REVIEW
    assert request.design_hash == design().hash
    assert owed(session, "send_received") == [[request_id]]
    file = queries.read_file(session, request)
    assert [(e.kind, e.from_state, e.to_state) for e in file.events] == [("status", None, "PENDING_REVIEW")]
    assert file.design == design() and len(file.pictures) == 1 and file.quote is None
    held = queries.softly_held(session, DAY, DAY)
    assert held[DAY] == queries.SoftlyHeld(1, request.make_minutes)
    assert request.make_minutes == 175


def test_a_soft_hold_is_in_nobodys_way(session: Session) -> None:
    for number in range(4):
        sent(contact=Contact("Omid", f"omid{number}@saffron.test", "1"))
    assert queries.softly_held(session, DAY, DAY)[DAY].requests == 4
    assert session.scalar(select(func.count()).select_from(PickupSlot)) == 0


def test_the_same_page_sends_one_request(session: Session) -> None:
    wish = sending("one page")
    assert submit_request(wish) == submit_request(wish)
    assert session.scalar(select(func.count()).select_from(CustomCakeRequest)) == 1
    assert len(owed(session, "send_received")) == 1


@pytest.mark.parametrize(
    ("contact", "field"),
    [
        (Contact(" ", "a@saffron.test", "1"), "name"),
        (Contact("A", "nobody", "1"), "email"),
        (Contact("A", "a@saffron.test", ""), "phone"),
    ],
)
def test_somebody_who_cannot_be_reached_is_asked_for_it(contact: Contact, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        sent(contact=contact)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"needed_on": "2026-11-22"}, "needs 2 days' notice"),
        ({"needed_on": "2026-11-24", "toppings": [FLOWERS]}, "needs 4 days' notice"),
        ({"needed_on": "2026-12-25"}, "closed"),
        ({"needed_on": "2027-12-05"}, "not take orders"),
    ],
)
def test_a_day_that_cannot_be_had_is_said_at_once(changes: dict[str, object], words: str) -> None:
    ScheduleExceptionFactory()
    with pytest.raises(Invalid, match=words) as refused:
        sent(**changes)
    assert refused.value.field == "needed_on"


def test_five_open_requests_of_one_address_are_enough() -> None:
    for _ in range(services.MAX_OPEN):
        sent()
    with pytest.raises(Conflict, match="still open"):
        sent(contact=Contact("L", "LAILA@saffron.test", "1"))
    assert sent(contact=Contact("O", "omid@saffron.test", "1"))


def test_only_who_sent_it_may_see_it(session: Session) -> None:
    request = row(sent())
    assert queries.may_see(request, None, request.secret)
    assert not queries.may_see(request, None, request.secret[:-1])
    assert not queries.may_see(request, None, None)
    assert not queries.may_see(request, None, "")
    assert queries.find_request(session, request.number.lower().replace("-", " ")).id == request.id
    with pytest.raises(NotFound):
        queries.find_request(session, "CC-2222-22")


def test_changes_that_staff_asked_for_come_back_into_the_queue(session: Session) -> None:
    request_id = sent()
    decisions.ask_for_changes(request_id, row(request_id).version, staff(), "Too tall", "Two tiers")
    assert row(request_id).status == RequestStatus.CHANGES_REQUESTED
    with pytest.raises(Invalid) as refused:
        services.resubmit(request_id, design(needed_on="2026-11-22"), CUSTOMER)
    assert refused.value.field == "needed_on"
    assert row(request_id).status == RequestStatus.CHANGES_REQUESTED, "a refusal changes nothing"
    services.resubmit(request_id, design(needed_on="2026-12-06", guests=30), CUSTOMER)
    request = row(request_id)
    assert (request.status, request.needed_on.day) == (RequestStatus.PENDING_REVIEW, 6)
    assert set(queries.softly_held(session, DAY, DAY + timedelta(days=9))) == {DAY + timedelta(days=1)}
    assert sorted(session.scalars(select(SoftHold.state))) == ["HELD", "RELEASED"]
    designs = [e.design["guests"] for e in queries.read_file(session, request).events if e.design]
    assert designs == [12, 30]
    with pytest.raises(InvalidTransition):
        services.resubmit(request_id, design(), CUSTOMER)


def test_a_customer_who_answers_an_older_question_is_not_told_who_asks_now(session: Session) -> None:
    request_id = sent()
    decisions.ask_for_changes(request_id, row(request_id).version, staff("Zohra"), "Too tall")
    old = row(request_id).version
    services.resubmit(request_id, design(guests=30), CUSTOMER, old)
    decisions.ask_for_changes(request_id, row(request_id).version, staff("Zohra"), "Still too tall")
    with pytest.raises(Conflict, match="has changed since you opened the page") as refused:
        services.resubmit(request_id, design(guests=40), CUSTOMER, old)
    assert "Zohra" not in refused.value.message and row(request_id).design["guests"] == 30


def test_a_request_that_is_taken_back_frees_its_day_once(session: Session) -> None:
    request_id = sent()
    services.withdraw(request_id, CUSTOMER, "We moved")
    assert row(request_id).status == RequestStatus.WITHDRAWN
    assert queries.softly_held(session, DAY, DAY) == {}
    with pytest.raises(InvalidTransition):
        services.withdraw(request_id, CUSTOMER)
    with pytest.raises(InvalidTransition):
        decisions.reject(request_id, row(request_id).version, staff(), "No")


def test_a_modified_copy_is_made_of_what_is_over_only(session: Session) -> None:
    request_id = sent()
    with pytest.raises(Conflict, match="still open"):
        sent(copy_of_id=request_id)
    decisions.reject(request_id, row(request_id).version, staff(), "No sugar glass", "Isomalt")
    copy = sent(copy_of_id=request_id, colour="mint")
    assert row(copy).copy_of_id == request_id
    with pytest.raises(NotFound):
        sent(copy_of_id=10**9)


def test_messages_go_both_ways_and_each_is_owed_once(session: Session) -> None:
    request_id = sent()
    first = services.write_message(request_id, " May it be nut-free? ", CUSTOMER, from_staff=False)
    second = services.write_message(request_id, "We cannot promise that.", staff(), from_staff=True)
    written = queries.read_file(session, row(request_id)).messages
    assert [(m.from_staff, m.text) for m in written] == [
        (False, "May it be nut-free?"),
        (True, "We cannot promise that."),
    ]
    assert owed(session, "send_message") == [[first], [second]]
    assert session.scalars(select(AuditEntry.action)).all() == ["custom_cake.message"]
    for bad in ("", "  ", "x" * 2001):
        with pytest.raises(Invalid):
            services.write_message(request_id, bad, CUSTOMER, from_staff=False)
    services.withdraw(request_id, CUSTOMER)
    with pytest.raises(Conflict, match="withdrawn"):
        services.write_message(request_id, "Hello?", CUSTOMER, from_staff=False)


def test_a_message_whose_button_is_pressed_twice_is_said_once(session: Session) -> None:
    request_id = sent()
    once = services.write_message(request_id, "Can it be taller?", CUSTOMER, from_staff=False)
    assert services.write_message(request_id, " Can it be taller? ", CUSTOMER, from_staff=False) == once
    assert services.write_message(request_id, "Can it be taller?", staff(), from_staff=True) != once
    with clock.travel(NOW + timedelta(minutes=1)):
        assert services.write_message(request_id, "Can it be taller?", CUSTOMER, from_staff=False) != once
    assert len(owed(session, "send_message")) == 3


@pytest.mark.parametrize("table", ["custom_cake_event", "custom_cake_message"])
@pytest.mark.parametrize(
    "change", ["UPDATE {} SET actor_label = 'me'", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_history_cannot_be_rewritten(session: Session, table: str, change: str) -> None:
    services.write_message(sent(), "Hello", CUSTOMER, from_staff=False)
    with pytest.raises((IntegrityError, InternalError), match="append-only"), session.begin_nested():
        session.execute(text(change.format(table)))


@pytest.mark.parametrize(
    "change",
    [
        "status = 'LOST'",
        "design_hash = 'short'",
        "make_minutes = -1",
        "version = 0",
        "status = 'PAID'",
        "number = (SELECT number FROM custom_cake_request ORDER BY id DESC LIMIT 1)",
    ],
)
def test_the_database_refuses_what_cannot_be(session: Session, change: str) -> None:
    first = sent()
    sent()
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text(f"UPDATE custom_cake_request SET {change} WHERE id = {first}"))


def test_the_table_of_moves_is_the_one_in_the_books() -> None:
    moves = {(a.value, b.value) for a in RequestStatus for b in REQUEST.allowed(a)}
    assert moves == {
        ("PENDING_REVIEW", "APPROVED_AWAITING_PAYMENT"),
        ("PENDING_REVIEW", "CHANGES_REQUESTED"),
        ("PENDING_REVIEW", "REJECTED"),
        ("PENDING_REVIEW", "WITHDRAWN"),
        ("CHANGES_REQUESTED", "PENDING_REVIEW"),
        ("CHANGES_REQUESTED", "WITHDRAWN"),
        ("APPROVED_AWAITING_PAYMENT", "PAID"),
        ("APPROVED_AWAITING_PAYMENT", "EXPIRED"),
        ("APPROVED_AWAITING_PAYMENT", "WITHDRAWN"),
        ("EXPIRED", "PAID"),
    }
    assert {*OPEN, *OVER, RequestStatus.PAID} == set(RequestStatus)


def test_the_queue_goes_by_day_then_by_age(session: Session) -> None:
    late, early, second = sent(needed_on="2026-12-20"), sent(), sent()
    assert [r.id for r in queries.list_queue(session)] == [early, second, late]
    assert LAILA.email == row(early).contact_email
    assert session.scalar(select(func.count()).select_from(RequestEvent)) == 3
    assert session.scalar(select(func.count()).select_from(RequestMessage)) == 0
