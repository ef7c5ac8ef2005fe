"""Disputes: their evidence, what staff decided about them, and their deadlines."""

from __future__ import annotations

from bakery.aftercare import delivery, evidence, watch
from bakery.integrations.adapters import adapters
from jobs.periodic import periodic


def gather(dispute_id: int) -> None:
    """Write down what is known of a disputed order, beside what was written with the sale."""
    evidence.store_for_dispute(dispute_id, adapters().files)


def send_answer(answer_id: int) -> None:
    """Hand an approved answer to Stripe, once."""
    delivery.send_answer(answer_id, adapters().gateway, adapters().files)


def accept(answer_id: int) -> None:
    """Give in at Stripe, or send the refund that settles an inquiry, as somebody decided."""
    delivery.accept(answer_id, adapters().gateway)


def _given_up(answer_id: int, error: str) -> None:
    delivery.report_given_up(answer_id, error)


send_answer.gave_up = _given_up  # type: ignore[attr-defined]
accept.gave_up = _given_up  # type: ignore[attr-defined]


@periodic("watch_disputes")
def watch_disputes() -> str:
    """Remind the staff of deadlines, and settle what was refunded."""
    delivery.follow_inquiries()
    reminded = watch.remind()
    return f"{reminded} reminders, {watch.settle_refunded_warnings()} fraud warnings open"
