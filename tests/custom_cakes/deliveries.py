"""What is owed about requests, and doing it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core.actor import Actor
from bakery.custom_cakes import decisions
from bakery.infra.models import Outbox
from bakery.integrations.adapters import Adapters
from bakery.integrations.mail.port import Mail
from jobs import custom_cakes as jobs
from tests.custom_cakes.requests import approval, row, sent, staff

CUSTOMER = Actor(None, "customer")
LAILA, BAKERY = "laila@saffron.test", "alerts@saffron.test"


def owed(session: Session) -> list[tuple[int, str, list[Any]]]:
    """(id, job, args) of everything about custom cakes, in order."""
    rows = session.execute(select(Outbox.id, Outbox.job, Outbox.args).order_by(Outbox.id)).all()
    return [(row_id, job, list(args)) for row_id, job, args in rows if job.startswith("jobs.custom_cakes.")]


def deliver(session: Session) -> None:
    """Run what is owed, twice, as a worker that was cut short might."""
    for _ in range(2):
        for _id, job, args in owed(session):
            getattr(jobs, job.rpartition(".")[2])(*args)


def approved(**changes: object) -> int:
    request_id = sent()
    decisions.approve(approval(request_id, row(request_id).version, **changes), staff())
    return request_id


def mails_to(outside: Adapters, address: str = LAILA) -> list[Mail]:
    return [mail for mail in outside.mailer.sent if mail.to == address]
