"""The shop as most tests need it."""

from __future__ import annotations

from datetime import time
from typing import Any

from sqlalchemy.orm import Session

from bakery.shop.models import Shop, TaxRate
from tests.factories.base import Factory
from tests.factories.scheduling import CutoffFactory, OpeningHoursFactory, SlotPlanFactory


class TaxRateFactory(Factory):
    class Meta:
        model = TaxRate
        sqlalchemy_get_or_create = ("code",)

    code = "gst"
    name = "GST 10%"
    rate_bp = 1000


class ShopFactory(Factory):
    class Meta:
        model = Shop

    id = 1
    name = "Saffron & Crumb"
    legal_name = "Saffron & Crumb Pty Ltd"
    abn = "51 824 753 556"
    address = "12 Quince Lane, Auburn NSW 2144"
    phone = "02 5550 1240"
    email = "hello@saffron.test"
    terms_version = "3"
    # Most tests pay for everything at once.
    deposit_percent = 0
    email_consent_wording = "Yes, send me news and offers by email."
    sms_consent_wording = "Yes, send me offers by SMS."


def make_tax_rates() -> None:
    """GST at 10 % ("gst") and GST-free food ("gst_free")."""
    TaxRateFactory()
    TaxRateFactory(code="gst_free", name="GST-free", rate_bp=0)


def make_open_shop(session: Session, *, opens: time = time(7), closes: time = time(18), **plan: Any) -> Shop:
    """A shop with both tax rates, open every day, half-hour slots and a same-day cut-off at 15:00.

    `plan` changes the slot plan: `capacity_orders=1`, `slot_minutes=15` and so on.
    """
    shop = ShopFactory()
    make_tax_rates()
    for weekday in range(7):
        OpeningHoursFactory(weekday=weekday, opens=opens, closes=closes)
        CutoffFactory(weekday=weekday)
    SlotPlanFactory(**plan)
    session.refresh(shop)
    return shop
