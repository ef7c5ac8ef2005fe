"""The accounts of the journal: what each is for, and what the shop's accountant calls it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.payments.journal.models import BookAccount
from bakery.shop.models import TaxRate

# Sales have an account for each tax class: `sales:gst`.
SALES = "sales:"


class Slot(StrEnum):
    """What an account is for (docs/journal.md says what is entered where)."""

    CASH = "cash"
    STRIPE = "stripe"
    TERMINAL = "terminal"
    RECEIVABLE = "receivable"
    DISPUTED = "disputed"
    SUSPENSE = "suspense"
    GST = "gst"
    DEPOSITS = "deposits"
    SELLERS = "sellers"
    REFUNDS = "refunds"
    FEES = "fees"
    DISPUTE_FEES = "dispute_fees"
    DISPUTE_LOSSES = "dispute_losses"


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it stands in the journal, and what it is for in a few words."""

    slot: str
    code: str
    name: str
    use: str = ""


DEFAULTS = (
    Account(Slot.CASH, "1100", "Cash in the till", "Cash taken and given back at the counter"),
    Account(Slot.STRIPE, "1110", "Stripe clearing", "What Stripe holds until it pays out"),
    Account(Slot.TERMINAL, "1120", "Card terminal clearing", "Cards taken at the counter, past Stripe"),
    Account(Slot.RECEIVABLE, "1200", "Customers, balances due", "Invoiced and not paid yet"),
    Account(Slot.DISPUTED, "1250", "Disputed payments", "Taken back by a bank until it decides"),
    Account(Slot.SUSPENSE, "1900", "Corrections to be cleared", "The other side of a correction by hand"),
    Account(Slot.GST, "2200", "GST collected", "Owed to the tax office"),
    Account(Slot.DEPOSITS, "2300", "Customer deposits", "Paid and not invoiced; or going back"),
    Account(Slot.SELLERS, "2400", "Guest bakers", "Their share of what was sold for them"),
    Account(Slot.REFUNDS, "4900", "Refunds and allowances", "Sales given back, without their GST"),
    Account(Slot.FEES, "6100", "Payment fees", "What Stripe keeps of payments"),
    Account(Slot.DISPUTE_FEES, "6110", "Dispute fees", "What a dispute costs"),
    Account(Slot.DISPUTE_LOSSES, "6120", "Losses from disputes", "Payments that a bank took for good"),
)
SALES_CODE = "4000"


@dataclass(frozen=True, slots=True)
class Chart:
    """Every account by its slot, in the order of a chart of accounts."""

    accounts: dict[str, Account]

    def account(self, slot: str) -> Account:
        """The account of a slot; also of a tax class that the shop has given up since."""
        return self.accounts.get(slot) or sales_account(slot.removeprefix(SALES), slot.removeprefix(SALES))


def sales_account(tax_code: str, tax_name: str) -> Account:
    """The account of a tax class unless the shop says otherwise."""
    return Account(
        f"{SALES}{tax_code}",
        f"{SALES_CODE}-{tax_code}",
        f"Sales, {tax_name}",
        f"Sold at “{tax_name}”, without the tax",
    )


def read_chart(session: Session) -> Chart:
    """The accounts as they are called now: in the shop's own words, else by default."""
    rates = session.scalars(select(TaxRate).order_by(TaxRate.rate_bp.desc(), TaxRate.code)).all()
    own = {row.slot: row for row in session.scalars(select(BookAccount))}
    accounts = {}
    for default in (*DEFAULTS[:9], *(sales_account(rate.code, rate.name) for rate in rates), *DEFAULTS[9:]):
        row = own.get(default.slot)
        accounts[default.slot] = replace(default, code=row.code, name=row.name) if row else default
    return Chart(accounts)
