"""/custom-cakes/new: a customer designs a cake, sees it and an honest price range at once, and sends it.

One address takes everything the page sends; `action` says which button it was. Whatever cannot be is said at
its field, with all that was typed still there.
"""

from __future__ import annotations

import flask
from flask import Blueprint, Response, abort, current_app, flash, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import RateLimitExceeded
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge

from bakery.core.errors import Conflict, DomainError, Invalid, Unavailable
from bakery.custom_cakes import drafts, uploads
from bakery.custom_cakes.drafts import AlreadySent, ChangedElsewhere, Draft, DraftOwner, Typed
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.infra.limits import limiter
from bakery.infra.transaction import end_read
from bakery.integrations.adapters import adapters
from bakery.integrations.files.port import FileMissing
from bakery.shop.queries import get_profile
from bakery.storefront import cake_builder_form as fields
from bakery.storefront import cake_builder_send as sending
from bakery.storefront.cake_access import remember_number
from bakery.storefront.cake_builder_answer import work_out
from bakery.storefront.cake_builder_desk import Desk, begin, copy_desk, edit_desk
from bakery.storefront.cake_builder_page import Sheet, first_values, new_sheet, show
from bakery.storefront.cake_draft_cookie import draft_owner, send_token

blueprint = Blueprint("cake_builder", __name__, url_prefix="/custom-cakes")

_REDRAWN = {
    "add_tier": "tiers", "remove_tier": "tiers", "add_pictures": "pictures", "remove_picture": "pictures",
}  # fmt: skip
TOO_LARGE = (
    "Those pictures are too large together: a picture may have up to 10 MB, and there may be six. "
    "Please send them one by one."
)
TOO_MANY_NEW = (
    "A great many cakes were begun from your internet connection within the hour, so yours cannot be kept right "
    "now. Please leave this page open and try again in a while, or ring us."
)


@blueprint.url_value_preprocessor
def _expect_pictures(endpoint: str | None, values: object) -> None:
    """Larger than other forms; said before anything (the form token) reads the body.

    Only where pictures can be in it: other forms of that length would be read for half a minute.
    """
    if request.mimetype == "multipart/form-data":
        request.max_content_length = uploads.MAX_REQUEST_BYTES


@blueprint.route("/new", methods=["GET", "POST"])
@limiter.limit("240 per minute", methods=["POST"])
def new() -> ResponseReturnValue:
    """A new cake, or with `copy_of` a copy of a request that is over."""
    if "copy_of" not in request.args:
        return _answer(Desk("new"))
    return _answer(copy_desk(db.session(), request.args["copy_of"]))


@blueprint.route("/<number>/edit", methods=["GET", "POST"])
@limiter.limit("240 per minute", methods=["POST"])
def edit(number: str) -> ResponseReturnValue:
    """A request for which the bakery asked for changes; any other goes back to its own page."""
    try:
        return _answer(edit_desk(db.session(), number))
    except Conflict as error:
        flash(error.message, "info")
        return htmx.see_other(url_for("cake_requests.show", number=number))


@blueprint.get("/pictures/<token>")
def picture(token: str) -> Response:
    """One private picture. A link that was changed, is over, or whose picture is gone is not found."""
    key = uploads.read_link(current_app.config["SECRET_KEY"], token)
    if key is None:
        abort(404)
    try:
        data = adapters().files.get(key)
    except FileMissing:
        abort(404)
    response = Response(data, mimetype=uploads.KEPT_TYPE)
    response.headers["Cache-Control"] = "private, max-age=600"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    """Nothing of the request was read: the sentence alone, or the page as it was last saved."""
    if htmx.wants_fragment():
        said = flask.render_template(
            "storefront/custom_cakes/_builder_slot.html", name="pictures", said=TOO_LARGE
        )
        response = make_response(said, 413)
        response.headers.update({"HX-Retarget": "#at-pictures", "HX-Reswap": "outerHTML"})
        return response
    desk = Desk("new")
    if request.endpoint == "cake_builder.edit":
        desk = edit_desk(db.session(), (request.view_args or {})["number"])
    elif "copy_of" in request.args:
        desk = copy_desk(db.session(), request.args["copy_of"])
    return _first(desk, {"pictures": TOO_LARGE}, 413)


def _answer(desk: Desk) -> ResponseReturnValue:
    if request.method != "POST":
        # The key of a mail's link is known from here on, and out of sight.
        hidden = desk.request_id is not None and "key" in request.args
        return htmx.see_other(desk.address) if hidden else _first(desk)
    action = request.form.get("action", "")
    if action == "restart":
        end_read()
        drafts.discard(draft_owner(request), desk.subject)
        return htmx.see_other(desk.address)
    if action == "theirs":
        return htmx.see_other(desk.address)
    return _take(desk, action)


def _first(desk: Desk, wrong: dict[str, str] | None = None, status: int = 200) -> Response:
    """The page as it was left, or with the cake everybody begins with."""
    session = db.session()
    draft, token = begin(session, desk, draft_owner(request))
    values = {**fields.FIRST, **draft.typed} if draft else first_values()
    values = fields.from_link(values, request.args)
    answer = work_out(session, get_profile(session), values, draft.design if draft else None)
    sheet = new_sheet(desk, values, answer, draft)
    # Nothing has been sent: what is open yet is not called wrong, but what a draft had wrong stays so.
    sheet.wrong |= wrong or {}
    return send_token(show(sheet, status), token)


