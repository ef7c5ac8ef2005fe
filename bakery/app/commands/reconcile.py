"""`flask reconcile`: ask Stripe what it never told us."""

from __future__ import annotations

from datetime import timedelta

import click
from sqlalchemy.exc import OperationalError

from bakery.core import clock
from bakery.integrations.adapters import adapters
from bakery.integrations.gateway.port import GatewayRefused, GatewayUnavailable
from bakery.payments import services


@click.command("reconcile")
@click.option(
    "--hours",
    type=click.IntRange(1, 24 * 90),
    default=24,
    show_default=True,
    help="How far to look back for sessions opened and refunds made.",
)
def reconcile(hours: int) -> None:
    """Find payments and refunds at Stripe whose event never came, and apply them once.

    Safe to run at any time and twice: an event that comes later changes nothing. Ends with 0 when everything
    is in order, with 1 when Stripe or the database could not be asked, with 2 when something was found that
    a person has to look at (see the alerts in the back office).
    """
    try:
        report = services.reconcile(adapters().gateway, clock.now() - timedelta(hours=hours), tell=click.echo)
    except GatewayUnavailable as error:
        raise click.ClickException(
            "Stripe does not answer. Nothing is lost; run this again later."
        ) from error
    except GatewayRefused as error:
        raise click.ClickException(f"Stripe refused: {error}. Check STRIPE_SECRET_KEY.") from error
    except OperationalError as error:
        raise click.ClickException("The database does not answer.") from error
    click.echo(f"{report}.")
    if report.flagged:
        raise click.exceptions.Exit(2)
