"""Pictures that go with a request, taken over from a draft. Steps inside somebody else's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.errors import Invalid
from bakery.custom_cakes.draft_models import CakeDraft, CakeUpload
from bakery.custom_cakes.models import CustomCakeRequest, RequestPicture
from bakery.custom_cakes.uploads import MAX_PICTURES, StoredPicture


@dataclass(frozen=True, slots=True)
class Enclosed:
    """All pictures a changed request has from now on, and the draft that ends with it."""

    pictures: tuple[StoredPicture, ...] = ()
    draft_id: int | None = None
    rights_stated: bool = False


def refuse_too_many(pictures: Sequence[StoredPicture]) -> None:
    """Refuse more pictures than a request may have."""
    if len(pictures) > MAX_PICTURES:
        raise Invalid(f"Send up to {MAX_PICTURES} pictures.", field="pictures")


def enclose(session: Session, row: CustomCakeRequest, enclosed: Enclosed) -> None:
    """Give a new request its pictures, note the statement about them, and end its draft."""
    session.add_all(_as_row(row.id, picture, at) for at, picture in enumerate(enclosed.pictures, start=1))
    if enclosed.pictures and enclosed.rights_stated:
        row.rights_stated_at = clock.now()
    end_draft(session, enclosed.draft_id, enclosed.pictures)


def exchange(session: Session, row: CustomCakeRequest, enclosed: Enclosed) -> None:
    """Give a changed request exactly these pictures. A file that it had and has no more is left to the clean-up.

    With its own draft end those that other browsers have of the same request: they change a wish that is past.
    """
    refuse_too_many(enclosed.pictures)
    before = {
        picture.key: picture
        for picture in session.scalars(select(RequestPicture).where(RequestPicture.request_id == row.id))
    }
    keys = {picture.key for picture in enclosed.pictures}
    session.add_all(_nobodys(picture) for key, picture in before.items() if key not in keys)
    for picture in before.values():
        session.delete(picture)
    session.flush()
    if keys - before.keys() and enclosed.rights_stated:
        row.rights_stated_at = clock.now()
    session.add_all(_as_row(row.id, picture, at) for at, picture in enumerate(enclosed.pictures, start=1))
    end_draft(session, enclosed.draft_id, enclosed.pictures)
    session.execute(delete(CakeDraft).where(CakeDraft.subject == f"edit:{row.id}"))


def end_draft(session: Session, draft_id: int | None, taken: Sequence[StoredPicture] = ()) -> None:
    """Delete a draft. Its pictures that nobody has taken over become nobody's."""
    if draft_id is None:
        return
    keys = [picture.key for picture in taken]
    # First the draft, then its pictures: in the order in which the builder's page locks them.
    session.execute(select(CakeDraft.id).where(CakeDraft.id == draft_id).with_for_update())
    session.execute(delete(CakeUpload).where(CakeUpload.draft_id == draft_id, CakeUpload.key.in_(keys)))
    session.execute(delete(CakeDraft).where(CakeDraft.id == draft_id))


def _as_row(request_id: int, picture: StoredPicture, position: int) -> RequestPicture:
    return RequestPicture(
        request_id=request_id,
        position=position,
        key=picture.key,
        width=picture.width,
        height=picture.height,
        size_bytes=picture.size_bytes,
    )


def _nobodys(picture: RequestPicture) -> CakeUpload:
    return CakeUpload(
        draft_id=None,
        key=picture.key,
        width=picture.width,
        height=picture.height,
        size_bytes=picture.size_bytes,
        kept=True,
        created_at=clock.now(),
    )
