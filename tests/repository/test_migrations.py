"""Migrations: one head, the models' equal, and a way back that leads forward again."""

from pathlib import Path

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask_migrate import check, downgrade, upgrade
from psycopg import sql
from sqlalchemy.exc import IntegrityError

from bakery.app import create_app
from bakery.infra.db import db
from tests.conftest import make_settings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def empty_url(database_url: str) -> str:
    name = f"{database_url.rsplit('/', 1)[1]}_migrations"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return f"{database_url.rsplit('/', 1)[0]}/{name}"


def test_there_is_one_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1


def test_up_down_up_on_a_database_with_rows_and_the_models_agree(empty_url: str) -> None:
    app = create_app(make_settings(DATABASE_URL=empty_url))
    app.extensions["changes"].silence()
    with app.app_context():
        upgrade()
        check()
        with db.engine.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO tax_rate (code, name, rate_bp) VALUES ('gst', 'GST', 1000)"
            )
            connection.exec_driver_sql(
                "INSERT INTO category (slug, name, tagline, description, position, picture_alt)"
                " VALUES ('cakes', 'Cakes', '', '', 0, '')"
            )
        upgrade()
        downgrade(revision="base")
        upgrade()
        check()
        db.engine.dispose()


def test_sizes_that_were_there_before_there_was_a_default_keep_their_order(empty_url: str) -> None:
    app = create_app(make_settings(DATABASE_URL=empty_url))
    app.extensions["changes"].silence()
    with app.app_context():
        upgrade(revision="0004")
        with db.engine.begin() as connection:
            for statement in (
                "INSERT INTO tax_rate (code, name, rate_bp) VALUES ('gst', 'GST', 1000)",
                "INSERT INTO category (slug, name, tagline, description, position, picture_alt)"
                " VALUES ('cakes', 'Cakes', '', '', 0, '')",
                "INSERT INTO product (slug, name, summary, description, ingredients, storage, serving_advice,"
                " season_name, keywords, category_id, tax_code, is_cake, message_max, featured, position)"
                " SELECT 'walnut', 'Walnut', '', '', '', '', '', '', '', id, 'gst', true, 40, false, 0 FROM category",
                "INSERT INTO variant (product_id, sku, name, price_cents, lead_time_hours, make_minutes,"
                " max_per_order, position, active) SELECT id, 'W-' || n, n || ' inch', 1000, 0, 0, 5, n, true"
                " FROM product, generate_series(6, 8) AS n",
            ):
                connection.exec_driver_sql(statement)
        upgrade()
        choose = "UPDATE variant SET is_default = true WHERE sku = %s"
        with db.engine.begin() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM variant WHERE is_default").scalar() == 0
            connection.exec_driver_sql(choose, ("W-8",))
        with pytest.raises(IntegrityError), db.engine.begin() as connection:
            connection.exec_driver_sql(choose, ("W-6",))
        db.engine.dispose()


def test_an_offer_that_was_out_before_there_was_a_yes_has_to_be_accepted(empty_url: str) -> None:
    app = create_app(make_settings(DATABASE_URL=empty_url))
    app.extensions["changes"].silence()
    order = (
        "INSERT INTO shop_order (number, secret, checkout_key, status, payment_status, contact_name, contact_email,"
        " contact_phone, customer_note, staff_note, currency, total_cents, tax_cents, prices_include_tax, pickup_at,"
        " time_zone, has_cake, snapshot, hold_expires_at, is_demo, version) VALUES (%(number)s, 's', %(number)s,"
        " %(status)s, 'UNPAID', 'Laila', 'laila@saffron.test', '', '', '', 'AUD', 24000, 2182, true, now(),"
        " 'Australia/Sydney', true, '{}', now(), false, 1)"
    )
    wish = (
        "INSERT INTO custom_cake_request (number, secret, submit_key, order_id, status, contact_name, contact_email,"
        " contact_phone, design, design_hash, needed_on, make_minutes, is_demo, quote_version, version)"
        " SELECT 'CC-' || id, 's', number, id, 'APPROVED_AWAITING_PAYMENT', 'Laila', 'laila@saffron.test', '', '{}',"
        " repeat('a', 64), current_date, 0, false, 1, 1 FROM shop_order WHERE number IN ('offer', 'over')"
    )
    with app.app_context():
        upgrade(revision="0014")
        with db.engine.begin() as connection:
            for number, status in (
                ("offer", "PENDING_PAYMENT"),
                ("over", "EXPIRED"),
                ("menu", "PENDING_PAYMENT"),
            ):
                connection.exec_driver_sql(order, {"number": number, "status": status})
            connection.exec_driver_sql(wish)
        upgrade(revision="0015")
        with db.engine.begin() as connection:
            waiting = "SELECT number FROM shop_order WHERE awaits_acceptance AND deposit_cents = 0"
            assert connection.exec_driver_sql(waiting).scalars().all() == ["offer"]
        downgrade(revision="0014")
        upgrade()
        check()
        db.engine.dispose()
