"""flask retrain pricing."""

from __future__ import annotations

import importlib

import click
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError, ProgrammingError

from bakery.core.actor import Actor
from bakery.core.errors import DomainError

retrain = AppGroup("retrain", help="Let the models learn from what staff decided.")


@retrain.command("pricing")
def pricing() -> None:
    """Train the price model on the shop's decided cakes, here and now, and say how far it is.

    The new version goes into service only if it is better than the one that is, on cakes that neither has seen;
    otherwise it is kept, and the staff are told. Safe to run at any time, and to kill: the version in service stays
    until the new one is stored whole. Ends with 1 and one sentence when there is too little to learn from, when
    another training is under way, or when the database does not answer.
    """
    # NumPy and XGBoost are of no use to the other commands.
    learning = importlib.import_module("bakery.forecasting.learning")
    try:
        found = learning.retrain(None, Actor(None, "command line"), _say)
    except DomainError as error:
        raise click.ClickException(error.message) from error
    except (OperationalError, ProgrammingError) as error:
        raise click.ClickException(
            "The database does not answer, or has no tables yet: run flask db upgrade."
        ) from error
    if found.metrics:
        ours = found.metrics["model"]
        click.echo(
            f"Error on the newest {ours['cakes']} cakes {ours['mape_bp'] / 100:.1f} %, "
            f"range held {ours['coverage_bp'] / 100:.1f} % of their prices."
        )
    click.echo(found.outcome)


def _say(percent: int, text: str) -> None:
    click.echo(f"{percent:3} %  {text}")
