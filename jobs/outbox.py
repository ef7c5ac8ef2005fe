"""Run what is owed, and find what nobody rang for."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import structlog

from bakery.infra import outbox, queue
from bakery.infra.transaction import end_read, transaction
from bakery.messages.operations import raise_alert
from jobs.periodic import periodic

log = structlog.get_logger(__name__)


def run(row_id: int) -> None:
    """Run one owed row, unless it is done, not due, or somebody else's. Its failure is recorded, never raised."""
    claimed = outbox.claim(row_id)
    if claimed is None:
        return
    with structlog.contextvars.bound_contextvars(
        request_id=claimed.request_id, owed=claimed.job, row=claimed.id, attempt=claimed.attempt
    ):
        if claimed.attempt > outbox.MAX_ATTEMPTS:
            _failed(claimed, RuntimeError("its worker died each time"))
            return
        try:
            handler(claimed.job)(*claimed.args)
            end_read()
        except Exception as error:
            _failed(claimed, error)
        else:
            outbox.finish(claimed)
            log.info("owed_done")


@periodic("sweep_outbox")
def sweep() -> str:
    """Ring for rows whose time has come and whose bell was lost (Redis was away, a worker died, back-off)."""
    due = outbox.due()
    heard = {name: queue.waiting(name) for name in {on for _, on in due}}
    rung = [outbox.ring(row_id, on) for row_id, on in due if f"outbox-{row_id}" not in heard[on]]
    return f"{len(due)} due, {sum(rung)} rung"


def handler(dotted: str) -> Callable[..., Any]:
    """The job of that name. Refuses (LookupError) what is not a function of a module in jobs."""
    module, _, name = dotted.rpartition(".")
    if not module.startswith("jobs."):
        raise LookupError(f"{dotted} is not a job")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise LookupError(f"there is no job {dotted}") from error
    if not callable(found):
        raise LookupError(f"{dotted} cannot be called")
    return found  # type: ignore[no-any-return]


def _failed(claimed: outbox.Claim, error: Exception) -> None:
    """Back-off, or the end: the job's own `gave_up(*args, error)` if it has one, and an alert.

    The row is closed after that: whoever is killed in between leaves it leased, and the end comes again.
    """
    text = f"{type(error).__name__}: {error}"
    refused = isinstance(error, outbox.GiveUp)
    if claimed.last or refused:
        log.error("owed_given_up", error=text)
        if not refused and not _gave_up(claimed, text):
            _tell_staff(claimed, text)
    else:
        log.warning("owed_failed", error=text)
    outbox.fail(claimed, text, for_good=refused)


def _tell_staff(claimed: outbox.Claim, text: str) -> None:
    with transaction() as session:
        raise_alert(
            session,
            kind="job_failed",
            key=f"outbox:{claimed.id}",
            text=f"A job ({claimed.job}) failed {claimed.attempt} times and was given up: {text}",
        )


def _gave_up(claimed: outbox.Claim, text: str) -> bool:
    """Let the job clear up after itself. False when it has no way to, says so, or fails at that too."""
    try:
        clear_up = getattr(handler(claimed.job), "gave_up", None)
        if clear_up is None:
            return False
        return clear_up(*claimed.args, error=text) is not False
    except Exception:
        log.exception("gave_up_failed")
        return False
