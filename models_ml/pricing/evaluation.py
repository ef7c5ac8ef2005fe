"""How good prices are, and whether a new model may replace the one in service. Pure functions."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass

# Fewer cakes that neither model has seen say nothing about which is better.
FAIR_CAKES = 40
# A new model must be this much better (basis points of the error), or chance would swap models every week.
BETTER_BP = 100
# Four of five prices are promised. A measured share may be off by a tenth, or by what so few cakes explain.
PROMISED_BP, TOLERATED_BP, DEVIATIONS = 8_000, 1_000, 2.5


@dataclass(frozen=True, slots=True)
class Metrics:
    """Errors on cakes nobody trained on. `mape_bp` and `coverage_bp` are in basis points, amounts in cents."""

    cakes: int
    mae_cents: int
    mape_bp: int
    bias_bp: int
    coverage_bp: int | None = None
    width_bp: int | None = None

    def as_dict(self) -> dict[str, int | None]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the candidate goes into service, and why, for the staff."""

    promote: bool
    reason: str


def measure(
    final: Sequence[float], guessed: Sequence[float], bands: Sequence[tuple[float, float]] | None = None
) -> Metrics:
    """Compare guesses with final prices. Refuses an empty comparison and lists of different lengths."""
    if not final:
        raise ValueError("there is nothing to measure")
    pairs = list(zip(final, guessed, strict=True))
    coverage = width = None
    if bands is not None:
        inside = [low <= price <= high for price, (low, high) in zip(final, bands, strict=True)]
        coverage = round(10_000 * sum(inside) / len(inside))
        widths = [(high - low) / price for price, (low, high) in zip(guessed, bands, strict=True)]
        width = round(10_000 * statistics.fmean(widths))
    return Metrics(
        cakes=len(pairs),
        mae_cents=round(statistics.fmean(abs(guess - price) for price, guess in pairs)),
        mape_bp=round(10_000 * statistics.fmean(abs(guess - price) / price for price, guess in pairs)),
        bias_bp=round(10_000 * statistics.fmean((guess - price) / price for price, guess in pairs)),
        coverage_bp=coverage,
        width_bp=width,
    )


def tolerated_bp(cakes: int) -> float:
    """How far from the promise the measured share of so many cakes may lie, in basis points."""
    share = PROMISED_BP / 10_000
    return max(TOLERATED_BP, DEVIATIONS * 10_000 * math.sqrt(share * (1 - share) / cakes))


def decide(candidate: Metrics, serving: Metrics | None) -> Verdict:
    """Into service only if better on the same cakes, which neither was trained on.

    `serving` is None when nothing is in service (or its files cannot be read). Refuses (`ValueError`) metrics of
    different cakes.
    """
    covered = candidate.coverage_bp
    if covered is None or abs(covered - PROMISED_BP) > tolerated_bp(candidate.cakes):
        said = "no range" if covered is None else f"a range that held {covered / 100:.1f} % of the prices"
        return Verdict(False, f"Kept as it is: the new model gives {said}, and 80 % are promised.")
    if serving is None:
        return Verdict(True, "In service: there was no model to compare with.")
    if candidate.cakes != serving.cakes:
        raise ValueError("candidate and serving were measured on different cakes")
    errors = f"{candidate.mape_bp / 100:.2f} % against {serving.mape_bp / 100:.2f} %"
    if candidate.cakes < FAIR_CAKES:
        return Verdict(
            False,
            f"Kept as it is: only {candidate.cakes} cakes are new to both models; {FAIR_CAKES} are needed.",
        )
    if candidate.mape_bp * 10_000 > serving.mape_bp * (10_000 - BETTER_BP):
        return Verdict(False, f"Kept as it is: the new model is not better (error {errors}).")
    return Verdict(True, f"In service: the new model is better (error {errors}).")
