"""flask retrain pricing and servings."""

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


@retrain.command("servings")
@click.option("--with-demo", is_flag=True, help="Learn from the demo shop's invented cakes, too.")
def servings(with_demo: bool) -> None:
    """Learn from the servings that staff decided where geometry had said another number.

    What was learned is in force at once, and only where it beats geometry on cakes that it was not taught with.
    Safe to run at any time, twice, and to kill. Ends with 1 and one sentence when there are too few corrections
    (what was in force stays), or when the database does not answer.
    """
    # scikit-learn is of no use to the other commands.
    learning = importlib.import_module("bakery.forecasting.servings_learning")
    try:
        found = learning.retrain(Actor(None, "command line"), with_demo=with_demo)
    except learning.TooFew as error:
        raise click.ClickException(f"{error}. What is in force stays.") from error
    except (OperationalError, ProgrammingError) as error:
        raise click.ClickException(
            "The database does not answer, or has no tables yet: run flask db upgrade."
        ) from error
    click.echo(f"{found}.")


def _say(percent: int, text: str) -> None:
    click.echo(f"{percent:3} %  {text}")
