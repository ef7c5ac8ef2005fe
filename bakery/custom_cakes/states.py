"""The life of a request. The names are fixed (docs/domain)."""

from __future__ import annotations

from enum import StrEnum

from bakery.core.states import Machine


class RequestStatus(StrEnum):
    PENDING_REVIEW = "PENDING_REVIEW"
    CHANGES_REQUESTED = "CHANGES_REQUESTED"
    APPROVED_AWAITING_PAYMENT = "APPROVED_AWAITING_PAYMENT"
    PAID = "PAID"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"


_R = RequestStatus

REQUEST = Machine(
    "request",
    {
        _R.PENDING_REVIEW: frozenset(
            {_R.APPROVED_AWAITING_PAYMENT, _R.CHANGES_REQUESTED, _R.REJECTED, _R.WITHDRAWN}
        ),
        _R.CHANGES_REQUESTED: frozenset({_R.PENDING_REVIEW, _R.WITHDRAWN}),
        _R.APPROVED_AWAITING_PAYMENT: frozenset({_R.PAID, _R.EXPIRED, _R.WITHDRAWN}),
        _R.PAID: frozenset(),
        # The customer may send a modified copy: another request.
        _R.REJECTED: frozenset(),
        # A payment that came late and still found its slot (as with orders).
        _R.EXPIRED: frozenset({_R.PAID}),
        _R.WITHDRAWN: frozenset(),
    },
)

# What staff may still decide, or the customer may still pay.
OPEN = (_R.PENDING_REVIEW, _R.CHANGES_REQUESTED, _R.APPROVED_AWAITING_PAYMENT)
# What a modified copy may be made of.
OVER = (_R.REJECTED, _R.EXPIRED, _R.WITHDRAWN)
