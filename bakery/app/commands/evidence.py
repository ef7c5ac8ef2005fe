"""flask evidence backfill and verify."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from bakery.aftercare import evidence as records
from bakery.integrations.adapters import adapters
from bakery.integrations.files.port import FilesUnavailable

evidence = AppGroup("evidence", help="The evidence of sales, for disputes that may come.")


@evidence.command("backfill")
def backfill() -> None:
    """Write down the sales that have no evidence yet: those of before it was kept.

    Safe to run at any time and twice. Each record says when it was written.
    """
    try:
        number = records.backfill(adapters().files, click.echo)
    except FilesUnavailable as error:
        raise click.ClickException("The file store does not answer. Run this again later.") from error
    except OperationalError as error:
        raise click.ClickException("The database does not answer.") from error
    click.echo(f"{number} written down." if number else "Every sale has its evidence.")


@evidence.command("verify")
def verify() -> None:
    """Look for records that are not what was written. Ends with 2 when one is found."""
    try:
        broken = records.verify(click.echo)
    except OperationalError as error:
        raise click.ClickException("The database does not answer.") from error
    click.echo(f"{broken} orders with a changed record." if broken else "Every record is what was written.")
    if broken:
        raise click.exceptions.Exit(2)
