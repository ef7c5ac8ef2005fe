"""A seeded shop to measure: settings, products, a filled cart, a signed-in baker."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select, update

from bakery.app import create_app
from bakery.catalog.models import Product, ProductAllergen, ProductTag, Variant
from bakery.core import clock
from bakery.demo.seed import is_empty, seed
from bakery.infra.db import db
from bakery.infra.transaction import transaction
from config import Settings

PASSWORD = "bench-bench-bench"


def environment() -> dict[str, str]:
    """Settings for the server under test: real database and Redis, everything outside out of reach."""
    return {
        "DATABASE_URL": os.environ["TEST_DATABASE_URL"],
        "REDIS_URL": os.environ["TEST_REDIS_URL"],
        "SECRET_KEY": "only-for-measuring-" * 3,
        "BASE_URL": "http://127.0.0.1",
        "STRIPE_SECRET_KEY": "sk_test_bench",
        "STRIPE_WEBHOOK_SECRET": "whsec_bench",
        "STRIPE_API_BASE": "http://127.0.0.1:9",
        "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
        "TWILIO_AUTH_TOKEN": "token",
        "TWILIO_FROM": "+61491570006",
        "TWILIO_API_BASE": "http://127.0.0.1:9",
        "SMTP_URL": "smtp://127.0.0.1:9",
        "MAIL_FROM": "shop@saffron.test",
        "ALERT_EMAIL": "alerts@saffron.test",
        "ALERT_PHONE": "+61491570156",
        "MEDIA_URL": os.path.join(tempfile.gettempdir(), "bakery-bench-media"),
        "LOG_LEVEL": "WARNING",
        # As behind a platform's router; and each estimate may come from another address.
        "TRUSTED_PROXIES": "1",
    }


@dataclass(frozen=True)
class Visitors:
    """Cookies of a customer with a cart and of a baker, as request headers."""

    customer: dict[str, str]
    baker: dict[str, str]


def prepare(products: int) -> Flask:
    """The demo shop with exactly so many products on its menu."""
    app = create_app(Settings.from_env(environment()))
    app.extensions["changes"].silence()
    with app.app_context():
        upgrade()
        if is_empty(db.session()):
            db.session.rollback()
            seed(app.extensions["adapters"].files, PASSWORD, lambda text: None, history_days=120)
        _resize(products)
        db.engine.dispose()
    return app


def _resize(wanted: int) -> None:
    with transaction() as session:
        now = clock.now()
        session.execute(update(Product).values(published_at=None))
        ids = session.scalars(select(Product.id).order_by(Product.id)).all()
        for number in range(wanted - len(ids)):
            _copy(session, ids[number % len(ids)], number)
        session.flush()
        kept = select(Product.id).order_by(Product.id).limit(wanted)
        session.execute(update(Product).where(Product.id.in_(kept)).values(published_at=now))
        count = session.scalar(select(func.count()).where(Product.published_at.is_not(None)))
        assert count == wanted, count


def _copy(session, source_id: int, number: int) -> None:  # type: ignore[no-untyped-def]
    source = session.get_one(Product, source_id)
    names = [
        c.key for c in Product.__table__.columns if c.key not in ("id", "slug", "created_at", "updated_at")
    ]
    values = {key: getattr(source, key) for key in names}
    product = Product(**{**values, "slug": f"{source.slug}-{number}"})
    session.add(product)
    session.flush()
    for variant in session.scalars(select(Variant).where(Variant.product_id == source_id)):
        fields = {c.key: getattr(variant, c.key) for c in Variant.__table__.columns if c.key != "id"}
        session.add(Variant(**{**fields, "product_id": product.id, "sku": f"{variant.sku}-{number}"}))
    for row in session.scalars(select(ProductAllergen).where(ProductAllergen.product_id == source_id)):
        session.add(ProductAllergen(product_id=product.id, allergen=row.allergen, state=row.state))
    for tag in session.scalars(select(ProductTag).where(ProductTag.product_id == source_id)):
        session.add(ProductTag(product_id=product.id, tag=tag.tag))
