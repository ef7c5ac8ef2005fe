"""The charge that a customer has agreed to: announced, made on the day, once more after a no, never twice."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra.db import db
from bakery.integrations.adapters import Adapters
from bakery.integrations.gateway.port import GatewayUnavailable
from bakery.orders.models import Order
from bakery.payments.models import PaymentState, Transaction
from bakery.payments.services import balance
from bakery.shop.models import Shop
from tests.factories.scheduling import sydney
from tests.factories.shop import ShopFactory
from tests.fakes.gateway import FakeGateway
from tests.fakes.mail import FakeMailer
from tests.payments import steps
from tests.payments.rests import REST, agree, look, send_mails, state, taken, with_deposit


@pytest.fixture(autouse=True)
def shop(session: Session) -> Shop:
    return ShopFactory()


@pytest.fixture
def order(session: Session, gateway: FakeGateway) -> Order:
    return with_deposit(gateway)


@pytest.fixture
def mailer(outside: Adapters) -> FakeMailer:
    assert isinstance(outside.mailer, FakeMailer)
    return outside.mailer


def test_a_card_is_announced_and_charged_on_the_day(
    order: Order, gateway: FakeGateway, mailer: FakeMailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree(order, gateway, "pm_good")
    assert look("2026-11-30 09:00", gateway) == {"announce_charge": 1}
    send_mails("2026-11-30 09:01")
    assert "to your saved card on Wed 2 Dec, 10:00 am" in mailer.sent[0].text
    assert look("2026-12-02 09:55", gateway) == {}
    assert look("2026-12-02 10:00", gateway) == {"charge": 1}
    assert look("2026-12-02 10:05", gateway) == {}, "its event decides"
    [(charge, result)] = gateway.charges.values()
    assert (charge.amount_cents, charge.off_session) == (REST, True)
    assert state(order) == ("CONFIRMED", "DEPOSIT_PAID", REST)
    steps.tell("payment_intent.succeeded", result.raw)
    assert state(order) == ("CONFIRMED", "PAID", 0)
    charged = select(Transaction.id).where(Transaction.payment_id == steps.latest(order).id)
    assert steps.owed("jobs.orders.send_payment_received") == [[db.session.scalars(charged).one()]]
    assert look("2026-12-09 10:00", gateway) == {}


def test_a_refused_card_is_tried_once_more_and_the_link_is_sent(
    order: Order, gateway: FakeGateway, mailer: FakeMailer
) -> None:
    agree(order, gateway, "pm_poor")
    look("2026-11-30 09:00", gateway)
    assert look("2026-12-02 10:00", gateway) == {"charge": 1}
    assert look("2026-12-03 09:55", gateway) == {}
    assert look("2026-12-03 10:01", gateway) == {"charge_again": 1}
    assert look("2026-12-03 10:05", gateway) == {"overdue": 1}
    assert look("2026-12-04 00:00", gateway) == {"cancelled": 1}
    assert len(gateway.charges) == 2
    assert taken(order) == [
        "announce_charge", "charge", "charge_refused", "charge_again", "charge_again_refused", "overdue", "cancelled",
    ]  # fmt: skip


def test_the_mail_of_a_refusal_says_why_and_when_it_is_tried_again(
    order: Order, gateway: FakeGateway, mailer: FakeMailer
) -> None:
    agree(order, gateway, "pm_poor")
    look("2026-11-30 09:00", gateway)
    look("2026-12-02 10:00", gateway)
    send_mails("2026-12-02 10:01")
    said = mailer.sent[-1].text
    assert "The card did not have enough money on it." in said
    assert "We try once more on Thu 3 Dec, 10:00 am." in said


def test_a_bank_that_asks_for_its_customer_sends_them_the_link(
    order: Order, gateway: FakeGateway, mailer: FakeMailer
) -> None:
    agree(order, gateway, "pm_asks")
    look("2026-11-30 09:00", gateway)
    look("2026-12-02 10:00", gateway)
    send_mails("2026-12-02 10:01")
    assert taken(order) == ["announce_charge", "charge", "bank_asks"]
    assert "your bank asks you on the way" in mailer.sent[-1].text
    with clock.travel(sydney("2026-12-02 11:00")):
        steps.open_page(order, gateway)
        steps.pay(order, gateway)
    assert state(order) == ("CONFIRMED", "PAID", 0)
    assert look("2026-12-03 10:00", gateway) == {}


def test_a_worker_that_dies_in_the_charge_charges_once(order: Order, gateway: FakeGateway) -> None:
    agree(order, gateway, "pm_good")
    look("2026-11-30 09:00", gateway)

    def die() -> None:
        raise GatewayUnavailable("the answer was lost")

    gateway.interrupt = die
    assert look("2026-12-02 10:00", gateway) == {}
    assert taken(order) == ["announce_charge", "charge"]
    assert look("2026-12-02 10:05", gateway) == {"charge": 1}
    assert len(gateway.charges) == 1
    [(_, result)] = gateway.charges.values()
    steps.tell("payment_intent.succeeded", result.raw)
    assert state(order) == ("CONFIRMED", "PAID", 0)


def test_a_worker_that_dies_after_a_refusal_does_not_charge_again_that_day(
    order: Order, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree(order, gateway, "pm_declined")
    look("2026-11-30 09:00", gateway)
    real = balance._refused
    monkeypatch.setattr(balance, "_refused", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        look("2026-12-02 10:00", gateway)
    monkeypatch.setattr(balance, "_refused", real)
    assert taken(order) == ["announce_charge", "charge"]
    look("2026-12-02 10:05", gateway)
    assert len(gateway.charges) == 1
    assert taken(order)[-1] == "charge_refused"


def test_who_has_just_opened_their_page_is_not_charged_beside_it(order: Order, gateway: FakeGateway) -> None:
    agree(order, gateway, "pm_good")
    look("2026-11-30 09:00", gateway)
    with clock.travel(sydney("2026-12-02 09:50")):
        page = steps.open_page(order, gateway)
    assert look("2026-12-02 10:00", gateway) == {}
    assert gateway.charges == {} and steps.latest(order).state == PaymentState.OPEN
    # An hour later nobody is typing any more: the page is closed, then the card charged.
    assert look("2026-12-02 10:50", gateway) == {"charge": 1}
    assert gateway.sessions[str(page.session_id)].status == "expired"
    assert len(gateway.charges) == 1


def test_who_has_paid_on_an_old_page_is_not_charged_beside_it(order: Order, gateway: FakeGateway) -> None:
    agree(order, gateway, "pm_good")
    look("2026-11-30 09:00", gateway)
    with clock.travel(sydney("2026-12-02 08:00")):
        page = steps.open_page(order, gateway)
    gateway.pay(str(page.session_id))
    assert look("2026-12-02 10:00", gateway) == {}
    assert gateway.charges == {}


def test_a_card_that_was_taken_away_meanwhile_is_a_refusal(order: Order, gateway: FakeGateway) -> None:
    agree(order, gateway, "pm_gone")
    look("2026-11-30 09:00", gateway)
    look("2026-12-02 10:00", gateway)
    assert taken(order)[-1] == "charge_refused"
