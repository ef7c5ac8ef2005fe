"""Drafts that nobody came back to, and pictures that nobody has any more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import and_, delete, exists, or_, select
from sqlalchemy.orm import Session, aliased

from bakery.core import clock
from bakery.custom_cakes.draft_models import CakeDraft, CakeUpload
from bakery.custom_cakes.drafts import UNFINISHED
from bakery.custom_cakes.models import RequestPicture
from bakery.infra.transaction import transaction
from bakery.integrations.files.port import Files

STALE = timedelta(days=30)


def forget_stale_drafts() -> int:
    """Delete drafts that nobody has touched for 30 days; their pictures become nobody's. Answers how many."""
    with transaction() as session:
        done: Any = session.execute(delete(CakeDraft).where(CakeDraft.updated_at < clock.now() - STALE))
        return int(done.rowcount)


def delete_lost_pictures(files: Files, limit: int = 1000) -> int:
    """Delete the files of pictures that are nobody's, or whose upload broke off. Answers how many rows went.

    One transaction each: the file goes first, so that a run which is killed is finished by the next one. A file
    that a request or another draft has as well stays.
    """
    for count in range(limit):
        if not _delete_one(files):
            return count
    return limit


def _delete_one(files: Files) -> bool:
    with transaction() as session:
        upload = session.scalar(
            select(CakeUpload)
            .where(_lost())
            .order_by(CakeUpload.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if upload is None:
            return False
        if not _has_another(session, upload):
            files.delete(upload.key)
        session.delete(upload)
        return True


def _lost() -> Any:
    broken_off = and_(CakeUpload.kept.is_(False), CakeUpload.created_at < clock.now() - UNFINISHED)
    return or_(CakeUpload.draft_id.is_(None), broken_off)


def _has_another(session: Session, upload: CakeUpload) -> bool:
    other = aliased(CakeUpload)
    in_draft = exists().where(other.key == upload.key, other.id != upload.id, other.draft_id.is_not(None))
    in_request = exists().where(RequestPicture.key == upload.key)
    return bool(session.scalar(select(or_(in_draft, in_request))))
