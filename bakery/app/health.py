"""For machines: is the process up, and can it serve?"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bakery.infra import queue
from bakery.infra.db import db

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """The process answers. Touches nothing else."""
    return jsonify({"ok": True})


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Database, migrations, Redis and queues; 503 names what is not ready."""
    checks = {"database": _database(), "migrations": _migrations(), "redis": _redis()}
    ok = all(value == "ok" for value in checks.values())
    depths = _depths() if checks["redis"] == "ok" else {}
    return jsonify({"ok": ok, "checks": checks, "queues": depths}), 200 if ok else 503


def _database() -> str:
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        db.session.rollback()
        return type(error).__name__
    return "ok"


def _migrations() -> str:
    head = _head()
    try:
        current = db.session.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except SQLAlchemyError:
        db.session.rollback()
        return "never migrated"
    return "ok" if current == head else "behind: run flask db upgrade"


@lru_cache(maxsize=1)
def _head() -> str | None:
    config = Config()
    config.set_main_option("script_location", str(Path(current_app.root_path).parent / "migrations"))
    return ScriptDirectory.from_config(config).get_current_head()


def _redis() -> str:
    try:
        current_app.extensions["redis"].ping()
    except RedisError as error:
        return type(error).__name__
    return "ok"


def _depths() -> dict[str, int]:
    return {name: queue.queue(name).count for name in queue.QUEUES}
