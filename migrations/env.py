"""Alembic's environment: one migration at a time (advisory lock), and none that waits long for a table."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import text

config = context.config
LOCK = 7_310_001


def _engine():
    return current_app.extensions["migrate"].db.engine


def _metadata():
    return current_app.extensions["migrate"].db.metadata


def run() -> None:
    """Migrate on one connection. A second migrator waits for the first and then finds nothing to do."""
    if context.is_offline_mode():
        context.configure(
            url=_engine().url.render_as_string(hide_password=False),
            target_metadata=_metadata(),
            literal_binds=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        return
    with _engine().connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        connection.execute(text("SET lock_timeout = '10s'"))
        connection.execute(text("SET statement_timeout = '15min'"))
        connection.commit()
        try:
            context.configure(connection=connection, target_metadata=_metadata(), compare_type=True)
            with context.begin_transaction():
                context.run_migrations()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
            connection.commit()


run()
