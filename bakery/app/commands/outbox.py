"""flask outbox status and retry."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bakery.infra import outbox as owed
from bakery.infra.db import db
from bakery.infra.models import Outbox

outbox = AppGroup("outbox", help="What is owed to the outside: mails, SMS, calls to Stripe.")
SHOWN = 50


@outbox.command("status")
def status() -> None:
    """Count what waits, what is tried again, and what was given up; list the latter two.

    Ends with 2 when something was given up, so that a monitor can ask.
    """
    try:
        counts = owed.counts(db.session())
        rows = db.session.scalars(
            select(Outbox)
            .where(Outbox.done_at.is_(None), Outbox.attempts > 0)
            .order_by(Outbox.dead_at.is_(None), Outbox.id)
            .limit(SHOWN)
        ).all()
    except OperationalError as error:
        raise click.ClickException("The database does not answer.") from error
    click.echo(
        f"{counts['waiting']} waiting, {counts['retrying']} to be tried again, {counts['dead']} given up."
    )
    for row in rows:
        state = "given up" if row.dead_at else f"next try {row.next_try_at:%Y-%m-%d %H:%M:%S} UTC"
        click.echo(f"  {row.id}  {row.job}  {row.attempts} tries, {state}: {row.last_error or 'running'}")
    if counts["dead"]:
        raise click.exceptions.Exit(2)


@outbox.command("retry")
@click.argument("row_id", type=int, required=False)
def retry(row_id: int | None) -> None:
    """Give everything that was given up (or the one ROW_ID) a fresh set of attempts, now."""
    try:
        number = owed.revive(row_id)
    except OperationalError as error:
        raise click.ClickException("The database does not answer.") from error
    if row_id is not None and not number:
        raise click.ClickException(f"Row {row_id} was not given up, or is done, or does not exist.")
    click.echo(f"{number} will be tried again.")
