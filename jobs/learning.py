"""What the price model learns, and when."""

from __future__ import annotations

import importlib

from bakery.core.errors import Invalid
from bakery.forecasting import learning_runs
from jobs.periodic import periodic


def retrain(run_id: int) -> None:
    """Run one training that was asked for. What cannot be learned from is said in the run, and is no failure."""
    # NumPy and, behind it, XGBoost: loaded in the fork that trains, so that the worker itself stays fit to fork.
    learning = importlib.import_module("bakery.forecasting.learning")
    try:
        learning.retrain(run_id)
    except Invalid:
        return


@periodic("retrain_pricing")
def ask_weekly() -> str:
    """Ask for this week's training, from Monday morning on."""
    return learning_runs.ask_weekly()


def _retrain_given_up(run_id: int, error: str) -> bool:
    learning_runs.give_up(run_id, f"It was given up: {error}")
    # Staff are told as of any job that was given up.
    return False


retrain.gave_up = _retrain_given_up  # type: ignore[attr-defined]
