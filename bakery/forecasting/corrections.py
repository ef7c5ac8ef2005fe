"""Servings as the shop counts them: geometry, corrected where staff's own counts have shown that it is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.forecasting.models import ServingsVersion
from bakery.infra import memo
from bakery.infra.db import db
from models_ml.servings.count import Slice, Tier, count_tiers
from models_ml.servings.factors import GEOMETRY, Factors, serve

log = structlog.get_logger(__name__)
BY_GEOMETRY, CORRECTED = "geometry", "corrected"
# Notified by a trigger on servings_version.
TOPIC = "models"
REMEMBERED_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Served:
    """A count, what geometry alone says, and which of the two answers ("geometry", "corrected")."""

    servings: int
    by_geometry: int
    method: str


def count(tiers: Sequence[Tier], slice_: Slice, kind: str, factors: Factors | None = None) -> Served:
    """Servings of the tiers that are eaten, bottom first, all of one shape; with the factors in force by default."""
    found = in_force() if factors is None else factors
    plain = count_tiers(tiers, slice_)
    if not tiers or not found.covers(tiers[0].footprint.shape.value, kind):
        return Served(plain, plain, BY_GEOMETRY)
    return Served(serve(tiers, slice_, kind, found), plain, CORRECTED)


def in_force() -> Factors:
    """The factors that were learned last; none where nothing was, or where there is no shop to ask."""
    if not memo.is_possible():
        return GEOMETRY
    return memo.remember(
        "servings.factors", TOPIC, REMEMBERED_SECONDS, lambda: read(latest_version(db.session()))
    )


def latest_version(session: Session) -> ServingsVersion | None:
    """What was learned last."""
    return session.scalars(select(ServingsVersion).order_by(ServingsVersion.id.desc()).limit(1)).first()


def read(version: ServingsVersion | None) -> Factors:
    """A version's factors; what cannot be read counts as nothing learned, and is logged."""
    if version is None:
        return GEOMETRY
    try:
        return Factors.from_json(version.factors)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        log.error("servings_version_broken", version=version.id, error=type(error).__name__)
        return GEOMETRY
