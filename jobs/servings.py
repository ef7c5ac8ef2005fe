"""What is learned of servings by the clock."""

from __future__ import annotations

from bakery.forecasting import servings_learning
from jobs.periodic import periodic


@periodic("retrain_servings")
def retrain() -> str:
    """Learn from the servings that staff decided; too few to learn from is no failure."""
    try:
        return str(servings_learning.retrain())
    except servings_learning.TooFew as error:
        return f"geometry stays: {error}"
