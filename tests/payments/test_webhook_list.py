"""What whoever sets the shop up is told to subscribe to is what the shop listens to."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

from bakery.payments.operations import handlers

DECISION = Path(__file__).parents[2] / "docs/decisions/0009-payments.md"
# Told by others as well, with more in them.
NOT_NEEDED = {"charge.refunded"}


def test_every_event_that_means_something_is_on_the_list_and_no_other() -> None:
    [told] = re.findall(r"\*\*Set-up with real keys\.\*\*(.*?)Anything else", DECISION.read_text(), re.DOTALL)
    listed = re.findall(r"`([a-z_]+\.[a-z_.*]+)`", told)
    heard = handlers._HANDLERS.keys() | {"payment_intent.payment_failed"}
    assert {kind for kind in heard if not any(fnmatch(kind, each) for each in listed)} == NOT_NEEDED
    assert [each for each in listed if not any(fnmatch(kind, each) for kind in heard)] == []
