"""flask staff create."""

from __future__ import annotations

import re

import click
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from bakery.core.actor import Actor
from bakery.core.errors import DomainError
from bakery.people.models import Role
from bakery.people.services import create_staff

staff = AppGroup("staff", help="Accounts of the people who work here.")
_ROLES = [role.value for role in Role if role != Role.CUSTOMER]


@staff.command("create")
@click.argument("email")
@click.option("--role", type=click.Choice(_ROLES), required=True, help="What they do in the shop.")
@click.option("--name", default="", help="Their name, as colleagues see it.")
@click.password_option(help="Asked for when it is not given.")
def create(email: str, role: str, name: str, password: str) -> None:
    """Open a staff account, or give a customer's account a role and a new password."""
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email) or len(email) > 254:
        raise click.ClickException("That is not an email address.")
    try:
        create_staff(email, name, Role(role), password, Actor(None, "command line"))
    except DomainError as error:
        raise click.ClickException(error.message) from error
    except OperationalError as error:
        raise click.ClickException("The database does not answer.") from error
    click.echo(f"{email.lower()} can sign in as {role}.")
