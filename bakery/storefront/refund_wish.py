"""What a customer typed to ask for money back: read into a choice, nothing lost."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from bakery.core import ids
from bakery.core.errors import Invalid
from bakery.payments.refund_simulation import Choice
from bakery.payments.refund_states import RefundKind

_LINE = re.compile(r"line-(\d{1,18})", re.ASCII)


@dataclass
class RefundWish:
    """The form as it was sent; `errors` are sentences by field. `key` names this page, `seen` what it showed."""

    whole: bool = True
    counts: dict[int, str] = field(default_factory=dict)
    reason: str = ""
    key: str = field(default_factory=ids.new_secret)
    seen: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    def choice(self) -> Choice:
        """What they want back. Refuses what is no number (Invalid)."""
        if self.whole:
            return Choice(RefundKind.ALL)
        return Choice(RefundKind.LINES, {key: _count(key, text) for key, text in self.counts.items()})


def read_wish(sent: MultiDict[str, str]) -> RefundWish:
    """The form of the page."""
    return RefundWish(
        whole=sent.get("what") != "lines",
        counts={
            int(found[1]): text.strip()[:12]
            for name, text in sent.items()
            if (found := _LINE.fullmatch(name))
        },
        # Kept whole, however long: what is refused is not lost.
        reason=sent.get("reason", "").replace("\x00", "").replace("\r\n", "\n").strip(),
        key=sent.get("key", "")[:80],
        seen=sent.get("seen", "")[:64],
    )


def _count(key: int, text: str) -> int:
    if not text:
        return 0
    if not re.fullmatch(r"-?\d{1,9}", text, re.ASCII):
        raise Invalid("Write a whole number.", field=f"line-{key}")
    return int(text)
