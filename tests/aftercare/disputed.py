"""Disputes for tests: opened, with their evidence gathered, and what staff saw of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from bakery.aftercare import answers
from bakery.aftercare.answers import Seen
from bakery.aftercare.fields import draft_texts
from bakery.aftercare.models import DisputeAnswer
from bakery.aftercare.pack_facts import compose
from bakery.aftercare.sealing import digest_of
from bakery.core.actor import Actor
from bakery.infra.db import db
from bakery.orders.models import Order
from bakery.payments.dispute_models import Dispute
from bakery.people.models import Role
from jobs import disputes as jobs
from tests.aftercare import sales
from tests.factories.people import UserFactory
from tests.fakes.gateway import FakeGateway
from tests.payments import dispute_steps as told
from tests.payments import steps


def disputed(order: Order, gateway: FakeGateway, status: str = "needs_response", **changes: Any) -> Dispute:
    """Stripe has a dispute over an order and has told of it; the evidence is gathered."""
    inquiry = status.startswith("warning")
    moved = () if inquiry else (told.taken(order),)
    body = told.body_of(order, status, *moved, **changes)
    gateway.disputes[body["id"]] = body
    sales.run_owed(order)
    steps.tell(told.CREATED, dict(body))
    gather()
    return told.the_dispute(order)


def gather() -> None:
    for args in steps.owed("jobs.disputes.gather"):
        jobs.gather(*args)


def manager(name: str = "Maryam") -> Actor:
    user = UserFactory(role=Role.MANAGER, name=name)
    return Actor(user.id, name, "203.0.113.5")


def seen(dispute: Dispute, **changes: Any) -> Seen:
    """What somebody has before them who opens the page now."""
    db.session.expire_all()
    session = db.session()
    dispute = session.get_one(Dispute, dispute.id)
    pack, answer = compose(session, dispute), answers.current(session, dispute)
    assert pack is not None
    values: dict[str, Any] = {
        "dispute_id": dispute.id,
        "version": answer.version if answer else 0,
        "texts": (answer.texts if answer and answer.texts else draft_texts(pack)),
        "pack_hash": digest_of(pack),
    }
    return Seen(**values | changes)


def answer_of(dispute: Dispute) -> DisputeAnswer:
    db.session.expire_all()
    query = (
        select(DisputeAnswer).where(DisputeAnswer.dispute_id == dispute.id).order_by(DisputeAnswer.id.desc())
    )
    return db.session.scalars(query).first()


def carry(times: int = 2) -> None:
    """Run what staff decided, twice, as a worker that was cut short might."""
    for _ in range(times):
        for args in steps.owed("jobs.disputes.send_answer"):
            jobs.send_answer(*args)
        for args in steps.owed("jobs.disputes.accept"):
            jobs.accept(*args)


def at(dispute: Dispute, path: str = "") -> str:
    """Its page in the back office, or something on it."""
    return f"/admin/disputes/{dispute.id}{path}"