def _take(desk: Desk, action: str) -> ResponseReturnValue:
    """Keep what was typed, do what the button says, and show what came of it."""
    session = db.session()
    owner = draft_owner(request)
    draft = drafts.find_draft(session, owner, desk.subject)
    values = fields.read_form(request.form)
    _shape(values, action)
    answer = work_out(session, get_profile(session), values, draft.design if draft else None)
    sheet = new_sheet(desk, values, answer, draft)
    sheet.read_form(request.form)
    sheet.redraw = _REDRAWN.get(action.partition(":")[0], "")
    sheet.fresh = len(values["tiers"]) - 1 if action == "add_tier" else None
    end_read()
    try:
        token = (_keep_new if draft is None else drafts.save_draft)(
            owner, desk.subject, _typed(sheet, action)
        )
    except AlreadySent as error:
        return _sent_before(sheet, error)
    except ChangedElsewhere as error:
        sheet.conflict = error.message
        return show(sheet, error.status)
    except RateLimitExceeded:
        sheet.notice = TOO_MANY_NEW
        return show(sheet, 429)
    owner = draft_owner(request, token) if token else owner
    sheet.wrong |= _pictures(owner, sheet, action)
    kept = drafts.find_draft(session, owner, desk.subject)
    sheet.keep(kept)
    response = _send(sheet, kept) if action == "send" else show(sheet, 422 if sheet.wrong else 200)
    return send_token(response, token)


@limiter.limit("100 per hour")
def _keep_new(owner: DraftOwner, subject: str, typed: Typed) -> str | None:
    """A draft that is not there yet. Whoever sends no cookie would make one with every request."""
    return drafts.save_draft(owner, subject, typed)


def _sent_before(sheet: Sheet, error: AlreadySent) -> Response:
    """Sent twice: on to the request. But if something else is in the fields by now, it is kept and said."""
    design = sheet.answer.design
    if design is None or design.hash == error.design_hash:
        remember_number(error.number)
        return make_response(redirect(url_for("cake_requests.show", number=error.number), 303))
    owner = draft_owner(request)
    token = drafts.save_draft(owner, sheet.desk.subject, _typed(sheet, "keep"))
    sheet.keep(
        drafts.find_draft(db.session(), draft_owner(request, token) if token else owner, sheet.desk.subject)
    )
    sheet.notice = (
        f"You sent your cake already: it is {error.number}. What is here now is another one. "
        "Send it only if you want a second cake."
    )
    return send_token(show(sheet, error.status), token)


def _send(sheet: Sheet, draft: Draft | None) -> Response:
    try:
        number = sending.send(sheet, draft)
    except RateLimitExceeded:
        sheet.notice = (
            "A great many cakes were asked for from your internet connection within the hour. "
            "Yours is kept here: please try again in a while, or ring us."
        )
        return show(sheet, 429)
    except DomainError as error:
        db.session.rollback()
        if isinstance(error, Invalid) and error.field:
            sheet.wrong[fields.field_id(error.field)] = error.message
        else:
            sheet.notice = error.message
        return show(sheet, error.status)
    if number is None:
        return show(sheet, 422)
    return make_response(redirect(url_for("cake_requests.show", number=number), 303))


def _shape(values: fields.Values, action: str) -> None:
    """What the buttons among the tiers do."""
    if action == "add_tier":
        fields.add_tier(values)
    name, _, at = action.partition(":")
    if name == "remove_tier" and at.isdecimal():
        fields.remove_tier(values, int(at[:3]))


def _typed(sheet: Sheet, action: str) -> Typed:
    return Typed(
        values=sheet.values,
        design=sheet.answer.design.to_json() if sheet.answer.design else None,
        page=sheet.page,
        version=sheet.version,
        submit_key=sheet.submit_key,
        anyway=action == "keep",
        sending=action == "send",
    )


def _pictures(owner: DraftOwner, sheet: Sheet, action: str) -> dict[str, str]:
    """Put in the pictures that came along, or take one out. Each that cannot be taken is said; the others are."""
    name, _, which = action.partition(":")
    if name == "remove_picture" and which.isdecimal():
        drafts.remove_picture(owner, sheet.desk.subject, sheet.page, int(which[:18]))
    sent = [file for file in request.files.getlist("pictures") if file]
    if not sent:
        return {}
    try:
        said = _add(owner, sheet, sent)
    except RateLimitExceeded:
        said = ["That were very many pictures within the hour. Please try again in a while."]
    return {"pictures": " ".join(said)} if said else {}


@limiter.limit("60 per hour")
def _add(owner: DraftOwner, sheet: Sheet, sent: list[FileStorage]) -> list[str]:
    clean, said = [], []
    if len(sent) > uploads.MAX_PICTURES:
        return [f"Send up to {uploads.MAX_PICTURES} pictures; these are {len(sent)}."]
    for file in sent:
        try:
            # One after the other: eight requests of sixty megabytes are more than a process may have.
            clean.append(uploads.clean_picture(file.read(), file.filename or ""))
        except Invalid as error:
            said.append(error.message)
    try:
        drafts.add_pictures(owner, sheet.desk.subject, sheet.page, clean, adapters().files)
    except (Invalid, Unavailable) as error:
        said.append(error.message)
    return said
