"""A deposit: asked for, paid, paid twice, paid late, sent back; and an offer whose pages end with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, InternalError
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.integrations.adapters import Adapters
from bakery.orders import services as orders
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.models import EventOutcome, Payment
from bakery.payments.operations import attempts
from bakery.shop.models import Shop
from jobs.orders import send_cancellation
from tests.custom_cakes.offers import accept, offered, order_of
from tests.custom_cakes.requests import NOW
from tests.factories.shop import make_open_shop
from tests.fakes.gateway import FakeGateway, refund_body
from tests.fakes.mail import FakeMailer
from tests.payments import steps

DEPOSIT, TOTAL = 7_200, 24_000
COMPLETED = "checkout.session.completed"


@pytest.fixture(autouse=True)
def open_shop(session: Session) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(session, capacity_minutes=400, capacity_orders=1)
        yield


@pytest.fixture
def cake(session: Session) -> Order:
    """The order of a cake of 240.00, accepted, that asks for 30 per cent first."""
    wish = offered(percent=30)
    accept(wish)
    return order_of(wish)


def go_to_page(cake: Order, gateway: FakeGateway, until: datetime | None = None) -> Payment:
    services.start_checkout(cake.id, gateway, steps.BASE, until or cake.hold_expires_at)
    return steps.latest(cake)


def states(cake: Order) -> tuple[str, str]:
    order = steps.reread(cake)
    return order.status, order.payment_status


def test_the_page_asks_for_the_deposit_in_one_line_and_the_event_makes_it_paid(
    cake: Order, gateway: FakeGateway
) -> None:
    page = go_to_page(cake, gateway)
    assert (page.kind, page.amount_cents) == ("deposit", DEPOSIT)
    [(request, _)] = gateway.by_key.values()
    [item] = request.items
    assert (item.amount_cents, item.quantity) == (DEPOSIT, 1)
    assert "$240.00 in all" in item.description
    assert steps.pay(cake, gateway) == EventOutcome.APPLIED
    assert states(cake) == ("CONFIRMED", "DEPOSIT_PAID")
    assert steps.ledger(cake) == [("charge", DEPOSIT)]
    assert steps.reread(cake).due_later.cents == TOTAL - DEPOSIT
    assert steps.owed("jobs.orders.send_confirmation") == [[cake.id]]
    assert steps.owed("jobs.production.open_tickets") == [[cake.id]]
    assert steps.alerts() == []


@pytest.mark.parametrize("reported", [TOTAL, DEPOSIT - 1, DEPOSIT + 1])
def test_another_amount_than_the_deposit_marks_nothing_paid(
    cake: Order, gateway: FakeGateway, reported: int
) -> None:
    go_to_page(cake, gateway)
    assert steps.pay(cake, gateway, amount_cents=reported) == EventOutcome.FLAGGED
    assert states(cake) == ("PENDING_PAYMENT", "UNPAID")
    assert steps.ledger(cake) == []
    assert len(steps.alerts("stripe_event")) == 1


def test_an_attempt_that_asks_for_another_part_than_the_order_marks_nothing_paid(
    session: Session, cake: Order, gateway: FakeGateway
) -> None:
    page = go_to_page(cake, gateway)
    page.kind = "full"
    session.commit()
    assert steps.pay(cake, gateway) == EventOutcome.FLAGGED
    assert states(cake) == ("PENDING_PAYMENT", "UNPAID")


def test_the_shops_percentage_of_later_does_not_change_what_an_order_asks(
    session: Session, cake: Order, gateway: FakeGateway
) -> None:
    session.get_one(Shop, 1).deposit_percent = 80
    session.commit()
    assert go_to_page(cake, gateway).amount_cents == DEPOSIT
    with pytest.raises((IntegrityError, InternalError), match="never changes"), session.begin_nested():
        session.execute(text("UPDATE shop_order SET deposit_cents = 1"))


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ("UPDATE shop SET deposit_percent = 101", "deposit_percent_sane"),
        ("UPDATE shop SET deposit_percent = -1", "deposit_percent_sane"),
        ("UPDATE shop_order SET total_cents = 7200, tax_cents = 0", "deposit_sane"),
    ],
)
def test_the_database_refuses_deposits_that_cannot_be(
    session: Session, cake: Order, change: str, check: str
) -> None:
    with pytest.raises(IntegrityError, match=check), session.begin_nested():
        session.execute(text(change))


def test_an_order_without_a_deposit_cannot_be_one_whose_deposit_is_paid(session: Session) -> None:
    wish = offered(percent=0)
    assert order_of(wish).deposit_cents == 0
    with pytest.raises(IntegrityError, match="deposit_asked"), session.begin_nested():
        session.execute(text("UPDATE shop_order SET payment_status = 'DEPOSIT_PAID'"))


@pytest.mark.parametrize("percent", [0, 100])
def test_no_and_the_whole_percentage_ask_for_everything(
    session: Session, gateway: FakeGateway, percent: int
) -> None:
    wish = offered(percent=percent)
    accept(wish)
    cake = order_of(wish)
    page = go_to_page(cake, gateway)
    assert (page.kind, page.amount_cents) == ("full", TOTAL)
    steps.pay(cake, gateway)
    assert states(cake) == ("CONFIRMED", "PAID")


def test_nobody_pays_for_what_nobody_has_accepted(session: Session, gateway: FakeGateway) -> None:
    cake = order_of(offered(percent=30))
    with pytest.raises(attempts.NotPayable, match="accept the offer"):
        services.start_checkout(cake.id, gateway, steps.BASE)
    assert gateway.sessions == {}


def test_a_deposit_paid_twice_keeps_one_and_two_halves_are_not_the_whole(
    session: Session, gateway: FakeGateway
) -> None:
    wish = offered(percent=50)
    accept(wish)
    cake = order_of(wish)
    first = go_to_page(cake, gateway)
    # Stripe forgot to tell that the first page had ended; the customer was given another.
    attempts.end(first, "EXPIRED")
    session.commit()
    second = go_to_page(cake, gateway)
    for page in (second, first):
        steps.tell(COMPLETED, gateway.pay(str(page.session_id)).raw)
    assert steps.ledger(cake) == [("charge", 12_000), ("charge", 12_000)]
    assert states(cake) == ("CONFIRMED", "DEPOSIT_PAID")
    assert steps.owed("jobs.payments.refund_late_payment") == [[first.id]]
    services.refund_late_payment(first.id, gateway)
    assert states(cake) == ("CONFIRMED", "DEPOSIT_PAID")
    assert steps.ledger(cake)[2:] == [("refund", -12_000)]


def test_a_deposit_that_comes_late_still_buys_the_cake_while_its_slot_is_free(
    cake: Order, gateway: FakeGateway
) -> None:
    go_to_page(cake, gateway)
    with clock.travel(steps.reread(cake).hold_expires_at + timedelta(minutes=1)):
        assert orders.expire_order(cake.id)
        steps.pay(cake, gateway)
    assert states(cake) == ("CONFIRMED", "DEPOSIT_PAID")
    assert steps.owed("jobs.payments.refund_late_payment") == []


def test_a_deposit_that_comes_too_late_goes_back_whole_and_once(
    session: Session, cake: Order, gateway: FakeGateway
) -> None:
    page = go_to_page(cake, gateway)
    with clock.travel(steps.reread(cake).hold_expires_at + timedelta(minutes=1)):
        assert orders.expire_order(cake.id)
        # Somebody else takes the slot meanwhile.
        offered(percent=30)
        steps.pay(cake, gateway)
        assert states(cake) == ("EXPIRED", "DEPOSIT_PAID")
        for _ in range(2):
            services.refund_late_payment(page.id, gateway)
    assert states(cake) == ("EXPIRED", "REFUNDED")
    assert steps.ledger(cake) == [("charge", DEPOSIT), ("refund", -DEPOSIT)]
    assert len(steps.alerts("automatic_refund")) == 1


def test_a_refund_of_a_deposit_that_came_back_leaves_the_deposit_paid(
    cake: Order, gateway: FakeGateway
) -> None:
    go_to_page(cake, gateway)
    steps.pay(cake, gateway)
    intent = str(steps.latest(cake).payment_intent_id)
    steps.tell("refund.updated", refund_body("re_part", intent, 1_000))
    assert states(cake)[1] == "PARTIALLY_REFUNDED"
    steps.tell("refund.updated", refund_body("re_rest", intent, DEPOSIT - 1_000))
    assert states(cake)[1] == "PARTIALLY_REFUNDED"
    steps.tell("refund.failed", refund_body("re_rest", intent, DEPOSIT - 1_000, "failed"))
    assert states(cake)[1] == "PARTIALLY_REFUNDED"
    steps.tell("refund.failed", refund_body("re_part", intent, 1_000, "failed"))
    assert states(cake)[1] == "DEPOSIT_PAID"
    steps.tell("refund.updated", refund_body("re_all", intent, DEPOSIT))
    assert states(cake)[1] == "PARTIALLY_REFUNDED"
    steps.tell("refund.failed", refund_body("re_all", intent, DEPOSIT, "failed"))
    assert states(cake)[1] == "DEPOSIT_PAID"


def test_cancelling_tells_staff_and_customer_how_much_there_is_to_send_back(
    cake: Order, gateway: FakeGateway, outside: Adapters
) -> None:
    go_to_page(cake, gateway)
    steps.pay(cake, gateway)
    services.cancel_with_refund(cake.id, Actor(None, "Zohra"), "the oven is broken", share=100)
    [alert] = steps.alerts("refund_asked")
    assert "was cancelled, and $72.00 of it is to come back" in alert.text
    send_cancellation(cake.id)
    assert isinstance(outside.mailer, FakeMailer)
    assert "$72.00 is to come back to you" in outside.mailer.sent[-1].text


def test_an_unpaid_offers_cancellation_owes_nobody_anything(cake: Order) -> None:
    services.cancel_with_refund(cake.id, Actor(None, "Zohra"), "the oven is broken")
    assert steps.alerts("refund_asked") == []


def test_the_reconciler_finds_a_deposit_whose_event_never_came(cake: Order, gateway: FakeGateway) -> None:
    page = go_to_page(cake, gateway)
    gateway.pay(str(page.session_id))
    report = services.reconcile(gateway, clock.now() - timedelta(hours=1))
    assert (report.paid, report.flagged) == (1, 0)
    assert states(cake) == ("CONFIRMED", "DEPOSIT_PAID")
    assert services.reconcile(gateway, clock.now() - timedelta(hours=1)).paid == 0


def test_no_page_outlives_its_offer(cake: Order, gateway: FakeGateway) -> None:
    until = cake.hold_expires_at
    assert go_to_page(cake, gateway, until).expires_at <= clock.now() + attempts.LONGEST
    with clock.travel(until - timedelta(hours=5)):
        assert go_to_page(cake, gateway, until).expires_at == until.replace(microsecond=0)
        # What is held outlives the page by as much as a bank may take, and no more.
        assert steps.reread(cake).hold_expires_at == until.replace(microsecond=0) + attempts.GRACE


def test_in_the_last_half_hour_the_page_is_closed_by_us_when_the_offer_ends(
    session: Session, cake: Order, gateway: FakeGateway
) -> None:
    until = cake.hold_expires_at
    with clock.travel(until - timedelta(minutes=10)):
        page = go_to_page(cake, gateway, until)
        # Stripe keeps a page open for half an hour at least.
        assert page.expires_at == clock.now().replace(microsecond=0) + attempts.SESSION
        due = session.execute(
            text("SELECT next_try_at FROM outbox WHERE job = :job"), {"job": attempts.CLOSE}
        ).scalars()
        assert list(due) == [until]
        assert steps.reread(cake).hold_expires_at == until + attempts.GRACE
    with clock.travel(until):
        services.close_session(page.id, gateway)
        assert gateway.sessions[str(page.session_id)].status == "expired"
        with pytest.raises(attempts.NotPayable, match="run out"):
            services.start_checkout(cake.id, gateway, steps.BASE, until)
    with clock.travel(until + timedelta(minutes=1)):
        assert not orders.expire_order(cake.id)
    with clock.travel(until + attempts.GRACE):
        assert orders.expire_order(cake.id)


def test_an_offer_is_paid_on_its_last_day_and_with_its_third_page(cake: Order, gateway: FakeGateway) -> None:
    until = cake.hold_expires_at
    pages = set()
    for minutes in (0, 24 * 60, 48 * 60 - 5):
        with clock.travel(NOW + timedelta(minutes=minutes)):
            pages.add(go_to_page(cake, gateway, until).id)
    assert len(pages) == 3
    with clock.travel(until - timedelta(minutes=1)):
        steps.pay(cake, gateway)
    assert states(cake) == ("CONFIRMED", "DEPOSIT_PAID")
