"""The flask commands."""

from __future__ import annotations

from flask import Flask


def init_cli(app: Flask) -> None:
    """Register the commands."""
