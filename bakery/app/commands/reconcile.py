"""`flask reconcile`: ask Stripe what it never told us, and prove the books."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import DomainError
from bakery.infra.db import db
from bakery.integrations.adapters import adapters
from bakery.integrations.gateway.port import GatewayRefused, GatewayUnavailable
from bakery.payments import services
from bakery.payments.books import differences, mirror, proof
from bakery.payments.books.models import BooksRun, BooksRunState

# Not the day alone: click would say "[%Y-%m-%d]" to people.
DAY = click.DateTime(["%Y-%m-%d"])


@click.command("reconcile")
@click.option(
    "--hours",
    type=click.IntRange(1, 24 * 90),
    default=24,
    show_default=True,
    help="How far to look back for sessions opened and refunds made.",
)
@click.option("--books", is_flag=True, help="Prove the books as well: ledger, orders and Stripe.")
@click.option("--from", "first", type=DAY, metavar="YYYY-MM-DD", help="First day to prove (with --books).")
@click.option("--to", "last", type=DAY, metavar="YYYY-MM-DD", help="Last day to prove (with --books).")
def reconcile(hours: int, books: bool, first: datetime | None, last: datetime | None) -> None:
    """Find payments and refunds at Stripe whose event never came, and apply them once.

    Safe to run at any time and twice: an event that comes later changes nothing. With --books it goes on to prove
    that ledger, orders and Stripe agree, from the beginning or for the days given. Ends with 0 when everything is
    in order, with 1 when Stripe or the database could not be asked, with 2 when something was found that a person
    has to look at (see the alerts, and Money, Books in the back office).
    """
    if (first or last) and not books:
        raise click.ClickException("--from and --to say which days to prove: they need --books.")
    with _plain_troubles():
        gateway = adapters().gateway
        report = services.reconcile(gateway, clock.now() - timedelta(hours=hours), tell=click.echo)
        click.echo(f"{report}.")
        if not books:
            click.echo(f"{mirror.read_balance(gateway)}.")
        elif _prove(first, last):
            raise click.exceptions.Exit(2)
    if report.flagged:
        raise click.exceptions.Exit(2)


def _prove(first: datetime | None, last: datetime | None) -> bool:
    """Whether something is open afterwards."""
    period = (first.date() if first else None, last.date() if last else None)
    run_id = proof.prove(
        None, adapters().gateway, _progress(), actor=Actor(None, "command line"), period=period
    )
    run = db.session.get_one(BooksRun, run_id)
    click.echo(f"Proved in {(run.took_ms or 0) / 1000:.1f} s.")
    if run.state == BooksRunState.FAILED:
        raise click.ClickException(run.outcome)
    click.echo(run.outcome)
    return differences.count_open(db.session()) > 0


def _progress() -> proof.Tell:
    told = ""

    def say(percent: int, text: str) -> None:
        nonlocal told
        line = f"{percent:3} %  {text}"
        if line != told:
            click.echo(line)
        told = line

    return say


@contextmanager
def _plain_troubles() -> Iterator[None]:
    """What goes wrong outside, in one sentence."""
    try:
        yield
    except GatewayUnavailable as error:
        raise click.ClickException(
            "Stripe does not answer. Nothing is lost; run this again later."
        ) from error
    except GatewayRefused as error:
        raise click.ClickException(f"Stripe refused: {error}. Check STRIPE_SECRET_KEY.") from error
    except DomainError as error:
        raise click.ClickException(error.message) from error
    except (OperationalError, ProgrammingError) as error:
        raise click.ClickException(
            "The database does not answer, or has no tables yet: run flask db upgrade."
        ) from error
