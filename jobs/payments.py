"""Payment jobs: what Stripe told, what it did not tell, and what goes back."""

from __future__ import annotations

from datetime import timedelta

from bakery.core import clock
from bakery.integrations.adapters import adapters
from bakery.payments import services
from bakery.payments.books.mirror import read_balance
from jobs.periodic import periodic

# Attempts that are overdue are looked up whatever their age; this is for those that are not known as open.
LOOK_BACK = timedelta(hours=6)


def apply_event(event_row_id: int) -> None:
    """Do what a stored event says, once."""
    services.apply_event(event_row_id)


def refund_late_payment(payment_id: int, number: int = 0) -> None:
    """Send a payment that bought nothing back. The first try is owed without its number."""
    services.refund_late_payment(payment_id, adapters().gateway, number)


def _refund_given_up(payment_id: int, number: int = 0, *, error: str) -> None:
    services.report_failed_refund(payment_id, error, number)


refund_late_payment.gave_up = _refund_given_up  # type: ignore[attr-defined]


def close_session(payment_id: int) -> None:
    """Close an attempt's page at Stripe."""
    services.close_session(payment_id, adapters().gateway)


@periodic("reconcile")
def reconcile() -> str:
    """Ask Stripe for what it never told, then for what it booked and kept."""
    gateway = adapters().gateway
    report = services.reconcile(gateway, clock.now() - LOOK_BACK)
    return f"{report}; {read_balance(gateway)}"
