"""The database: one SQLAlchemy instance, its naming convention and its column types."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, CheckConstraint, DateTime, Identity, Integer, MetaData, String
from sqlalchemy.orm import DeclarativeBase, mapped_column, registry

# Names that Alembic can rely on: a constraint is found again by the name it was made with.
NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """What every table shares."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={datetime: DateTime(timezone=True)},
    )


db = SQLAlchemy(model_class=Base)

Id = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
Cents = Annotated[int, mapped_column(Integer)]
Code = Annotated[str, mapped_column(String(64))]


def in_states(column: str, states: type[StrEnum], name: str | None = None) -> CheckConstraint:
    """A CHECK that a column holds one of an enum's values."""
    allowed = ", ".join(f"'{state.value}'" for state in states)
    return CheckConstraint(f"{column} IN ({allowed})", name=name or f"{column}_known")
