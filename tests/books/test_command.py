"""`flask reconcile`, `flask reconcile --books`, and the jobs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.infra.models import JobRun
from bakery.payments.books import runs
from bakery.payments.books.models import BooksRun
from jobs import books as jobs
from jobs import payments as payment_jobs
from tests.books import steps as books
from tests.fakes.gateway import FakeGateway
from tests.payments import steps


def run(app: Flask, *arguments: str, after: timedelta = books.LATER):  # type: ignore[no-untyped-def]
    with clock.travel(clock.now() + after):
        return app.test_cli_runner().invoke(args=["reconcile", *arguments])


def test_a_clean_book_is_proved_with_progress_and_ends_with_0(app: Flask, gateway: FakeGateway) -> None:
    books.paid(gateway)
    result = run(app, "--books")
    assert result.exit_code == 0, result.output
    assert "50 %  The ledger against Stripe" in result.output
    assert result.output.rstrip().endswith("Everything agrees.")
    assert "Proved in" in result.output


def test_an_open_difference_ends_with_2_and_one_sentence(app: Flask, gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    books.tamper("UPDATE shop_order SET held_cents = 1 WHERE id = :id", id=order.id)
    result = run(app, "--books")
    assert (result.exit_code, result.output.rstrip().splitlines()[-1]) == (2, "1 difference is open.")


def test_days_can_be_named(app: Flask, gateway: FakeGateway) -> None:
    books.paid(gateway)
    today = clock.today("Australia/Sydney")
    result = run(app, "--books", "--from", (today - timedelta(days=3)).isoformat(), "--to", today.isoformat())
    assert result.exit_code == 0, result.output
    row = books.db.session.scalars(select(BooksRun)).one()
    assert (row.from_on, row.actor_label) == (today - timedelta(days=3), "command line")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--from", "2026-11-01"], 1, "they need --books"),
        (["--books", "--from", "tomorrow"], 2, "does not match the format"),
        (["--books", "--from", "2026-11-20", "--to", "2026-11-10"], 1, "after the last one"),
    ],
)
def test_what_cannot_be_meant_is_said_in_one_sentence(
    app: Flask, gateway: FakeGateway, arguments: list[str], code: int, said: str
) -> None:
    result = run(app, *arguments)
    assert result.exit_code == code and said in result.output and "Traceback" not in result.output


def test_stripe_going_away_between_the_two_is_said_and_the_rest_was_proved(
    app: Flask, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    books.paid(gateway)
    assert run(app, "--books").exit_code == 0
    reading = gateway.list_balance_transactions

    def away(*args: object):  # type: ignore[no-untyped-def]
        gateway.away = True
        return reading(*args)

    monkeypatch.setattr(gateway, "list_balance_transactions", away)
    result = run(app, "--books")
    assert result.exit_code == 1 and "Stripe did not answer." in result.output
    assert "Traceback" not in result.output


def test_without_the_word_books_it_reads_what_stripe_booked_and_proves_nothing(
    app: Flask, gateway: FakeGateway
) -> None:
    order = books.paid(gateway)
    result = run(app)
    assert result.exit_code == 0 and "1 of 1 balance transactions new, 1 fees entered" in result.output
    assert ("fee", -209) in steps.ledger(order)
    assert books.db.session.scalars(select(BooksRun)).all() == []


def test_another_proof_under_way_is_said(app: Flask, gateway: FakeGateway) -> None:
    with runs.alone():
        result = run(app, "--books")
    assert result.exit_code == 1 and "asked for already" in result.output


def test_the_reconcilers_job_reads_the_balance_too(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    with clock.travel(clock.now() + timedelta(minutes=5)):
        payment_jobs.reconcile()
    note = books.db.session.get_one(JobRun, "reconcile")
    assert note.ok and "1 of 1 balance transactions new" in note.detail
    assert ("fee", -209) in steps.ledger(order)


def test_the_nightly_job_asks_and_the_worker_proves(gateway: FakeGateway) -> None:
    books.paid(gateway)
    jobs.ask_nightly()
    [[run_id]] = steps.owed("jobs.books.prove")
    with clock.travel(clock.now() + books.LATER):
        jobs.prove(run_id)
    assert books.db.session.get_one(BooksRun, run_id).ok
    assert books.db.session.get_one(JobRun, "prove_books").ok


def test_a_proof_that_is_given_up_says_so(gateway: FakeGateway) -> None:
    run_id = runs.ask(Actor(None, "Zahra"))
    assert jobs.prove.gave_up(run_id, error="its worker died each time") is False
    row = books.db.session.get_one(BooksRun, run_id)
    assert (row.state, row.outcome) == ("FAILED", "It was given up: its worker died each time")
