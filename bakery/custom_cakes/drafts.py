"""Drafts of custom cakes: kept for the browser (or the person) that typed them, until they are sent or forgotten.

A page tells which version it knows. One that knows an older version than another page has saved meanwhile is
refused, not merged and not obeyed: its customer decides which of the two stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bakery.core import clock, ids
from bakery.core.errors import Conflict, Invalid, Unavailable
from bakery.custom_cakes.draft_models import CakeDraft, CakeUpload
from bakery.custom_cakes.enclosures import end_draft
from bakery.custom_cakes.models import CustomCakeRequest
from bakery.custom_cakes.uploads import MAX_PICTURES, CleanPicture, StoredPicture, new_key, store_picture
from bakery.infra.transaction import transaction
from bakery.integrations.files.port import Files, FilesUnavailable

log = structlog.get_logger(__name__)
NOT_KEPT = (
    "We cannot keep pictures at the moment. Those you see here and all that you typed are kept: please add the "
    "others again in a few minutes."
)
# An upload of this age whose file was never noted has lost its process.
UNFINISHED = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class DraftOwner:
    """A browser by the digest of its token, a person by their account, or both."""

    token_digest: str | None = None
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class DraftPicture:
    id: int
    stored: StoredPicture


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as a page needs it. `design` is the last cake in it that could be built, as JSON."""

    id: int
    version: int
    submit_key: str
    typed: dict[str, Any]
    design: dict[str, Any] | None
    pictures: tuple[DraftPicture, ...]

    @property
    def stored(self) -> tuple[StoredPicture, ...]:
        return tuple(picture.stored for picture in self.pictures)


@dataclass(frozen=True, slots=True)
class Typed:
    """What a page has in its fields. `page` is its own random name, `version` the draft it knows (0: none).

    `anyway`: its customer has seen that another page saved meanwhile, and wants this one. `pictures` are those
    that a new draft starts with.
    """

    values: dict[str, Any]
    design: dict[str, Any] | None
    page: str
    version: int
    submit_key: str
    anyway: bool = False
    # About to be sent: what was sent before is not to be begun anew.
    sending: bool = False
    pictures: tuple[StoredPicture, ...] = ()


class ChangedElsewhere(Conflict):
    """Another tab has saved since this page was shown."""


class AlreadySent(Conflict):
    """This page has sent its cake before, as the request of this number."""

    def __init__(self, number: str, design_hash: str) -> None:
        super().__init__(f"You sent this already: it is {number}.")
        self.number, self.design_hash = number, design_hash


def find_draft(session: Session, owner: DraftOwner, subject: str) -> Draft | None:
    """The draft of this owner about this subject; their browser's before the account's. Two queries."""
    row = session.scalar(_mine(owner, subject)) if _known(owner) else None
    return _read(session, row) if row is not None else None


def save_draft(owner: DraftOwner, subject: str, typed: Typed) -> str | None:
    """Keep what was typed. Answers a token for the browser if it needs a new one.

    Refuses, saving nothing, with ChangedElsewhere what another page would lose its words by, and with AlreadySent
    what is about to be sent a second time.
    """
    with transaction() as session:
        row = session.scalar(_mine(owner, subject).with_for_update()) if _known(owner) else None
        if row is None:
            return _begin(session, owner, subject, typed)
        if row.version > typed.version and row.saved_by != typed.page and not typed.anyway:
            raise ChangedElsewhere("You changed this cake in another tab or window meanwhile.")
        row.typed, row.design = typed.values, typed.design or row.design
        row.user_id = owner.user_id or row.user_id
        _touch(row, typed.page)
        return None


def add_pictures(
    owner: DraftOwner, subject: str, page: str, pictures: Sequence[CleanPicture], files: Files
) -> None:
    """Put pictures into the draft. Refuses (field `pictures`) more than six in all, and with Unavailable those that
    the file store does not take: the ones before them are in the draft.

    Each has its row before it has its file, so that whatever goes wrong between the two is cleared up.
    """
    with transaction() as session:
        row = session.scalars(_mine(owner, subject).with_for_update()).one()
        have = _count(session, row)
        if have + len(pictures) > MAX_PICTURES:
            raise Invalid(
                f"Send up to {MAX_PICTURES} pictures; with these there would be {have + len(pictures)}.",
                field="pictures",
            )
        uploads = [_upload(row.id, new_key(), picture) for picture in pictures]
        session.add_all(uploads)
        _touch(row, page)
        session.flush()
        rows = [(upload.id, upload.key) for upload in uploads]
    for at, picture in enumerate(pictures):
        upload_id, key = rows[at]
        try:
            store_picture(files, picture, key)
        except FilesUnavailable as error:
            log.warning("picture_not_kept", error=str(error))
            _let_go([lost_id for lost_id, _ in rows[at:]])
            raise Unavailable(NOT_KEPT, field="pictures") from error
        with transaction() as session:
            session.execute(update(CakeUpload).where(CakeUpload.id == upload_id).values(kept=True))


