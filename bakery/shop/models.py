"""The shop's profile and what it decides about itself."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bakery.infra.db import Base, Cents, Code, Id, in_states

SLICE_SIZES = (
    "wedding_slice_width",
    "wedding_slice_depth",
    "party_slice_width",
    "party_slice_depth",
    "slice_height",
)


# All of it until a week before the pickup, half of it until three days before, nothing after.
CANCELLATION_TIERS = [{"days": 7, "percent": 100}, {"days": 3, "percent": 50}]


class RefundOrder(StrEnum):
    """Which of an order's payments gives money back first."""

    NEWEST = "newest"
    OLDEST = "oldest"


class Shop(Base):
    """The one shop: a single row. Changed in the back office, never by the environment."""

    __tablename__ = "shop"
    __table_args__ = (
        CheckConstraint("id = 1", name="single_row"),
        CheckConstraint(
            " AND ".join(f"{name}_tenth_mm BETWEEN 100 AND 3000" for name in SLICE_SIZES), name="slices_sane"
        ),
        CheckConstraint("explain_from_percent BETWEEN 0 AND 100", name="explain_from_sane"),
        CheckConstraint("quote_days BETWEEN 1 AND 60", name="quote_days_sane"),
        CheckConstraint("deposit_percent BETWEEN 0 AND 100", name="deposit_percent_sane"),
        CheckConstraint(
            "deposit_from_cents >= 0 AND deposit_from_percent BETWEEN 0 AND 100"
            " AND deposit_kept_percent BETWEEN 0 AND 100",
            name="deposits_sane",
        ),
        CheckConstraint(
            "balance_due_days BETWEEN 0 AND 60 AND balance_remind_days BETWEEN 0 AND 30"
            " AND balance_grace_hours BETWEEN 0 AND 336",
            name="balance_sane",
        ),
        CheckConstraint("refund_limit_cents >= 0", name="refund_limit_sane"),
        in_states("refund_order", RefundOrder),
        CheckConstraint("document_years BETWEEN 5 AND 50", name="document_years_legal"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=1, autoincrement=False)
    name: Mapped[str] = mapped_column(String(120))
    tagline: Mapped[str] = mapped_column(String(200), default="")
    about: Mapped[str] = mapped_column(Text, default="")
    legal_name: Mapped[str] = mapped_column(String(160))
    abn: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(300))
    latitude: Mapped[str] = mapped_column(String(12), default="")
    longitude: Mapped[str] = mapped_column(String(12), default="")
    pickup_instructions: Mapped[str] = mapped_column(Text, default="")
    allergen_statement: Mapped[str] = mapped_column(Text, default="")
    phone: Mapped[str] = mapped_column(String(30))
    email: Mapped[str] = mapped_column(String(254))
    currency: Mapped[str] = mapped_column(String(3), default="AUD")
    locale: Mapped[str] = mapped_column(String(10), default="en_AU")
    country: Mapped[str] = mapped_column(String(2), default="AU")
    time_zone: Mapped[str] = mapped_column(String(60), default="Australia/Sydney")
    prices_include_tax: Mapped[bool] = mapped_column(default=True)
    # Empty: the operator's ALERT_PHONE / ALERT_EMAIL are used.
    alert_phone: Mapped[str] = mapped_column(String(30), default="")
    alert_email: Mapped[str] = mapped_column(String(254), default="")
    terms_version: Mapped[str] = mapped_column(String(20), default="1")
    terms: Mapped[str] = mapped_column(Text, default="")
    email_consent_wording: Mapped[str] = mapped_column(Text, default="")
    sms_consent_wording: Mapped[str] = mapped_column(Text, default="")
    # One serving seen from above, and how high the cake is that it is cut from, in tenths of a millimetre:
    # 1 x 2 inches at a wedding, 1.5 x 2 at a party, of a cake four inches high (docs/servings.md).
    wedding_slice_width_tenth_mm: Mapped[int] = mapped_column(default=254, server_default="254")
    wedding_slice_depth_tenth_mm: Mapped[int] = mapped_column(default=508, server_default="508")
    party_slice_width_tenth_mm: Mapped[int] = mapped_column(default=381, server_default="381")
    party_slice_depth_tenth_mm: Mapped[int] = mapped_column(default=508, server_default="508")
    slice_height_tenth_mm: Mapped[int] = mapped_column(default=1000, server_default="1000")
    # A custom cake's price this far from the suggested one, in hundredths of it, has to be explained.
    explain_from_percent: Mapped[int] = mapped_column(default=15, server_default="15")
    # How long a quote is good for unless staff say otherwise.
    quote_days: Mapped[int] = mapped_column(default=7, server_default="7")
    # What of a custom cake's price is paid to order it, in hundredths of it; 0 (and 100): all of it at once.
    deposit_percent: Mapped[int] = mapped_column(default=50, server_default="50")
    # Orders that come to so much ask for this percentage first; 0 per cent: none does for its size alone.
    deposit_from_cents: Mapped[Cents] = mapped_column(default=0, server_default="0")
    deposit_from_percent: Mapped[int] = mapped_column(default=0, server_default="0")
    # What of a deposit is not given back when its order is cancelled, in hundredths of it.
    deposit_kept_percent: Mapped[int] = mapped_column(default=50, server_default="50")
    # The rest: due so many open days before the pickup, with a word so many days before that, and so many hours
    # after it the order is cancelled (0: it is not, staff are told).
    balance_due_days: Mapped[int] = mapped_column(default=3, server_default="3")
    balance_remind_days: Mapped[int] = mapped_column(default=2, server_default="2")
    balance_grace_hours: Mapped[int] = mapped_column(default=24, server_default="24")
    # Up to this much one person may give back; above it a second one has to approve.
    refund_limit_cents: Mapped[Cents] = mapped_column(default=10_000, server_default="10000")
    refund_order: Mapped[str] = mapped_column(
        String(10), default=RefundOrder.NEWEST, server_default=RefundOrder.NEWEST
    )
    # What comes back of an order that is cancelled, as an order placed from now on promises it.
    cancellation_tiers: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB,
        default=lambda: list(CANCELLATION_TIERS),
        server_default='[{"days": 7, "percent": 100}, {"days": 3, "percent": 50}]',
    )
    # For how many years receipts and the like are kept; the law asks for five.
    document_years: Mapped[int] = mapped_column(default=5, server_default="5")


class TaxRate(Base):
    """A tax class that products name by code; the rate in basis points (1000 = 10 %)."""

    __tablename__ = "tax_rate"
    __table_args__ = (CheckConstraint("rate_bp BETWEEN 0 AND 10000", name="rate_sane"),)

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    rate_bp: Mapped[int]


class Faq(Base):
    """A question customers ask, and the shop's answer."""

    __tablename__ = "faq"

    id: Mapped[Id]
    slug: Mapped[Code] = mapped_column(unique=True)
    topic: Mapped[str] = mapped_column(String(60), default="")
    question: Mapped[str] = mapped_column(String(300))
    answer: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(default=0)
