"""What a custom cake should cost: the model in service, or the formula when its files are missing or damaged."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bakery.core.errors import Invalid
from bakery.forecasting.shelf import START, FolderShelf, ServingShelf, Shelf
from bakery.infra.transaction import after_commit, transaction
from bakery.messages.operations import raise_alert
from models_ml.pricing.answer import Answer, Neighbour, by_formula, with_warnings
from models_ml.pricing.artifact import BrokenArtifact
from models_ml.pricing.cakes import DECORATIONS, SHAPES, Cake, InvalidCake, Tier

__all__ = [
    "DECORATIONS",
    "SHAPES",
    "START",
    "Cake",
    "Neighbour",
    "Prediction",
    "PriceDesk",
    "Tier",
    "desk",
    "make_cake",
]

log = structlog.get_logger(__name__)
ALERT = "price_model"
# How long after a failure the same version is read again.
AGAIN_SECONDS = 60.0
BY_FORMULA = "Priced by formula: the price model cannot be used at the moment."


@dataclass(frozen=True, slots=True)
class Prediction:
    """A suggestion, GST included: a person decides, and both numbers are kept (domain.md, 17).

    `reasons` add up to `price_cents`. `floor_cents` is ingredients and work; `margin_bp` what the price would leave
    after all costs, in basis points of the net price. `features` and `model` are to be stored with the decision.
    """

    price_cents: int
    low_cents: int
    high_cents: int
    currency: str
    reasons: tuple[tuple[str, int], ...]
    neighbours: tuple[Neighbour, ...]
    model: str
    method: str
    warnings: tuple[str, ...]
    floor_cents: int
    margin_bp: int
    features: dict[str, float]


class _Model(Protocol):
    def predict(self, cake: Cake, on: date, *, ref: str = "") -> Answer: ...


def make_cake(**values: Any) -> Cake:
    """A `Cake` whose refusals are the shop's: `Invalid`, with one sentence and the field."""
    try:
        return Cake(**values)
    except InvalidCake as error:
        raise Invalid(error.message, field=error.field) from None


class PriceDesk:
    """Answers with the version on its shelf (a folder's, or the one in service), read when first asked and again
    whenever another one stands there. While that is read, others are answered by the one before.
    """

    def __init__(self, shelf: Shelf | Path = START) -> None:
        self.shelf = FolderShelf(shelf) if isinstance(shelf, Path) else shelf
        self._lock = threading.Lock()
        self._stamp: Hashable = None
        self._model: _Model | None = None
        self._trouble = ""
        self._told = ""
        self._again_at = 0.0

    def predict(
        self, cake: Cake, on: date, *, currency: str = "AUD", ref: str = "", session: Session | None = None
    ) -> Prediction:
        """The suggestion for a cake asked about on a day; `ref` names it if it is itself in the history.

        Never fails for want of a model: the formula answers, and the staff are told once. The alert is written in
        the caller's transaction if its `session` is given, otherwise in one of its own: inside a transaction, give it.
        """
        model = self._current()
        if model is None:
            self._tell(session)
            answer = with_warnings(by_formula(cake), cake)
            return _prediction(answer, currency, (BY_FORMULA, *answer.warnings))
        answer = model.predict(cake, on, ref=ref)
        return _prediction(answer, currency, answer.warnings)

    def load(self) -> str:
        """Read the model now, before anybody waits for it. What is wrong with it, or nothing."""
        self._current()
        return self._trouble

    def _current(self) -> _Model | None:
        stamp = self.shelf.stamp()
        if self._is_up_to_date(stamp):
            return self._model
        if not self._lock.acquire(blocking=self._model is None):
            return self._model
        try:
            if not self._is_up_to_date(stamp):
                self._read(stamp)
        finally:
            self._lock.release()
        return self._model

    def _is_up_to_date(self, stamp: Hashable) -> bool:
        return stamp == self._stamp and not (self._trouble and time.monotonic() > self._again_at)

    def _read(self, stamp: Hashable) -> None:
        model, trouble = None, ""
        try:
            # NumPy is loaded with the first price, not with the shop.
            serving = importlib.import_module("models_ml.pricing.serving")
            model = serving.PriceModel.made_of(*self.shelf.read())
            self._told = ""
        except BrokenArtifact as error:
            trouble = str(error)
            log.error("price_model_broken", version=self.shelf.label(), reason=trouble)
        self._model, self._trouble, self._stamp = model, trouble, stamp
        # It may be put right without another stamp (files restored into the database).
        self._again_at = time.monotonic() + AGAIN_SECONDS

    def _tell(self, session: Session | None) -> None:
        """Tell the staff, once for each trouble; the alert's key does the same across processes."""
        trouble = self._trouble
        if self._told == trouble:
            return
        if session is not None:
            self._alert(session, trouble)
            return
        try:
            with transaction() as own:
                self._alert(own, trouble)
        except SQLAlchemyError as error:
            # The price is not to fail for the alert; the next one tells.
            log.warning("price_model_alert_failed", error=type(error).__name__)

    def _alert(self, session: Session, trouble: str) -> None:
        text = (
            f"The price model {self.shelf.label()} cannot be used: {trouble}. Custom cakes are priced by the formula "
            "meanwhile. Put another version into service under Models."
        )
        raise_alert(session, ALERT, f"{ALERT}:{self.shelf.label()}", text)
        after_commit(session, lambda: setattr(self, "_told", trouble))


def _prediction(answer: Answer, currency: str, warnings: tuple[str, ...]) -> Prediction:
    return Prediction(
        price_cents=answer.price_cents,
        low_cents=answer.low_cents,
        high_cents=answer.high_cents,
        currency=currency,
        reasons=answer.reasons,
        neighbours=answer.neighbours,
        model=answer.version,
        method=answer.method,
        warnings=warnings,
        floor_cents=answer.floor_cents,
        margin_bp=answer.margin_bp,
        features=answer.features,
    )


# The one of this process.
desk = PriceDesk(ServingShelf())