def remove_picture(owner: DraftOwner, subject: str, page: str, upload_id: int) -> None:
    """Take a picture out of the draft; its file is left to the clean-up. What is not in it stays as it is."""
    with transaction() as session:
        row = session.scalar(_mine(owner, subject).with_for_update()) if _known(owner) else None
        if row is None:
            return
        session.execute(
            update(CakeUpload)
            .where(CakeUpload.id == upload_id, CakeUpload.draft_id == row.id)
            .values(draft_id=None)
        )
        _touch(row, page)


def discard(owner: DraftOwner, subject: str) -> None:
    """Start again: the draft is gone, its pictures are left to the clean-up."""
    with transaction() as session:
        row = session.scalar(_mine(owner, subject).with_for_update()) if _known(owner) else None
        if row is not None:
            end_draft(session, row.id)


def _let_go(upload_ids: Sequence[int]) -> None:
    """Uploads that came to nothing are nobody's at once: they take no place, and the clean-up sees to their files."""
    with transaction() as session:
        session.execute(update(CakeUpload).where(CakeUpload.id.in_(upload_ids)).values(draft_id=None))


def _known(owner: DraftOwner) -> bool:
    return owner.token_digest is not None or owner.user_id is not None


def _mine(owner: DraftOwner, subject: str) -> Any:
    """A browser's draft is not shown to who signs in there as somebody else, nor after they signed out."""
    by_token = and_(
        CakeDraft.token_digest == (owner.token_digest or ""),
        or_(CakeDraft.user_id.is_(None), _is_user(owner.user_id)),
    )
    return (
        select(CakeDraft)
        .where(CakeDraft.subject == subject, or_(by_token, _is_user(owner.user_id)))
        .order_by((CakeDraft.token_digest == (owner.token_digest or "")).desc(), CakeDraft.updated_at.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


def _is_user(user_id: int | None) -> ColumnElement[bool]:
    # Account numbers begin at 1.
    return CakeDraft.user_id == (user_id or 0)


def _begin(session: Session, owner: DraftOwner, subject: str, typed: Typed) -> str | None:
    token = None if _may_keep_token(session, owner) else ids.new_secret()
    digest = ids.digest(token) if token else owner.token_digest
    now = clock.now()
    # Two first changes of one browser at once: the second finds the first's draft.
    draft_id = session.scalar(
        insert(CakeDraft)
        .values(
            token_digest=digest,
            subject=subject,
            user_id=owner.user_id,
            submit_key=_unused(session, typed),
            typed=typed.values,
            design=typed.design,
            version=typed.version + 1,
            saved_by=typed.page,
            created_at=now,
            updated_at=now,
        )
        .on_conflict_do_nothing()
        .returning(CakeDraft.id)
    )
    if draft_id is None:
        raise ChangedElsewhere("You changed this cake in another tab or window meanwhile.")
    session.add_all(_upload(draft_id, picture.key, picture, kept=True) for picture in typed.pictures)
    return token


def _may_keep_token(session: Session, owner: DraftOwner) -> bool:
    """A token that no draft has is never taken over, and neither is one that carries another person's drafts."""
    if owner.token_digest is None:
        return False
    owners = session.scalars(
        select(CakeDraft.user_id).where(CakeDraft.token_digest == owner.token_digest)
    ).all()
    return bool(owners) and all(user_id in (None, owner.user_id) for user_id in owners)


def _unused(session: Session, typed: Typed) -> str:
    """What has been sent once does not answer for what is typed after it."""
    sent = session.scalars(
        select(CustomCakeRequest).where(CustomCakeRequest.submit_key == typed.submit_key)
    ).first()
    if sent is not None and typed.sending:
        raise AlreadySent(sent.number, sent.design_hash)
    return typed.submit_key if sent is None else ids.new_secret()


def _touch(row: CakeDraft, page: str) -> None:
    row.version += 1
    row.saved_by, row.updated_at = page, clock.now()


def _count(session: Session, row: CakeDraft) -> int:
    """Pictures that are in it, and those on their way."""
    fresh = or_(CakeUpload.kept, CakeUpload.created_at > clock.now() - UNFINISHED)
    found = session.scalar(
        select(func.count()).select_from(CakeUpload).where(CakeUpload.draft_id == row.id, fresh)
    )
    return int(found or 0)


def _upload(
    draft_id: int, key: str, picture: CleanPicture | StoredPicture, *, kept: bool = False
) -> CakeUpload:
    size = picture.size_bytes if isinstance(picture, StoredPicture) else len(picture.data)
    return CakeUpload(
        draft_id=draft_id,
        key=key,
        width=picture.width,
        height=picture.height,
        size_bytes=size,
        kept=kept,
        created_at=clock.now(),
    )


def _read(session: Session, row: CakeDraft) -> Draft:
    rows = session.scalars(
        select(CakeUpload).where(CakeUpload.draft_id == row.id, CakeUpload.kept).order_by(CakeUpload.id)
    )
    pictures = tuple(
        DraftPicture(found.id, StoredPicture(found.key, found.width, found.height, found.size_bytes))
        for found in rows
    )
    return Draft(row.id, row.version, row.submit_key, row.typed, row.design, pictures)
