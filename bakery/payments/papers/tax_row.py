"""A row of the accountant's documents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TaxRow:
    """One tax class of one paper; what is taken back is negative."""

    at: datetime
    kind: str
    label: str
    order_number: str
    buyer: str
    buyer_abn: str
    tax_code: str
    tax_name: str
    rate_bp: int
    net_cents: int
    tax_cents: int
    gross_cents: int
    currency: str
    sha256: str
