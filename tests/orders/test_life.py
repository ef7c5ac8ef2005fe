"""An order after it was placed: paid, late, expired, moved, cancelled."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Invalid, InvalidTransition, NotFound
from bakery.infra.models import Outbox
from bakery.infra.transaction import transaction
from bakery.orders import operations, queries, services
from bakery.orders.models import Order, OrderEvent
from bakery.orders.states import OrderStatus
from bakery.payments.services import cancel_with_refund
from bakery.people.models import AuditEntry
from bakery.scheduling.models import PickupSlot
from bakery.stock.models import StockLevel
from tests.factories.catalog import make_cake, make_loaf
from tests.factories.checkout import place, place_paid
from tests.factories.orders import OrderFactory
from tests.factories.shop import make_open_shop

BAKER = Actor(None, "baker@saffron.test", "192.0.2.7")
LATER = timedelta(minutes=36)


def levels(session: Session, order: Order) -> tuple[tuple[int, int], int]:
    """What is on the shelf and promised of the only limited variant, and how often the slot is booked."""
    session.rollback()
    level = session.scalars(select(StockLevel)).one()
    slot = session.get_one(PickupSlot, order.slot_id)
    return (level.on_hand, level.reserved), slot.booked_orders


def test_a_paid_order_sells_what_it_held_and_owes_mail_sms_tickets_and_evidence(session: Session) -> None:
    make_open_shop(session)
    order = place_paid((make_cake(stock=5), 2))
    assert order.status == OrderStatus.CONFIRMED and order.confirmed_at
    assert levels(session, order) == ((3, 0), 1)
    owed = {(row.job, row.queue, *row.args) for row in session.scalars(select(Outbox))}
    assert owed == {
        ("jobs.orders.send_confirmation", "default", order.id),
        ("jobs.orders.send_staff_sms", "urgent", order.id),
        ("jobs.production.open_tickets", "urgent", order.id),
        ("jobs.evidence.store", "low", order.id, "sale", "sale"),
    }
    assert order.version == 3


def test_no_sms_is_owed_for_bread(session: Session) -> None:
    make_open_shop(session)
    place_paid((make_loaf(), 2))
    assert "jobs.orders.send_staff_sms" not in session.scalars(select(Outbox.job)).all()


def test_an_order_is_confirmed_once(session: Session) -> None:
    make_open_shop(session)
    order = place_paid((make_cake(stock=5), 2))
    with pytest.raises(InvalidTransition), transaction() as open_session:
        operations.confirm(open_session, operations.lock_order(open_session, order.id))
    assert levels(session, order) == ((3, 0), 1)


def test_an_unpaid_order_expires_when_its_time_is_up_and_not_before_and_only_once(session: Session) -> None:
    make_open_shop(session)
    order = place((make_cake(stock=5), 2))
    assert services.expire_order(order.id) is False
    with clock.travel(order.hold_expires_at):
        assert services.expire_order(order.id) is True
        assert services.expire_order(order.id) is False
    assert session.get_one(Order, order.id).status == OrderStatus.EXPIRED
    assert levels(session, order) == ((5, 0), 0)


def test_an_order_whose_money_is_on_its_way_does_not_expire(session: Session) -> None:
    make_open_shop(session)
    order = place((make_cake(stock=5), 2))
    with clock.travel(clock.now() + LATER):
        assert services.expire_order(order.id, is_paying=lambda _session, _id: True) is False
        assert services.expire_due_orders(is_paying=lambda _session, _id: False) == 1


def test_a_paid_order_never_expires(session: Session) -> None:
    make_open_shop(session)
    order = place_paid((make_cake(stock=5), 2))
    with clock.travel(clock.now() + LATER):
        assert services.expire_order(order.id) is False
        assert services.expire_due_orders() == 0
    assert levels(session, order) == ((3, 0), 1)


def test_one_order_that_cannot_expire_does_not_keep_the_others(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_open_shop(session)
    orders = [place((make_loaf(), 1)).id for _ in range(3)]
    release = operations.release_holds

    def fail_for_the_first(open_session, order, *rest):
        if order.id == orders[0]:
            raise RuntimeError("broken")
        release(open_session, order, *rest)

    monkeypatch.setattr(operations, "release_holds", fail_for_the_first)
    with clock.travel(clock.now() + LATER):
        assert services.expire_due_orders() == 2
    statuses = [session.get_one(Order, order_id).status for order_id in orders]
    assert statuses == ["PENDING_PAYMENT", "EXPIRED", "EXPIRED"]


def test_a_hold_is_extended_and_never_shortened(session: Session) -> None:
    make_open_shop(session)
    order = place((make_cake(stock=5), 2))
    until = order.hold_expires_at + timedelta(minutes=20)
    for wanted in (until, until - timedelta(minutes=50)):
        with transaction() as open_session:
            operations.extend_hold(open_session, operations.lock_order(open_session, order.id), wanted)
    with clock.travel(until - timedelta(seconds=1)):
        assert services.expire_order(order.id) is False
    with clock.travel(until):
        assert services.expire_order(order.id) is True
    with pytest.raises(Conflict), transaction() as open_session:
        operations.extend_hold(open_session, operations.lock_order(open_session, order.id), until)


def test_staff_move_an_order_along_with_history_and_audit(session: Session) -> None:
    make_open_shop(session)
    order = place_paid((make_cake(stock=5), 1))
    for to in (OrderStatus.IN_PRODUCTION, OrderStatus.READY, OrderStatus.COLLECTED):
        services.move_order(order.id, to, BAKER, "counter")
    events = queries.history(session, order.id)
    assert [(event.from_state, event.to_state) for event in events if event.kind == "status"] == [
        (None, "PENDING_PAYMENT"),
        ("PENDING_PAYMENT", "CONFIRMED"),
        ("CONFIRMED", "IN_PRODUCTION"),
        ("IN_PRODUCTION", "READY"),
        ("READY", "COLLECTED"),
    ]
    assert events[-1].actor_label == "baker@saffron.test"
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [entry.after for entry in entries] == [
        {"status": "IN_PRODUCTION"},
        {"status": "READY"},
        {"status": "COLLECTED"},
    ]
    assert (entries[0].subject_id, str(entries[0].ip)) == (order.number, "192.0.2.7")


@pytest.mark.parametrize("to", [OrderStatus.PENDING_PAYMENT, OrderStatus.EXPIRED, OrderStatus.CANCELLED])
def test_what_has_a_path_of_its_own_is_not_reached_by_a_move(session: Session, to: OrderStatus) -> None:
    order = OrderFactory(confirmed=True)
    with pytest.raises(Conflict):
        services.move_order(order.id, to, BAKER)


@pytest.mark.parametrize("trait", ["expired", None])
def test_an_unpaid_order_is_not_moved_into_the_kitchen(session: Session, trait: str | None) -> None:
    order = OrderFactory(**({trait: True} if trait else {}))
    for to in (OrderStatus.CONFIRMED, OrderStatus.IN_PRODUCTION):
        with pytest.raises(Conflict, match="not paid"):
            services.move_order(order.id, to, BAKER)


def test_cancelling_an_unpaid_order_gives_everything_back(session: Session) -> None:
    make_open_shop(session)
    order = place((make_cake(stock=5), 2))
    cancel_with_refund(order.id, BAKER, "rang us")
    assert levels(session, order) == ((5, 0), 0)
    assert session.scalars(select(Outbox)).all() == []


@pytest.mark.parametrize(("restock", "on_hand"), [(False, 3), (True, 5)])
def test_cancelling_a_paid_order_frees_the_slot_and_restocks_only_when_told(
    session: Session, restock: bool, on_hand: int
) -> None:
    make_open_shop(session)
    order = place_paid((make_cake(stock=5), 2))
    cancel_with_refund(order.id, BAKER, "rang us", restock=restock)
    assert levels(session, order) == ((on_hand, 0), 0)
    assert "jobs.production.void_tickets" in session.scalars(select(Outbox.job)).all()
    with pytest.raises(InvalidTransition):
        cancel_with_refund(order.id, BAKER, "again")


def test_cancelling_needs_a_reason(session: Session) -> None:
    with pytest.raises(Invalid):
        cancel_with_refund(OrderFactory().id, BAKER, " ")


def test_a_customer_takes_back_an_unpaid_order_and_no_other(session: Session) -> None:
    make_open_shop(session)
    order = place((make_cake(stock=5), 2))
    services.abandon_order(order.id, Actor(None, "customer"))
    assert session.get_one(Order, order.id).status == OrderStatus.CANCELLED
    assert levels(session, order) == ((5, 0), 0)
    paid = place_paid((make_loaf(), 1))
    with pytest.raises(Conflict):
        services.abandon_order(paid.id, Actor(None, "customer"))


def test_notes_of_staff_are_not_in_the_history_that_customers_see(session: Session) -> None:
    order = OrderFactory()
    services.add_staff_note(order.id, " Rude on the phone. ", BAKER)
    assert session.scalars(select(OrderEvent.reason)).all() == ["Rude on the phone."]
    assert queries.history(session, order.id) == []
    for text in (" ", "x" * 501):
        with pytest.raises(Invalid):
            services.add_staff_note(order.id, text, BAKER)


def test_an_unknown_order_is_not_found(session: Session) -> None:
    for ask in (
        lambda: services.expire_order(1),
        lambda: cancel_with_refund(1, BAKER, "x"),
        lambda: queries.get_order(session, 1),
        lambda: queries.get_order_by_number(session, "SC-7K3M-Q9"),
        lambda: queries.get_order_by_number(session, "'; DROP TABLE shop_order"),
        lambda: queries.number_of(session, 1),
    ):
        with pytest.raises(NotFound):
            ask()


def test_a_number_is_found_however_it_is_typed(session: Session) -> None:
    order = OrderFactory(number="SC-7K3M-Q9")
    assert queries.get_order_by_number(session, " sc7k3mq9 ").id == order.id
    assert queries.number_of(session, order.id) == "SC-7K3M-Q9"


def test_who_counts_on_an_order_is_told_once_that_it_is_cancelled_and_nobody_else(session: Session) -> None:
    make_open_shop(session)
    unpaid, paid = place((make_loaf(), 1)), place_paid((make_loaf(), 1))
    for order in (unpaid, paid):
        cancel_with_refund(order.id, BAKER, "the oven broke")
    rows = session.scalars(select(Outbox).where(Outbox.job == "jobs.orders.send_cancellation")).all()
    assert [row.args for row in rows] == [[paid.id]]
