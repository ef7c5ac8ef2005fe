"""Cakes that nobody came back to, and pictures that nobody has any more."""

from __future__ import annotations

from bakery.custom_cakes.draft_clearing import delete_lost_pictures, forget_stale_drafts
from bakery.integrations.adapters import adapters
from jobs.periodic import periodic


@periodic("forget_cake_drafts")
def forget() -> str:
    """Drafts untouched for 30 days go, and then every picture that was never sent and is nobody's now."""
    drafts = forget_stale_drafts()
    pictures = delete_lost_pictures(adapters().files)
    return f"{drafts} drafts, {pictures} pictures"
