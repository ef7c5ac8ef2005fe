"""The app of this process: made once, entered by every job."""

from __future__ import annotations

from functools import cache

from flask import Flask

from bakery.app import create_app
from config import Settings


@cache
def get_app() -> Flask:
    """Refuses (SettingsError) when the environment cannot run the shop."""
    return create_app(Settings.from_env())
