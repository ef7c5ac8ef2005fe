"""flask seed-demo."""

from __future__ import annotations

import importlib

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import OperationalError, ProgrammingError

from bakery.core.errors import DomainError
from bakery.infra.db import db
from bakery.integrations.adapters import adapters


@click.command("seed-demo")
@click.option("--if-empty", is_flag=True, help="Do nothing, successfully, when the shop is set up already.")
@click.option(
    "--password", envvar="DEMO_PASSWORD", help="The password of every demo account (or DEMO_PASSWORD)."
)
@click.option("--days", default=365, show_default=True, help="How many days of order history to invent.")
@with_appcontext
def seed_demo(if_empty: bool, password: str | None, days: int) -> None:
    """Fill an empty database with the demo shop. Refuses one with real orders."""
    # The demo's content and illustrator are of no use to a web process: loaded here only.
    demo = importlib.import_module("bakery.demo.seed")
    try:
        if if_empty and not demo.is_empty(db.session()):
            click.echo("The shop is set up already.")
            return
        if not password:
            raise click.ClickException(
                "Say which password the demo accounts get: --password or DEMO_PASSWORD."
            )
        demo.seed(adapters().files, password, click.echo, history_days=days)
    except DomainError as error:
        raise click.ClickException(error.message) from error
    except (OperationalError, ProgrammingError) as error:
        raise click.ClickException(
            "The database does not answer, or has no tables yet: run flask db upgrade."
        ) from error
    click.echo("The demo shop is open.")
