"""What the page about the price model shows: decided cakes, versions, trainings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.catalog.cake_models import VariantSuggestion
from bakery.core import clock
from bakery.core.errors import NotFound
from bakery.custom_cakes.models import CustomCakeRequest, Quote
from bakery.custom_cakes.options import FLAVOURS
from bakery.forecasting.learning_report import DecidedCake
from bakery.forecasting.models import PriceModelEvent, PriceModelVersion, PriceRetraining
from bakery.forecasting.shelf import START
from bakery.forecasting.states import VersionState
from models_ml.pricing.artifact import MANIFEST

YEAR = timedelta(days=366)
# A page looks at so many of the newest cakes at most.
MOST = 3_000
RUNS = 8
VERSIONS = 60


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version as the page shows it; `created_at` is None for the one that comes with the shop."""

    name: str
    state: VersionState
    manifest: dict[str, Any]
    reason: str = ""
    chosen: bool = False
    created_at: datetime | None = None

    @property
    def metrics(self) -> dict[str, Any]:
        found: dict[str, Any] = self.manifest.get("metrics", {}).get("model", {})
        return found


def decided_cakes(session: Session, zone: str) -> list[DecidedCake]:
    """The cakes of the last year whose price was predicted and decided, oldest first: two queries.

    Each request by its latest quote, each size of the menu by its latest decision.
    """
    since, local = clock.now() - YEAR, ZoneInfo(zone)
    quotes = session.execute(
        select(CustomCakeRequest.number.label("ref"), *_columns(Quote, Quote.created_at, Quote.price_cents))
        .join(CustomCakeRequest, CustomCakeRequest.id == Quote.request_id)
        .where(
            Quote.version == CustomCakeRequest.quote_version,
            Quote.predicted_cents.is_not(None),
            Quote.created_at > since,
            Quote.price_cents > 0,
        )
        .order_by(Quote.created_at.desc())
        .limit(MOST)
    ).all()
    menu = session.execute(
        select(
            VariantSuggestion.variant_id.label("ref"),
            *_columns(VariantSuggestion, VariantSuggestion.at, VariantSuggestion.decided_cents),
        )
        .where(VariantSuggestion.at > since)
        .order_by(VariantSuggestion.at.desc(), VariantSuggestion.id.desc())
        .limit(MOST)
    ).all()
    latest = {row.ref: row for row in reversed(menu)}
    found = [_decided(row, str(row.ref), local) for row in (*quotes, *latest.values())]
    return sorted(found, key=lambda cake: (cake.decided_on, cake.ref))


def list_versions(session: Session) -> list[VersionView]:
    """Every version, the newest first; the one that comes with the shop alone while there is none."""
    rows = session.scalars(select(PriceModelVersion).order_by(PriceModelVersion.id.desc()).limit(VERSIONS))
    found = [
        VersionView(
            row.name, VersionState(row.state), row.manifest, row.reason, row.chosen, row.created_at
        )
        for row in rows
    ]  # fmt: skip
    return found or _start_alone()


def find_version(session: Session, name: str) -> tuple[VersionView, Sequence[PriceModelEvent]]:
    """One version with its history, oldest first. Raises NotFound."""
    for alone in _start_alone():
        if alone.name == name and session.scalar(select(PriceModelVersion.id).limit(1)) is None:
            return alone, ()
    row = session.scalar(select(PriceModelVersion).where(PriceModelVersion.name == name))
    if row is None:
        raise NotFound("There is no such version.")
    events = session.scalars(
        select(PriceModelEvent).where(PriceModelEvent.version_id == row.id).order_by(PriceModelEvent.id)
    ).all()
    view = VersionView(
        row.name, VersionState(row.state), row.manifest, row.reason, row.chosen, row.created_at
    )  # fmt: skip
    return view, events


def list_runs(session: Session) -> Sequence[PriceRetraining]:
    """The last trainings, the newest first."""
    return session.scalars(select(PriceRetraining).order_by(PriceRetraining.id.desc()).limit(RUNS)).all()


def latest_run(session: Session) -> PriceRetraining | None:
    """The training that was asked for last."""
    return session.scalar(select(PriceRetraining).order_by(PriceRetraining.id.desc()).limit(1))


def _columns(table: Any, at: Any, final: Any) -> tuple[Any, ...]:
    return (
        at.label("at"), final.label("final"), table.predicted_cents, table.low_cents, table.high_cents,
        table.model_version, table.features, table.design,
    )  # fmt: skip


def _decided(row: Any, ref: str, zone: ZoneInfo) -> DecidedCake:
    design = row.design
    bottom = design["tiers"][0]
    width = max(bottom.get(side) or 0 for side in ("diameter_cm", "length_cm", "width_cm"))
    words = {
        "flavour": _flavour(str(bottom["flavour"])),
        "shape": str(design["shape"]),
        "covering": str(design["covering"]),
        "decoration": str(design["decoration"]),
    }
    return DecidedCake(
        ref=ref,
        decided_on=row.at.astimezone(zone).date(),
        final_cents=row.final,
        predicted_cents=row.predicted_cents,
        low_cents=row.low_cents,
        high_cents=row.high_cents,
        model=row.model_version,
        width_cm=width,
        tiers=len(design["tiers"]),
        words=tuple(words.items()),
        features=row.features,
    )


def _flavour(code: str) -> str:
    known = FLAVOURS.get(code)
    return known.name if known else code.replace("_", " ")


def _start_alone() -> list[VersionView]:
    """The version that comes with the shop, by its manifest; nothing when that cannot be read."""
    try:
        manifest = json.loads((START / MANIFEST).read_bytes())
        return [VersionView(manifest["version"], VersionState.SERVING, manifest, "It came with the shop.")]
    except (OSError, ValueError, LookupError, TypeError):
        return []
