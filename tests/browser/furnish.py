"""Run by itself, in the shop's environment: migrates the database and fills it with the demo shop."""

from __future__ import annotations

import sys
from pathlib import Path

from flask_migrate import upgrade
from sqlalchemy import select

from bakery.app import create_app
from bakery.demo.seed import seed
from bakery.infra.transaction import transaction
from bakery.integrations.adapters import adapters
from bakery.stock.models import MovementKind, StockLevel, StockMovement
from config import Settings
from tests.browser.goods import pictures_in

PLENTY = 40


def main(password: str, history_days: int) -> None:
    settings = Settings.from_env()
    drawn = pictures_in(Path(settings.media_url))
    app = create_app(settings)
    with app.app_context():
        upgrade()
        seed(adapters().files, password, print, history_days=history_days, drawn=drawn)
        fill_shelves()


def fill_shelves() -> None:
    """Cakes for all stories: they are sold in one shop, one after the other."""
    with transaction() as session:
        for level in session.scalars(select(StockLevel).where(StockLevel.on_hand > 0)):
            level.on_hand += PLENTY
            session.add(
                StockMovement(variant_id=level.variant_id, kind=MovementKind.RECEIVED, on_hand_delta=PLENTY)
            )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
