"""Reads about the shop itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core.errors import NotFound
from bakery.infra.memo import remember
from bakery.shop.models import Faq, Shop, TaxRate


@dataclass(frozen=True, slots=True)
class Profile:
    """The shop's own row, detached from the database."""

    name: str
    tagline: str
    about: str
    legal_name: str
    abn: str
    address: str
    latitude: str
    longitude: str
    pickup_instructions: str
    allergen_statement: str
    phone: str
    email: str
    currency: str
    locale: str
    country: str
    time_zone: str
    prices_include_tax: bool
    alert_phone: str
    alert_email: str
    terms_version: str
    terms: str
    email_consent_wording: str
    sms_consent_wording: str
    wedding_slice_width_tenth_mm: int
    wedding_slice_depth_tenth_mm: int
    party_slice_width_tenth_mm: int
    party_slice_depth_tenth_mm: int
    slice_height_tenth_mm: int
    explain_from_percent: int
    quote_days: int
    deposit_percent: int
    deposit_from_cents: int
    deposit_from_percent: int
    deposit_kept_percent: int
    cancellation_tiers: Sequence[Mapping[str, Any]]
    balance_due_days: int
    balance_remind_days: int
    balance_grace_hours: int
    document_years: int

    @property
    def street(self) -> str:
        return self.address.split(",", 1)[0].strip()

    @property
    def suburb(self) -> str:
        return self.address.partition(",")[2].strip()


def get_profile(session: Session) -> Profile:
    """The shop's profile, remembered until it changes. Raises NotFound before the shop is set up."""
    return remember("shop.profile", "shop", 600, lambda: _load(session))


def _load(session: Session) -> Profile:
    row = session.get(Shop, 1)
    if row is None:
        raise NotFound("This shop has not been set up yet.")
    values = {name: getattr(row, name) for name in Profile.__dataclass_fields__}
    return Profile(**values | {"cancellation_tiers": tuple(row.cancellation_tiers)})


def list_faqs(session: Session) -> Sequence[Faq]:
    """Every question with its answer, in order."""
    return session.scalars(select(Faq).order_by(Faq.position, Faq.id)).all()


def tax_rates(session: Session) -> dict[str, TaxRate]:
    """Tax rates by code."""
    return {rate.code: rate for rate in session.scalars(select(TaxRate))}
