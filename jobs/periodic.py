"""What happens by the clock: the catalogue, and a note of how each last ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec

import structlog
from sqlalchemy.dialects.postgresql import insert

from bakery.core import clock
from bakery.infra import queue
from bakery.infra.models import JobRun
from bakery.infra.transaction import transaction

P = ParamSpec("P")
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Periodic:
    """One job by the clock. `name` is also its row in `job_run`."""

    name: str
    function: str
    seconds: int
    queue: str = queue.DEFAULT

    @property
    def about(self) -> str:
        """The stable part of the ids of its runs."""
        return f"periodic-{self.name.replace('_', '-')}"


CATALOGUE = (
    Periodic("sweep_outbox", "jobs.outbox.sweep", 10, queue.URGENT),
    Periodic("expire_holds", "jobs.orders.expire_holds", 30, queue.URGENT),
    Periodic("follow_cake_orders", "jobs.custom_cakes.follow_orders", 30, queue.URGENT),
    Periodic("reconcile", "jobs.payments.reconcile", 300),
    Periodic("watch_disputes", "jobs.disputes.watch_disputes", 3600),
    Periodic("collect_balances", "jobs.balance.collect", 300),
    Periodic("follow_card_setups", "jobs.cards.follow_card_setups", 300),
    Periodic("let_go_of_cards", "jobs.cards.let_go_of_all", 3600, queue.LOW),
    Periodic("follow_refunds", "jobs.refunds.follow", 900),
    # Asks once a night, and catches up on a night that was missed.
    Periodic("prove_books", "jobs.books.ask_nightly", 3600, queue.LOW),
    Periodic("tidy", "jobs.housekeeping.tidy", 3600, queue.LOW),
    Periodic("forget_cake_drafts", "jobs.cake_drafts.forget", 3600, queue.LOW),
    # Asks once a week, and catches up on a Monday that was missed.
    Periodic("retrain_pricing", "jobs.learning.ask_weekly", 3600, queue.LOW),
    Periodic("retrain_servings", "jobs.servings.retrain", 7 * 24 * 3600, queue.LOW),
)


def periodic(name: str) -> Callable[[Callable[P, str]], Callable[P, None]]:
    """Note when the function ran, whether it ended well, and the words it answers (for /admin).

    A failure is noted and logged, not raised: the next tick is the next try.
    """

    def decorate(function: Callable[P, str]) -> Callable[P, None]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            _note(name, started_at=clock.now(), ended_at=None, ok=None)
            try:
                detail = function(*args, **kwargs)
            except Exception as error:
                log.exception("periodic_failed", periodic=name)
                _note(name, ended_at=clock.now(), ok=False, detail=f"{type(error).__name__}: {error}"[:2000])
                return
            _note(name, ended_at=clock.now(), ok=True, detail=detail)
            log.info("periodic_done", periodic=name, detail=detail)

        return run

    return decorate


def _note(name: str, **values: object) -> None:
    row = {"detail": "", **values}
    with transaction() as session:
        session.execute(
            insert(JobRun)
            .values(name=name, **{"started_at": clock.now(), **row})
            .on_conflict_do_update(index_elements=["name"], set_=values)
        )
