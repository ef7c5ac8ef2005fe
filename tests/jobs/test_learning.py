"""When the price model is trained, and what becomes of a training that fails."""

from __future__ import annotations

from datetime import timedelta

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import SYSTEM, Actor
from bakery.forecasting import learning, learning_runs
from bakery.forecasting.models import PriceModelVersion, PriceRetraining
from bakery.forecasting.states import RunState
from bakery.infra import outbox
from bakery.infra.models import JobRun, Outbox
from bakery.infra.transaction import transaction
from bakery.messages.models import StaffAlert
from jobs import learning as jobs
from jobs import outbox as runner
from models_ml.pricing.demo import demo_history
from tests.factories.scheduling import sydney
from tests.factories.shop import make_open_shop
from tests.forecasting.decided import decide_many

ZOHRA = Actor(None, "Zohra")


@pytest.fixture(autouse=True)
def shop(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    make_open_shop(session)
    monkeypatch.setattr(learning, "_start_cakes", lambda: demo_history(400))
    monkeypatch.setattr(learning, "SWEPT_CAKES", 45)


def owed(session: Session) -> list[Outbox]:
    session.expire_all()
    return list(session.scalars(select(Outbox).where(Outbox.job == learning_runs.JOB).order_by(Outbox.id)))


def last(session: Session) -> PriceRetraining:
    session.expire_all()
    return session.scalars(select(PriceRetraining).order_by(PriceRetraining.id.desc()).limit(1)).one()


def close(session: Session) -> None:
    with transaction() as own:
        run = own.scalars(select(PriceRetraining).where(PriceRetraining.ended_at.is_(None))).one()
        run.state = RunState.RUNNING
        learning_runs.end(own, run.id, RunState.DONE, "Done.")


def test_monday_morning_asks_once_for_the_week_however_often_the_clock_rings(session: Session) -> None:
    with clock.travel(sydney("2026-11-23 03:10")):
        for _ in range(3):
            jobs.ask_weekly()
        assert len(owed(session)) == 1 and owed(session)[0].queue == "low"
        close(session)
    with clock.travel(sydney("2026-11-27 18:00")):
        jobs.ask_weekly()
        assert len(owed(session)) == 1
    detail = session.scalars(select(JobRun.detail).where(JobRun.name == "retrain_pricing")).one()
    assert detail == "done for the week of 2026-11-23"
    with clock.travel(sydney("2026-11-30 02:59")):
        jobs.ask_weekly()
        assert len(owed(session)) == 1
    with clock.travel(sydney("2026-11-30 03:00")):
        jobs.ask_weekly()
        assert len(owed(session)) == 2


def test_a_monday_that_was_missed_is_caught_up_on(session: Session) -> None:
    with clock.travel(sydney("2026-11-23 03:10")):
        jobs.ask_weekly()
        close(session)
    with clock.travel(sydney("2026-12-02 15:00")):
        jobs.ask_weekly()
        assert len(owed(session)) == 2


def test_a_new_shop_is_not_trained_in_the_middle_of_its_first_day(session: Session) -> None:
    with clock.travel(sydney("2026-11-25 12:00")):
        jobs.ask_weekly()
        assert owed(session) == []


def test_the_clock_going_forward_on_a_monday_loses_no_week(session: Session) -> None:
    # Sydney's clocks go forward on Sunday 4 October 2026 at 2; the next Monday comes as always.
    with clock.travel(sydney("2026-10-05 03:00")):
        jobs.ask_weekly()
        assert len(owed(session)) == 1


def test_an_owed_training_runs_to_its_end_and_again_does_nothing(session: Session) -> None:
    decide_many(session, 90, level=1.2)
    run_id = learning_runs.ask(ZOHRA)
    [row] = owed(session)
    runner.run(row.id)
    run = last(session)
    assert (run.id, run.state, run.percent) == (run_id, "DONE", 100) and run.version_id is not None
    assert owed(session)[0].done_at is not None
    jobs.retrain(run_id)
    assert len(session.scalars(select(PriceModelVersion)).all()) == 2, "the start's and the new one"


def test_what_cannot_be_learned_from_is_said_and_not_tried_again(session: Session) -> None:
    learning_runs.ask(ZOHRA)
    [row] = owed(session)
    runner.run(row.id)
    assert owed(session)[0].done_at is not None and last(session).state == "REFUSED"


def test_a_training_whose_worker_died_goes_on_with_the_next_attempt(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide_many(session, 70)
    run_id = learning_runs.ask(ZOHRA)
    begun = learning_runs.begin(run_id, SYSTEM)
    learning_runs.note(run_id, 63, "Setting the range")
    # The worker was killed here: the row's lease ends, and somebody rings again.
    assert begun == run_id and last(session).state == "RUNNING"
    assert session.scalars(select(PriceModelVersion)).all() == []
    jobs.retrain(run_id)
    assert last(session).state == "DONE" and last(session).percent == 100


def test_a_training_that_keeps_failing_is_given_up_and_staff_are_told(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(learning, "train", broken)
    decide_many(session, 70)
    learning_runs.ask(ZOHRA)
    [row] = owed(session)
    for _ in range(outbox.MAX_ATTEMPTS):
        row.next_try_at = clock.now() - timedelta(seconds=1)
        session.commit()
        runner.run(row.id)
    run = last(session)
    assert run.state == "FAILED" and "MemoryError" in run.outcome
    assert session.scalars(select(StaffAlert).where(StaffAlert.kind == "job_failed")).one()
    assert learning_runs.ask(ZOHRA) > run.id, "another may be asked for"


def flask(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["retrain", *arguments])


def test_the_command_trains_here_and_now_and_says_how_far_it_is(app: Flask, session: Session) -> None:
    decide_many(session, 90, level=1.2)
    learning_runs.ask(ZOHRA)
    done = flask(app, "pricing")
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0] == "  0 %  Reading what was decided" and " 10 %  Growing the trees" in lines
    assert "In service: the new model is better" in lines[-1] and "Error on the newest" in lines[-2]
    assert last(session).state == "DONE" and last(session).actor_label == "Zohra", (
        "it took the one that waited"
    )


def test_the_command_refuses_in_one_sentence_and_ends_with_one(app: Flask, session: Session) -> None:
    decide_many(session, 5)
    done = flask(app, "pricing")
    assert done.exit_code == 1 and done.output.splitlines()[-1] == (
        "Error: There are 5 decided cakes with a price; 60 are needed to retrain."
    )
    with learning_runs.alone():
        done = flask(app, "pricing")
    assert done.exit_code == 1 and "waits for its worker" in done.output


def test_a_command_that_is_interrupted_closes_its_run(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(learning, "train", interrupted)
    decide_many(session, 70)
    assert flask(app, "pricing").exit_code == 1
    assert last(session).state == "FAILED" and "KeyboardInterrupt" in last(session).outcome


def test_the_command_has_help(app: Flask) -> None:
    said = flask(app, "pricing", "--help")
    assert said.exit_code == 0 and "goes into service only if it is better" in said.output
    assert "pricing" in flask(app, "--help").output
