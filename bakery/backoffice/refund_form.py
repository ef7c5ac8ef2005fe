"""What was typed into the form that gives money back, or sent by a machine: read into a choice, nothing lost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from werkzeug.datastructures import MultiDict

from bakery.core import ids
from bakery.core.errors import Invalid
from bakery.core.states import find_state
from bakery.payments.refund_simulation import Choice
from bakery.payments.refund_states import RefundKind

KINDS = {
    RefundKind.LINES: "Things on this order",
    RefundKind.AMOUNT: "An amount",
    RefundKind.ALL: "All that is left",
}
_AMOUNT = re.compile(r"(-?)(\d{1,15})(?:\.(\d{1,2}))?", re.ASCII)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(\D|$))")
_LINE = re.compile(r"line-(\d{1,18})", re.ASCII)


@dataclass
class RefundForm:
    """The form as it was sent; `errors` are sentences by field. `key` names this page, `seen` what it showed."""

    kind: str = RefundKind.LINES
    counts: dict[int, str] = field(default_factory=dict)
    amount: str = ""
    reason: str = ""
    restock: bool = False
    key: str = field(default_factory=ids.new_secret)
    seen: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    def choice(self, currency: str) -> Choice:
        """What is to go back. Refuses what cannot be read (Invalid, with its field)."""
        kind = find_state(RefundKind, self.kind)
        if kind not in KINDS:
            raise Invalid("Choose what goes back.", field="kind")
        if kind == RefundKind.LINES:
            return Choice(
                kind, {key: _count(key, text) for key, text in self.counts.items()}, None, self.restock
            )
        cents = read_amount(self.amount, currency) if kind == RefundKind.AMOUNT else None
        return Choice(kind, {}, cents, self.restock)


def read_form(sent: MultiDict[str, str]) -> RefundForm:
    """The form of the page."""
    return RefundForm(
        kind=sent.get("kind", "")[:20],
        counts={
            int(found[1]): text.strip()[:12]
            for name, text in sent.items()
            if (found := _LINE.fullmatch(name))
        },
        amount=sent.get("amount", "").strip()[:40],
        # Kept whole, however long: what is refused is not lost.
        reason=sent.get("reason", "").replace("\x00", "").replace("\r\n", "\n").strip(),
        restock=sent.get("restock") == "y",
        key=sent.get("key", "")[:80],
        seen=sent.get("seen", "")[:64],
    )


def read_json(body: object, currency: str) -> tuple[RefundForm, Choice]:
    """What a machine sent: `{"kind": "lines", "lines": {"12": 1}, "reason": "…"}`, amounts in whole cents.

    Refuses (Invalid, with its field) what cannot be read, and another currency than the order's.
    """
    if not isinstance(body, Mapping):
        raise Invalid("Send an object with kind, reason, and lines or amount.")
    if body.get("currency", currency) != currency:
        raise Invalid(f"This order is in {currency}.", field="currency")
    kind = find_state(RefundKind, str(body.get("kind", "")))
    if kind not in KINDS:
        raise Invalid(f"kind is one of {', '.join(KINDS)}.", field="kind")
    form = RefundForm(
        kind=kind,
        reason=str(body.get("reason") or "").replace("\x00", "").strip(),
        restock=body.get("restock") is True,
        key=str(body.get("key") or ids.new_secret())[:80],
        seen=str(body.get("fingerprint") or "")[:64],
    )
    units = _units(body.get("lines")) if kind == RefundKind.LINES else {}
    cents = body.get("amount") if kind == RefundKind.AMOUNT else None
    if kind == RefundKind.AMOUNT and type(cents) is not int:
        raise Invalid("amount is a whole number of cents.", field="amount")
    return form, Choice(kind, units, cents, form.restock)


def read_amount(text: str, currency: str) -> int:
    """`$1,090.50` in cents. Refuses what is no amount of this currency, and none."""
    if not text:
        raise Invalid("Write an amount above zero.", field="amount")
    plain = _THOUSANDS.sub("", text.removeprefix("$").strip()).replace(",", ".")
    found = _AMOUNT.fullmatch(plain)
    if found is None:
        raise Invalid(f"Write an amount in {currency}, such as 12.50.", field="amount")
    cents = int(Decimal(f"{found[2]}.{found[3] or 0}") * 100)
    return -cents if found[1] else cents


def _count(key: int, text: str) -> int:
    if not text:
        return 0
    if not re.fullmatch(r"-?\d{1,9}", text, re.ASCII):
        raise Invalid("Write a whole number.", field=f"line-{key}")
    return int(text)


def _units(lines: object) -> dict[int, int]:
    if not isinstance(lines, Mapping):
        raise Invalid('lines is an object such as {"12": 1}.', field="lines")
    found: dict[int, int] = {}
    for key, count in lines.items():
        if not re.fullmatch(r"\d{1,18}", str(key), re.ASCII) or type(count) is not int:
            raise Invalid('lines is an object such as {"12": 1}.', field="lines")
        found[int(key)] = count
    return found


def simulation_json(simulation: Any) -> dict[str, Any]:
    """A simulation for machines: amounts in cents."""
    return {
        "amount": simulation.amount_cents,
        "tax": simulation.tax_cents,
        "currency": simulation.currency,
        "lines": [
            {
                "line": line.order_line_id,
                "units": line.units,
                "amount": line.cents,
                "tax": line.tax_cents,
                "discount": line.discount_cents,
                "to_shelf": line.to_shelf,
            }
            for line in simulation.lines
        ],
        "rates": [
            {"name": row.tax_name, "rate_bp": row.rate_bp, "net": row.net_cents, "tax": row.tax_cents}
            for row in simulation.rates
        ],
        "parts": [
            {"way": part.tender, "payment": part.payment_id, "amount": part.cents}
            for part in simulation.parts
        ],
        "fees_kept": simulation.fees_cents,
        "slot_freed": simulation.slot_freed,
        "needs_second": simulation.needs_second,
        "left": simulation.left_cents,
        "fingerprint": simulation.fingerprint,
    }
