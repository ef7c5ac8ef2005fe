"""What customers agree to with their card, in the words that stand beside the boxes and are kept with their yes.

Whoever changes a sentence changes its version.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from bakery.core.money import Money
from bakery.infra.formats import date_near, money
from bakery.orders.models import Order


@dataclass(frozen=True, slots=True)
class Wording:
    """A sentence as somebody saw it, and which version of it that was."""

    text: str
    version: str


SAVE = Wording(
    "Save this card for next time. Stripe keeps it, we never see its number, and it is charged only when I pay with "
    "it. I can remove it in my account at any time.",
    "save-1",
)
ADD = Wording(
    "Stripe keeps this card for my account. It is charged only when I pay with it, and I can remove it at any time.",
    "add-1",
)
# What is entered when somebody takes a yes back.
REVOKED = Wording("Do not charge the rest automatically.", "revoke-1")
REMOVED = Wording("Remove this card.", "remove-1")


def charge_rest(order: Order) -> Wording:
    """The agreement to charge what is due of an order with a deposit: how much, and when."""
    rest = Money(order.total_cents - order.deposit_cents, order.currency)
    return Wording(
        f"Charge the rest, {money(rest)}, to this card on {date_near(charge_day(order))}. I can take this back on the "
        "order's page until then, and pay another way.",
        "rest-1",
    )


def charge_day(order: Order) -> date:
    """The day on which the rest is charged: when it is due, by the clock of the shop; else when it is collected."""
    return order.balance_due_on or order.pickup_at.astimezone(ZoneInfo(order.time_zone)).date()


def card_name(brand: str, last_four: str) -> str:
    """`Visa ending 4242`; a wallet or a card without digits by its kind alone."""
    name = _BRANDS.get(brand.lower(), brand.replace("_", " ").title()) or "Card"
    return f"{name} ending {last_four}" if last_four else name


_BRANDS = {
    "amex": "American Express",
    "cartes_bancaires": "Cartes Bancaires",
    "diners": "Diners Club",
    "eftpos_au": "eftpos",
    "jcb": "JCB",
    "unionpay": "UnionPay",
}
