"""The running app's settings, for what below the faces depends on them."""

from __future__ import annotations

from typing import cast

from flask import current_app

from config import Settings


def settings() -> Settings:
    """What the environment said."""
    return cast(Settings, current_app.config["SETTINGS"])
