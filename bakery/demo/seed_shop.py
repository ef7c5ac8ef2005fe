"""The demo shop's profile, hours, slots, tax rates and questions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from bakery.demo.content.types import Faq as FaqContent
from bakery.demo.content.types import Shop as ShopContent
from bakery.scheduling.models import Cutoff, OpeningHours, ScheduleException, SlotPlan
from bakery.shop.models import Faq, Shop, TaxRate

EMAIL_WORDING = "Yes, email me about new cakes and offers from {name}. I can unsubscribe at any time."
SMS_WORDING = "Yes, text me offers from {name}. I can reply STOP at any time."
TERMS = (
    "You order from {legal_name}. An order is binding once it is paid; we confirm it by email.",
    "Collect your order at the time you chose, with its number. We keep it until closing time of that day.",
    "Where an order asks for a deposit, the rest is due on the day that we name before you pay. You may cancel on "
    "your order's page: everything comes back until seven days before pickup, half until three days before, nothing "
    "after that; of a deposit we keep the part that we named before you paid. Call {phone} if it was our fault.",
    "If something is wrong with what you collected, tell us the same day and we put it right: a replacement or "
    "your money back. Your rights under the Australian Consumer Law stay as they are.",
    "We bake with wheat, milk, eggs, nuts and sesame in one kitchen. What we declare of each product is what we "
    "know; where we do not know, we say so. With a severe allergy, please call us before you order.",
)


def add_shop(session: Session, shop: ShopContent, faqs: Sequence[FaqContent], now: datetime) -> None:
    """Everything about the shop that is not for sale."""
    session.add(
        Shop(
            id=1,
            name=shop.name,
            tagline=shop.tagline,
            about="\n\n".join(shop.about),
            legal_name=shop.legal_name,
            abn=shop.abn,
            address=f"{shop.street}, {shop.suburb} {shop.state} {shop.postcode}",
            latitude=str(shop.latitude),
            longitude=str(shop.longitude),
            pickup_instructions=shop.pickup_instructions,
            allergen_statement=shop.allergen_statement,
            phone=shop.phone,
            email=shop.email,
            currency=shop.currency,
            locale=shop.locale.replace("-", "_"),
            country="AU",
            time_zone=shop.timezone,
            prices_include_tax=shop.prices_include_tax,
            alert_phone="+" + "".join(c for c in shop.alert_phone if c.isdigit()).removeprefix("0")
            if shop.alert_phone.startswith("+")
            else "",
            terms_version=f"{now:%Y-%m}",
            terms="\n\n".join(TERMS).format(legal_name=shop.legal_name, phone=shop.phone),
            email_consent_wording=EMAIL_WORDING.format(name=shop.name),
            sms_consent_wording=SMS_WORDING.format(name=shop.name),
        )
    )
    session.add(TaxRate(code="gst", name="GST 10%", rate_bp=shop.gst_basis_points))
    session.add(TaxRate(code="gst_free", name="GST-free", rate_bp=0))
    _schedule(session, shop)
    for position, faq in enumerate(faqs):
        session.add(
            Faq(
                slug=faq.slug,
                topic=faq.topic,
                question=faq.question,
                answer="\n\n".join(faq.answer),
                position=position,
            )
        )
    session.flush()  # products name the tax rates


def _schedule(session: Session, shop: ShopContent) -> None:
    for weekday, intervals in enumerate(shop.hours):
        for interval in intervals:
            session.add(OpeningHours(weekday=weekday, opens=interval.opens, closes=interval.closes))
        session.add(Cutoff(weekday=weekday, days_before=0, at=shop.slots.same_day_cutoff))
    for exception in shop.exceptions:
        if not exception.intervals:
            session.add(ScheduleException(on_date=exception.on, name=exception.name))
        for interval in exception.intervals:
            session.add(
                ScheduleException(
                    on_date=exception.on, name=exception.name, opens=interval.opens, closes=interval.closes
                )
            )
    session.add(
        SlotPlan(
            id=1,
            slot_minutes=shop.slots.every_minutes,
            capacity_orders=shop.slots.capacity_orders,
            capacity_minutes=shop.slots.capacity_make_minutes,
            max_days_ahead=shop.slots.book_ahead_days,
        )
    )
