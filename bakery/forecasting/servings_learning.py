"""Learn from the servings that staff decided. For a job or a command: scikit-learn is loaded only here, and late."""

from __future__ import annotations

import importlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import SYSTEM, Actor
from bakery.core.errors import Invalid
from bakery.custom_cakes.models import CustomCakeRequest, Quote
from bakery.custom_cakes.spec import CakeDesign, from_json
from bakery.forecasting import corrections, servings
from bakery.forecasting.estimates import slice_kind, tiers_of
from bakery.forecasting.models import ServingsVersion
from bakery.infra.transaction import transaction
from bakery.shop.queries import Profile, get_profile
from models_ml.servings.count import cut
from models_ml.servings.decided import Decided, TooFew, fingerprint, refuse_too_few
from models_ml.servings.factors import Factors

__all__ = ["Outcome", "TooFew", "retrain"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a training came to: how many cakes it saw, what is corrected now, and whether that was written down."""

    cakes: int
    corrections: int
    cells: tuple[str, ...]
    written: bool

    def __str__(self) -> str:
        seen = f"{self.corrections} corrections in {self.cakes} decided cakes"
        if not self.written:
            return f"{seen}: nothing new"
        return f"{seen}: {', '.join(self.cells)} corrected" if self.cells else f"{seen}: geometry stays"


def retrain(actor: Actor = SYSTEM, *, with_demo: bool = False) -> Outcome:
    """Learn from every decided cake, and put what was learned in force.

    Cakes of the demo teach nothing unless asked to: nobody cut them. Refuses (TooFew, with the count) too few
    corrections; what was in force stays. The same cakes again write nothing, and a training that ends after one
    that saw newer quotes gives way to it. Computes outside any transaction.
    """
    with transaction() as session:
        last_quote_id, rows = read_decided(session, with_demo=with_demo)
        latest = corrections.latest_version(session)
        known = latest.fingerprint if latest else ""
    mark = fingerprint(rows)
    if mark == known:
        return Outcome(len(rows), sum(row.corrected for row in rows), (), written=False)
    refuse_too_few(rows)
    # scikit-learn takes seconds and 100 MB: only a process that really learns loads it.
    fitting = importlib.import_module("models_ml.servings.fitting")
    learned = fitting.learn(rows)
    written = _write(learned, mark, last_quote_id, actor)
    return Outcome(learned.rows, learned.corrections, tuple(learned.factors.cells), written)


def read_decided(session: Session, *, with_demo: bool = False) -> tuple[int, list[Decided]]:
    """The newest quote's id, and each request's last quote as a cake to learn from, oldest first.

    Left out: what was decided without a count beside it, and what was counted with other slice sizes than today's
    (geometry and the factors of that time give another number now), since its difference is no correction.
    """
    query = (
        select(Quote.id, Quote.design, Quote.servings, Quote.predicted_servings, Quote.created_at)
        .join(CustomCakeRequest, CustomCakeRequest.id == Quote.request_id)
        .where(Quote.version == CustomCakeRequest.quote_version, Quote.predicted_servings.is_not(None))
        .order_by(Quote.id)
    )
    if not with_demo:
        query = query.where(CustomCakeRequest.is_demo.is_(False))
    found = session.execute(query).all()
    shop, history = get_profile(session), _History(session)
    return max((row.id for row in found), default=0), list(_comparable(found, shop, history))


class _History:
    """Which factors were in force when."""

    def __init__(self, session: Session) -> None:
        versions = session.scalars(select(ServingsVersion).order_by(ServingsVersion.id)).all()
        self._since = [version.at for version in versions]
        self._factors = [Factors(), *map(corrections.read, versions)]

    def at(self, instant: Any) -> Factors:
        return self._factors[bisect_right(self._since, instant)]


def _comparable(found: Sequence[Any], shop: Profile, history: _History) -> Iterator[Decided]:
    for row in found:
        try:
            design = from_json(row.design)
        except (Invalid, ValueError, KeyError, TypeError):
            # A cake that could be wished once and cannot be read any more.
            continue
        kind, tiers = slice_kind(design), tiers_of(design)
        slice_ = servings.slice_of(shop, kind)
        then = corrections.count(tiers, slice_, kind, history.at(row.created_at))
        if then.servings == row.predicted_servings:
            yield _decided(design, shop, row.servings)


def _decided(design: CakeDesign, shop: Profile, decided: int) -> Decided:
    kind = slice_kind(design)
    slice_ = servings.slice_of(shop, kind)
    tiers = tuple((cut(tier, slice_).servings, tier.height_cm) for tier in tiers_of(design))
    return Decided(design.shape.value, kind.value, tiers, decided)


def _write(learned: Any, mark: str, last_quote_id: int, actor: Actor) -> bool:
    """Put it in force. False when another training was faster and saw as much or more."""
    with transaction() as session:
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("servings_version", 0))))
        latest = corrections.latest_version(session)
        if latest and (latest.fingerprint == mark or latest.last_quote_id > last_quote_id):
            return False
        session.add(
            ServingsVersion(
                at=clock.now(),
                fingerprint=mark,
                cakes=learned.rows,
                corrections=learned.corrections,
                last_quote_id=last_quote_id,
                factors=learned.factors.to_json(),
                metrics=learned.metrics,
                actor_label=actor.label,
            )
        )
    return True
