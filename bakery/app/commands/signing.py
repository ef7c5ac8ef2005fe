"""flask signing rotate."""

from __future__ import annotations

import importlib

import click
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError, ProgrammingError

from bakery.core.errors import DomainError

signing = AppGroup("signing", help="The shop's own key, with which receipts and the like are signed.")


@signing.command("rotate")
def rotate() -> None:
    """Sign with a new key from now on.

    What the former key signed stays as it is and is still recognised. For when SECRET_KEY was changed and the former
    one is gone, and for when somebody may have learned the key.
    """
    # Cryptography is of no use to the other commands.
    keys = importlib.import_module("bakery.payments.papers.keys")
    try:
        fingerprint = keys.rotate()
    except DomainError as error:
        raise click.ClickException(error.message) from error
    except (OperationalError, ProgrammingError) as error:
        raise click.ClickException(
            "The database does not answer, or has no tables yet: run flask db upgrade."
        ) from error
    click.echo(f"New documents are signed with the key {fingerprint[:16]} from now on.")
