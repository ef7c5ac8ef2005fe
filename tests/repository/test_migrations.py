"""Migrations: one head, the models' equal, and a way back that leads forward again."""

from pathlib import Path

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask_migrate import check, downgrade, upgrade
from psycopg import sql

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
