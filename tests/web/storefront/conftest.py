"""A shop that is open, with things to sell."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_login import LoginManager
from sqlalchemy.orm import Session

from bakery.shop.models import Shop
from tests.factories.shop import make_open_shop


@pytest.fixture
def shop(app: Flask, session: Session) -> Shop:
    if not hasattr(app, "login_manager"):
        LoginManager(app).user_loader(lambda _id: None)
    return make_open_shop(session)
