"""The states of a request to give money back, and of each of its parts. The names are fixed (docs/domain)."""

from __future__ import annotations

from enum import StrEnum

from bakery.core.states import Machine


class RefundState(StrEnum):
    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    PROCESSING = "PROCESSING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    REJECTED = "REJECTED"


class RefundSource(StrEnum):
    """Whose wish it was. POLICY: an order was cancelled. STRIPE: somebody gave it back in Stripe's own dashboard."""

    CUSTOMER = "customer"
    STAFF = "staff"
    POLICY = "policy"
    STRIPE = "stripe"


class RefundKind(StrEnum):
    """What goes back: LINES by their units, an AMOUNT, ALL that is left, or a CANCELLATION's share."""

    LINES = "lines"
    AMOUNT = "amount"
    ALL = "all"
    CANCELLATION = "cancellation"


class Tender(StrEnum):
    """How money goes back. STRIPE: to the card that paid. The others are given by a person, and confirmed by one."""

    STRIPE = "stripe"
    CASH = "cash"
    EXTERNAL_CARD = "external_card"
    BANK_TRANSFER = "bank_transfer"


class PartState(StrEnum):
    """WAITING: decided, not begun. SENT: Stripe was asked, or is about to be. PENDING: Stripe has taken it on.
    TO_GIVE: a person has to give it. REPLACED: it failed, and another part took its place.
    """

    WAITING = "WAITING"
    SENT = "SENT"
    PENDING = "PENDING"
    TO_GIVE = "TO_GIVE"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    REPLACED = "REPLACED"


# Parts whose money is spoken for and has not gone.
ON_ITS_WAY = (PartState.WAITING, PartState.SENT, PartState.PENDING, PartState.TO_GIVE, PartState.FAILED)

_S = RefundState

REFUND = Machine(
    "refund",
    {
        _S.REQUESTED: frozenset({_S.APPROVED, _S.REJECTED}),
        _S.APPROVED: frozenset({_S.PROCESSING}),
        _S.PROCESSING: frozenset({_S.SUCCEEDED, _S.FAILED}),
        # A bank that sends money back does so days later.
        _S.SUCCEEDED: frozenset({_S.FAILED}),
        # Tried again, or left at that where nothing has arrived.
        _S.FAILED: frozenset({_S.PROCESSING, _S.REJECTED}),
        _S.REJECTED: frozenset(),
    },
)
