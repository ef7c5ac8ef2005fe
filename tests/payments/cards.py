"""Cards of customers, as sentences for tests."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from bakery.core import clock
from bakery.infra.db import db
from bakery.infra.models import Outbox
from bakery.orders.models import Order
from bakery.payments import card_words, services
from bakery.payments.card_models import CardConsent, CardMandate, SavedCard, StripeCustomer
from bakery.payments.models import Payment
from bakery.payments.operations.attempts import CardOnFile
from bakery.payments.operations.payer import Payer
from bakery.people.models import User
from jobs.outbox import handler
from tests.factories.people import UserFactory
from tests.fakes.gateway import FakeGateway
from tests.payments import steps

IP = "203.0.113.9"


def agreed(order_id: int, card: CardOnFile) -> None:
    """The rest of this order may be charged to this card."""
    said = {
        "customer_id": card.customer_id,
        "payment_method_id": card.payment_method_id,
        "wording": "Charge the rest to this card.",
        "wording_version": "rest-1",
        "agreed_at": clock.now(),
        "revoked_at": None,
    }
    db.session.execute(
        insert(CardMandate)
        .values(order_id=order_id, **said)
        .on_conflict_do_update(index_elements=["order_id"], set_=said)
    )
    db.session.commit()


def with_deposit(**changes: Any) -> Order:
    """An unpaid order of 105.50, of which 52.75 is asked for first."""
    return steps.pending(deposit_cents=5275, **changes)


def payer(user: User | None = None, *, save: bool = False, rest_of: Order | None = None) -> Payer:
    """Somebody who was asked about their card, and ticked these boxes."""
    return Payer(
        user_id=user.id if user else None,
        ip=IP,
        tried_from=IP,
        asked=True,
        save=card_words.SAVE if save else None,
        charge_rest=card_words.charge_rest(rest_of) if rest_of is not None else None,
    )


def from_place(place: str) -> Payer:
    """Somebody at this connection, who was not asked about their card."""
    return Payer(tried_from=place)


def open_page(order: Order, gateway: FakeGateway, by: Payer) -> Payment:
    """The customer has gone to the hosted page."""
    services.start_checkout(order.id, gateway, steps.BASE, payer=by)
    return steps.latest(order)


def work(*jobs: str) -> None:
    """Run what is owed of these jobs, in turn, until nothing more of them is."""
    done: set[int] = set()
    while True:
        query = select(Outbox).where(Outbox.job.in_(jobs)).order_by(Outbox.id)
        todo = [(row.id, row.job, row.args) for row in db.session.scalars(query) if row.id not in done]
        db.session.rollback()
        if not todo:
            return
        for row_id, job, args in todo:
            done.add(row_id)
            handler(job)(*args)


def work_on_cards() -> None:
    work("jobs.cards.keep_card", "jobs.cards.let_go", "jobs.cards.detach_card", "jobs.cards.delete_customer")


def saved(user: User, gateway: FakeGateway, typed: str = "visa") -> SavedCard:
    """A card that this user saved when they paid."""
    order = steps.pending(user_id=user.id)
    open_page(order, gateway, payer(user, save=True))
    page = gateway.pay(str(steps.latest(order).session_id), typed)
    steps.tell("checkout.session.completed", page.raw)
    work_on_cards()
    return db.session.scalars(select(SavedCard).order_by(SavedCard.id.desc())).first()


def cards_of(user: User) -> list[SavedCard]:
    """On their list, the default first."""
    db.session.expire_all()
    query = select(SavedCard).where(SavedCard.user_id == user.id, SavedCard.removed_at.is_(None))
    return list(db.session.scalars(query.order_by(SavedCard.is_default.desc(), SavedCard.id.desc())))


def customers() -> list[StripeCustomer]:
    db.session.expire_all()
    return list(db.session.scalars(select(StripeCustomer).order_by(StripeCustomer.id)))


def consents() -> list[CardConsent]:
    return list(db.session.scalars(select(CardConsent).order_by(CardConsent.id)))


def somebody() -> User:
    return UserFactory()
