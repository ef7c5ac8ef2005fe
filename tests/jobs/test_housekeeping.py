"""What piles up is cleared away, and nothing else."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra import outbox
from bakery.infra.models import JobRun, Outbox
from bakery.infra.transaction import transaction
from bakery.orders.models import Cart
from jobs.housekeeping import tidy
from tests.factories.catalog import make_cake
from tests.factories.orders import make_cart


def test_stale_carts_of_strangers_go_and_fresh_ones_stay(session: Session) -> None:
    cake = make_cake()
    old, fresh = make_cart((cake, 1)).id, make_cart((cake, 1)).id
    session.execute(update(Cart).where(Cart.id == old).values(updated_at=clock.now() - timedelta(days=31)))
    session.commit()
    tidy()
    assert session.scalars(select(Cart.id)).all() == [fresh]
    assert session.get_one(JobRun, "tidy").detail == "0 sign-ins, 1 carts, 0 done effects"


def test_effects_are_forgotten_only_long_after_they_were_done(session: Session) -> None:
    with transaction() as open_session:
        for key in ("done long ago", "done today", "still owed"):
            outbox.owe(open_session, "jobs.x.y", key=key)
    for key, days in (("done long ago", 61), ("done today", 0)):
        done = clock.now() - timedelta(days=days)
        session.execute(update(Outbox).where(Outbox.unique_key == key).values(done_at=done))
    session.commit()
    tidy()
    assert set(session.scalars(select(Outbox.unique_key))) == {"done today", "still owed"}


def test_flask_outbox_says_what_is_owed_and_refuses_what_it_cannot_retry(
    app: Flask, session: Session
) -> None:
    runner = app.test_cli_runner()
    with transaction() as open_session:
        outbox.owe(open_session, "jobs.x.y")
    told = runner.invoke(args=["outbox", "status"])
    assert (told.exit_code, told.output) == (0, "1 waiting, 0 to be tried again, 0 given up.\n")
    refused = runner.invoke(args=["outbox", "retry", "1"])
    assert refused.exit_code == 1 and "was not given up" in refused.output
    assert runner.invoke(args=["outbox", "retry"]).output == "0 will be tried again.\n"
