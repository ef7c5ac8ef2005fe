"""What the shop's accountant calls the accounts of the journal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bakery.core.actor import Actor
from bakery.core.errors import NotFound
from bakery.infra.transaction import transaction
from bakery.payments.journal.accounts import Chart, read_chart
from bakery.payments.journal.models import BookAccount
from bakery.people import audit
from bakery.shop.models import Shop
from bakery.upkeep.changes import changed, refuse_stale
from bakery.upkeep.settings import Refused

# Code and name of an account, by slot.
Words = Mapping[str, tuple[str, str]]
MOST_CODE, MOST_NAME = 20, 80


def mark_of(chart: Chart) -> str:
    """Equal accounts have equal marks."""
    text = json.dumps(sorted(_words(chart).items()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def change_accounts(words: Words, seen: str, actor: Actor) -> bool:
    """Save codes and names, from a page that showed the accounts as `seen`. False where nothing changed.

    They hold for every journal from now on, also of days gone by. Refuses with Refused (every sentence by slot and
    part, `code:gst`) what cannot be, and with Overtaken what somebody else changed.
    """
    tidy = {slot: (" ".join(code.split()), " ".join(name.split())) for slot, (code, name) in words.items()}
    if problems := _problems(tidy):
        raise Refused(problems)
    with transaction() as session:
        if session.scalar(select(Shop.id).with_for_update(key_share=True)) is None:
            raise NotFound("This shop has not been set up yet.")
        chart = read_chart(session)
        refuse_stale(session, "accounts", "shop", mark_of(chart), seen)
        before, after = changed(_words(chart), {slot: tidy[slot] for slot in chart.accounts if slot in tidy})
        for slot, (code, name) in after.items():
            _write(session, slot, code, name)
        if after:
            audit.record(session, actor, "changed accounts", "accounts", "shop", before=before, after=after)
        return bool(after)


def _words(chart: Chart) -> dict[str, tuple[str, str]]:
    return {slot: (account.code, account.name) for slot, account in chart.accounts.items()}


def _problems(words: Words) -> dict[str, str]:
    found = {}
    for slot, (code, name) in words.items():
        for part, text, most in (("code", code, MOST_CODE), ("name", name, MOST_NAME)):
            if not text:
                found[f"{part}:{slot}"] = "This cannot be empty."
            elif len(text) > most or not text.isprintable():
                found[f"{part}:{slot}"] = f"Keep it under {most} plain characters."
    return found


def _write(session: Session, slot: str, code: str, name: str) -> None:
    row = {"code": code, "name": name}
    query = insert(BookAccount).values(slot=slot, **row)
    session.execute(query.on_conflict_do_update(index_elements=["slot"], set_=row))
