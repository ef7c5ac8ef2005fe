"""The flask commands."""

from __future__ import annotations

from flask import Flask

from bakery.app.commands.demo import seed_demo
from bakery.app.commands.evidence import evidence
from bakery.app.commands.outbox import outbox
from bakery.app.commands.reconcile import reconcile
from bakery.app.commands.retrain import retrain
from bakery.app.commands.signing import signing
from bakery.app.commands.staff import staff


def init_cli(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(seed_demo)
    app.cli.add_command(outbox)
    app.cli.add_command(staff)
    app.cli.add_command(reconcile)
    app.cli.add_command(retrain)
    app.cli.add_command(evidence)
    app.cli.add_command(signing)
