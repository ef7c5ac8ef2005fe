"""Run by itself, in the shop's environment: migrates the database and fills it with the demo shop."""

from __future__ import annotations

import sys
from pathlib import Path

from flask_migrate import upgrade

from bakery.app import create_app
from bakery.demo.seed import seed
from bakery.integrations.adapters import adapters
from config import Settings
from tests.browser.goods import pictures_in


def main(password: str, history_days: int) -> None:
    settings = Settings.from_env()
    drawn = pictures_in(Path(settings.media_url))
    app = create_app(settings)
    with app.app_context():
        upgrade()
        seed(adapters().files, password, print, history_days=history_days, drawn=drawn)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
