"""Proving the books, and when."""

from __future__ import annotations

from bakery.integrations.adapters import adapters
from bakery.payments.books import proof, runs
from jobs.periodic import periodic


def prove(run_id: int) -> None:
    """Run one proof that was asked for."""
    proof.prove(run_id, adapters().gateway)


@periodic("prove_books")
def ask_nightly() -> str:
    """Ask for this night's proof, from 3 in the morning on."""
    return runs.ask_nightly()


def _prove_given_up(run_id: int, error: str) -> bool:
    runs.give_up(run_id, f"It was given up: {error}")
    # Staff are told as of any job that was given up.
    return False


prove.gave_up = _prove_given_up  # type: ignore[attr-defined]
