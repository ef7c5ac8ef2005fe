"""Sending what the builder's page shows: a new request, or the changed one back to the bakery."""

from __future__ import annotations

from flask import current_app, flash, g, request
from flask_login import current_user

from bakery.core.actor import Actor
from bakery.custom_cakes import queries, services
from bakery.custom_cakes.drafts import Draft
from bakery.custom_cakes.enclosures import Enclosed
from bakery.custom_cakes.services import Contact, SubmitRequest
from bakery.custom_cakes.spec import CakeDesign
from bakery.infra.db import db
from bakery.infra.limits import limiter
from bakery.infra.transaction import end_read
from bakery.shop.queries import get_profile
from bakery.storefront.cake_access import remember_number
from bakery.storefront.cake_builder_desk import EDIT
from bakery.storefront.cake_builder_page import Sheet
from bakery.storefront.forms.cake_contact import CakeContactForm

NO_DATE = "Tell us the date you need the cake on."
NO_RIGHTS = "Please tick this box to send your pictures, or take the pictures out."


def send(sheet: Sheet, draft: Draft | None) -> str | None:
    """Send it, and answer the request's number; None with sentences in `sheet.wrong` when something is missing.

    Refuses what the services refuse, and with RateLimitExceeded too many from one address.
    """
    sheet.sent = True
    contact = _check(sheet)
    design = sheet.answer.design
    if sheet.wrong or design is None:
        return None
    end_read()
    if sheet.desk.kind == EDIT:
        return _resubmit(sheet, design, draft)
    return _submit(sheet, design, contact, draft)


def _check(sheet: Sheet) -> Contact:
    """What a cake needs to be sent, beyond being one."""
    if not sheet.answer.dated:
        sheet.wrong.setdefault("needed_on", NO_DATE)
    if sheet.pictures and not sheet.values["rights"]:
        sheet.wrong["rights"] = NO_RIGHTS
    form = CakeContactForm(meta={"csrf": False})
    form.country = get_profile(db.session()).country
    if sheet.desk.kind != EDIT and not form.validate():
        sheet.wrong |= {name: str(said[0]) for name, said in form.errors.items() if name and said}
    return Contact(form.name.data or "", form.email.data or "", form.phone.data or "")


def _submit(sheet: Sheet, design: CakeDesign, contact: Contact, draft: Draft | None) -> str:
    request_id = _place(
        SubmitRequest(
            design=design,
            contact=contact,
            submit_key=sheet.submit_key,
            pictures=draft.stored if draft else (),
            user_id=current_user.id if current_user.is_authenticated else None,
            ip=request.remote_addr,
            copy_of_id=sheet.desk.request_id,
            sms_agreed=sheet.values["sms_agreed"],
            rights_stated=sheet.values["rights"],
            draft_id=draft.id if draft else None,
        )
    )
    row = queries.get_request(db.session(), request_id)
    remember_number(row.number)
    return row.number


def _was_placed(_response: object) -> bool:
    return bool(g.get("cake_sent", False))


def _orders_per_hour() -> str:
    return f"{current_app.config['SETTINGS'].orders_per_hour} per hour"


@limiter.limit(_orders_per_hour, deduct_when=_was_placed)
def _place(wish: SubmitRequest) -> int:
    """Only a request that was taken counts against its address."""
    request_id = services.submit_request(wish)
    g.cake_sent = True
    return request_id


def _resubmit(sheet: Sheet, design: CakeDesign, draft: Draft | None) -> str:
    assert sheet.desk.request_id is not None
    version = request.form.get("request_version", "")
    services.resubmit(
        sheet.desk.request_id,
        design,
        Actor(current_user.id if current_user.is_authenticated else None, "customer", request.remote_addr),
        int(version) if version.isdecimal() and len(version) < 10 else sheet.desk.request_version,
        Enclosed(draft.stored, draft.id, sheet.values["rights"]) if draft else None,
    )
    flash("We have your changed cake.", "success")
    return sheet.desk.number
