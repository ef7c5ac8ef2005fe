"""What a builder's page is about: a new cake, a copy of a request that is over, or a request to be changed."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for
from sqlalchemy.orm import Session

from bakery.core import ids
from bakery.core.errors import Conflict
from bakery.custom_cakes import queries
from bakery.custom_cakes.drafts import Draft, DraftOwner, Typed, find_draft, save_draft
from bakery.custom_cakes.models import CustomCakeRequest
from bakery.custom_cakes.spec import from_json
from bakery.custom_cakes.standing import status_now
from bakery.custom_cakes.states import OVER, RequestStatus
from bakery.custom_cakes.uploads import StoredPicture
from bakery.infra.transaction import end_read
from bakery.orders.models import Order
from bakery.storefront.cake_access import open_request
from bakery.storefront.cake_builder_form import Values, from_design

NEW, COPY, EDIT = "new", "copy", "edit"


@dataclass(frozen=True, slots=True)
class Desk:
    """`kind` is "new", "copy" or "edit"; the request is the one that is copied or changed."""

    kind: str
    number: str = ""
    request_id: int | None = None
    request_version: int = 0

    @property
    def subject(self) -> str:
        return self.kind if self.request_id is None else f"{self.kind}:{self.request_id}"

    @property
    def address(self) -> str:
        if self.kind == EDIT:
            return url_for("cake_builder.edit", number=self.number)
        return url_for("cake_builder.new", copy_of=self.number or None)


def copy_desk(session: Session, number: str) -> Desk:
    """A copy of this person's request. Refuses one that is still open (Conflict) and one that is not theirs."""
    row = open_request(session, number)
    # As its page says it, also before any job has noted that its offer ran out.
    if status_now(row, session.get(Order, row.order_id or 0)) not in OVER:
        raise Conflict("That request is still open. Change it instead of sending a copy.")
    return _desk(COPY, row)


def edit_desk(session: Session, number: str) -> Desk:
    """This person's request, to be changed. Refuses one for which no changes were asked, and one not theirs."""
    row = open_request(session, number)
    if row.status != RequestStatus.CHANGES_REQUESTED:
        raise Conflict("This request is with the bakery, so it cannot be changed here at the moment.")
    return _desk(EDIT, row)


def begin(session: Session, desk: Desk, owner: DraftOwner) -> tuple[Draft | None, str | None]:
    """The draft on this desk, and a token for the browser if it needs a new one.

    What is made of an earlier request is a draft from the start: its fields and its pictures are taken over.
    """
    draft = find_draft(session, owner, desk.subject)
    if draft is not None or desk.request_id is None:
        return draft, None
    row = queries.get_request(session, desk.request_id)
    pictures = queries.read_file(session, row).pictures
    typed = Typed(
        values=_values(row, desk.kind),
        design=row.design,
        page=ids.new_secret()[:22],
        version=0,
        submit_key=ids.new_secret(),
        pictures=tuple(
            StoredPicture(picture.key, picture.width, picture.height, picture.size_bytes)
            for picture in pictures
        ),
    )
    end_read()
    token = save_draft(owner, desk.subject, typed)
    owner = DraftOwner(ids.digest(token), owner.user_id) if token else owner
    return find_draft(session, owner, desk.subject), token


def _values(row: CustomCakeRequest, kind: str) -> Values:
    values = from_design(from_json(row.design))
    contact = {"name": row.contact_name, "email": row.contact_email, "phone": row.contact_phone}
    values |= contact | {"sms_agreed": row.sms_agreed}
    # The old date is over, or was refused: a copy asks for its own.
    return values | {"needed_on": ""} if kind == COPY else values


def _desk(kind: str, row: CustomCakeRequest) -> Desk:
    return Desk(kind, row.number, row.id, row.version)
