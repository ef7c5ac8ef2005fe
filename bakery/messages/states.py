"""The life of a message. A provider's later word moves it forward, never back."""

from __future__ import annotations

from bakery.core.states import Machine
from bakery.messages.models import MessageStatus

_M = MessageStatus

MESSAGE = Machine(
    "message",
    {
        # DELIVERED straight away: the callback was faster than our own note.
        _M.QUEUED: frozenset({_M.SENT, _M.DELIVERED, _M.FAILED, _M.SUPPRESSED}),
        _M.SENT: frozenset({_M.DELIVERED, _M.FAILED}),
        _M.DELIVERED: frozenset(),
        # A person asked for another try.
        _M.FAILED: frozenset({_M.QUEUED}),
        # Consent given since.
        _M.SUPPRESSED: frozenset({_M.QUEUED}),
    },
)

# SMS to the bakery's own phone: when one fails for good, the same words go to its mailbox.
STAFF_SMS = frozenset({"cake_alert"})
