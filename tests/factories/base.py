"""What every factory shares."""

from __future__ import annotations

from factory.alchemy import SQLAlchemyModelFactory

from bakery.infra.db import db


class Factory(SQLAlchemyModelFactory):
    """Makes a row and commits it (a released savepoint in most tests).

    Committed, because a refused service rolls its session back: what a test arranged must outlive that.
    After the commit, relationships are not loaded; read them again with a query.
    """

    class Meta:
        abstract = True
        sqlalchemy_session_factory = lambda: db.session()  # noqa: E731
        sqlalchemy_session_persistence = "commit"
