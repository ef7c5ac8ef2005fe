"""The shop's settings: read, checked, and changed by one member of staff at a time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import email_validator
import phonenumbers
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core.actor import Actor
from bakery.core.errors import Invalid, NotFound
from bakery.infra.transaction import transaction
from bakery.people import audit
from bakery.pricing.cancellation import read_tiers, tiers_of, write_tiers
from bakery.scheduling.models import SlotPlan
from bakery.shop.models import Shop
from bakery.upkeep.changes import changed, refuse_stale
from bakery.upkeep.setting_list import SETTINGS, Kind, Place, Setting

Values = Mapping[str, Any]
NUMBERS = (Kind.WHOLE, Kind.LENGTH, Kind.MONEY)


@dataclass(frozen=True, slots=True)
class Stand:
    """The settings as they are, in their own units, and a mark by which a change knows what it was made from."""

    values: dict[str, Any]

    @property
    def mark(self) -> str:
        """Equal values have equal marks."""
        text = json.dumps(self.values, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


class Refused(Invalid):
    """What cannot be, by setting: every sentence at once, so that nobody corrects them one by one."""

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        name, sentence = next(iter(problems.items()))
        super().__init__(sentence, field=name)


def read_settings(session: Session) -> Stand:
    """The settings as they stand. Raises NotFound before the shop is set up."""
    return _stand(*_rows(session, lock=False))


def change_settings(values: Values, seen: str, actor: Actor) -> bool:
    """Save all settings as given, from a page that showed them as `seen`. False where nothing changed.

    Refuses with Refused (every sentence by setting) what cannot be, and with Overtaken what somebody else changed.
    """
    tidy = {name: _tidy(setting, values.get(name)) for name, setting in SETTINGS.items()}
    if problems := problems_of(tidy):
        raise Refused(problems)
    with transaction() as session:
        shop, plan = _rows(session, lock=True)
        stand = _stand(shop, plan)
        refuse_stale(session, "settings", "shop", stand.mark, seen)
        for name, setting in SETTINGS.items():
            setattr(shop if setting.place is Place.SHOP else plan, name, _kept(setting, tidy[name]))
        before, after = changed(stand.values, tidy)
        if after:
            audit.record(session, actor, "changed settings", "settings", "shop", before=before, after=after)
        return bool(after)


def problems_of(values: Values) -> dict[str, str]:
    """What cannot be, by setting, as a sentence."""
    found = {name: _problem(setting, values[name]) for name, setting in SETTINGS.items()}
    return {name: sentence for name, sentence in found.items() if sentence}


def _problem(setting: Setting, value: Any) -> str:
    if setting.kind in NUMBERS:
        if value is None:
            return "Write a number."
        return "" if setting.low <= value <= setting.high else _bounds(setting)
    if setting.kind is Kind.CHOICE:
        return "" if value in dict(setting.options) else "Choose one of them."
    if not value:
        return "This cannot be empty." if setting.low else ""
    if len(value) > setting.high:
        return f"Keep it under {setting.high:,} characters."
    return _problem_of_text(setting.kind, value)


def _problem_of_text(kind: Kind, value: str) -> str:
    if kind is Kind.EMAIL and not _is_email(value):
        return "That is not an email address. It looks like name@example.com."
    if kind is Kind.PHONE and not _is_phone(value):
        return "That is not a telephone number. For example: 0491 570 156."
    return _problem_of_tiers(value) if kind is Kind.TIERS else ""


def _problem_of_tiers(text: str) -> str:
    try:
        read_tiers(text)
    except ValueError as error:
        sentence = str(error)
        return f"{sentence[0].upper()}{sentence[1:]}."
    return ""


def _bounds(setting: Setting) -> str:
    if setting.kind is Kind.LENGTH:
        return f"Write {setting.low / 100:g} to {setting.high / 100:g} cm."
    if setting.kind is Kind.MONEY:
        return f"Write ${setting.low // 100:,} to ${setting.high // 100:,}."
    return f"Write {setting.low:,} to {setting.high:,} {setting.unit}."


def _tidy(setting: Setting, value: Any) -> Any:
    if setting.kind in NUMBERS:
        return value
    text = (value or "").replace("\r\n", "\n").replace("\x00", "").strip()
    if setting.kind is Kind.TIERS:
        return text if _problem_of_tiers(text) else write_tiers(read_tiers(text))
    return text if setting.kind is Kind.TEXT else " ".join(text.split())


def _is_email(text: str) -> bool:
    try:
        email_validator.validate_email(text, check_deliverability=False, test_environment=True)
    except email_validator.EmailNotValidError:
        return False
    return True


def _is_phone(text: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(text, "AU"))
    except phonenumbers.NumberParseException:
        return False


def _rows(session: Session, *, lock: bool) -> tuple[Shop, SlotPlan]:
    found: list[Any] = []
    for table in (Shop, SlotPlan):
        query = select(table).where(table.id == 1)
        if lock:
            query = query.with_for_update().execution_options(populate_existing=True)
        found.append(session.scalar(query))
    shop, plan = found
    if shop is None or plan is None:
        raise NotFound("This shop has not been set up yet.")
    return shop, plan


def _stand(shop: Shop, plan: SlotPlan) -> Stand:
    return Stand(
        {
            name: _shown(setting, getattr(shop if setting.place is Place.SHOP else plan, name))
            for name, setting in SETTINGS.items()
        }
    )


def _shown(setting: Setting, kept: Any) -> Any:
    return write_tiers(tiers_of(kept)) if setting.kind is Kind.TIERS else kept


def _kept(setting: Setting, shown: Any) -> Any:
    if setting.kind is not Kind.TIERS:
        return shown
    return [{"days": tier.days, "percent": tier.percent} for tier in read_tiers(shown)]
