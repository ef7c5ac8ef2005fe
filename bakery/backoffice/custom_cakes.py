"""/admin/custom-cakes: the queue of requests, one request with all that helps to decide on it, and the decisions."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from flask import Blueprint, Response, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bakery.backoffice import cake_forms as forms
from bakery.backoffice.cake_decision import make_forms, read_offer, refuse, typed, varied_in
from bakery.backoffice.cake_filters import AGES, VIEWS, read_queue_query
from bakery.backoffice.cake_page import base_design, picture_links, read_review
from bakery.backoffice.cake_variation import offers_of, read_variation, sizes_of
from bakery.backoffice.frame import actor, init_frame
from bakery.core import clock
from bakery.core.errors import DomainError, Invalid
from bakery.core.states import words
from bakery.custom_cakes import decisions, offers, queries, queue_queries, services
from bakery.custom_cakes.decisions import Approve
from bakery.custom_cakes.models import CustomCakeRequest
from bakery.custom_cakes.preview import describe, draw_preview
from bakery.custom_cakes.spec import CakeDesign, from_json
from bakery.custom_cakes.states import OPEN, RequestStatus
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.integrations.adapters import adapters
from bakery.shop.queries import get_profile

blueprint = init_frame(Blueprint("custom_cakes", __name__, url_prefix="/admin/custom-cakes"))
# A preview is drawn from a design, and named by its hash: under that name it never changes.
FOR_EVER = "private, max-age=31536000, immutable"


@blueprint.get("")
def index() -> ResponseReturnValue:
    """The queue, or only its results for htmx."""
    session = db.session()
    query = read_queue_query(request.args)
    found = queue_queries.list_requests(session, query.filters, query.page)
    alive = [row.request.needed_on for row in found.rows if row.request.status in OPEN]
    return htmx.render(
        "backoffice/custom_cakes/index.html",
        fragment="backoffice/custom_cakes/_results.html",
        query=query,
        views=VIEWS,
        ages=AGES,
        counts=queue_queries.count_by_status(session),
        rows=[(row, describe(from_json(row.request.design))) for row in found.rows],
        loads=queue_queries.day_loads(session, set(alive)),
        total=found.total,
        pages=max(1, ceil(found.total / queue_queries.PAGE_SIZE)),
        zone=get_profile(session).time_zone,
        now=clock.now(),
        statuses=[(status, words(status).capitalize()) for status in RequestStatus],
    )


@blueprint.get("/<number>")
def show(number: str) -> ResponseReturnValue:
    """One request with everything that helps to decide on it."""
    return _page(number)


@blueprint.get("/<number>/design")
def edit(number: str) -> ResponseReturnValue:
    """The cake as a form, for staff who would rather make it a little differently."""
    return _design_form(number)


@blueprint.get("/<number>/variation")
def vary(number: str) -> ResponseReturnValue:
    """The request's page with the cake as staff changed it: its price, allergens and day. Nothing is kept."""
    session = db.session()
    row = queries.find_request(session, number)
    base = base_design(queries.read_file(session, row))
    try:
        varied = read_variation(request.args, base, clock.today(get_profile(session).time_zone))
    except Invalid as error:
        return _design_form(number, error)
    return _page(number, varied=varied)


@blueprint.get("/<number>/preview.svg")
def preview(number: str) -> ResponseReturnValue:
    """The picture of the wish, or of the quote whose design has the hash `v`."""
    session = db.session()
    row = queries.find_request(session, number)
    wanted = request.args.get("v", row.design_hash)
    design = queries.design_by_hash(session, row, wanted)
    answer = Response(draw_preview(from_json(design)), mimetype="image/svg+xml")
    answer.headers["Cache-Control"] = FOR_EVER if "v" in request.args else "private, no-store"
    return answer


@blueprint.post("/<number>/approval")
def approve(number: str) -> ResponseReturnValue:
    """Promise the cake for a price: the customer gets the link to pay it."""
    form = forms.OfferForm()
    return _send(
        number, form, "is approved; the link is on its way",
        lambda row: decisions.approve(_read(row, form), actor()),
    )  # fmt: skip


@blueprint.post("/<number>/revision")
def revise(number: str) -> ResponseReturnValue:
    """Replace an unpaid offer by another: the old link dies, the new one is on its way."""
    form = forms.RevisionForm()
    return _send(
        number, form, "has a new quote; its link is on its way, and the old one is dead",
        lambda row: offers.revise(_read(row, form), actor(), adapters().gateway),
    )  # fmt: skip


@blueprint.post("/<number>/changes")
def ask_for_changes(number: str) -> ResponseReturnValue:
    """Hand the wish back to the customer, with what would have to change."""
    form = forms.ChangesForm()
    return _send(
        number, form, "is back with the customer",
        lambda row: decisions.ask_for_changes(
            row.id, form.version.data, actor(), form.reason.data, form.suggestion.data
        ),
    )  # fmt: skip


@blueprint.post("/<number>/rejection")
def reject(number: str) -> ResponseReturnValue:
    """Say no, and why."""
    form = forms.RejectionForm()
    return _send(
        number, form, "is declined; the day is free for others",
        lambda row: decisions.reject(row.id, form.version.data, actor(), form.reason.data, form.suggestion.data),
    )  # fmt: skip


@blueprint.post("/<number>/extension")
def extend(number: str) -> ResponseReturnValue:
    """Let an offer hold longer."""
    form = forms.ExtendForm()
    zone = get_profile(db.session()).time_zone
    return _send(
        number, form, "holds longer now; the customer is told",
        lambda row: decisions.extend(
            row.id, form.version.data, forms.to_instant(form.expires_at.data, zone), actor()
        ),
    )  # fmt: skip


@blueprint.post("/<number>/withdrawal")
def withdraw(number: str) -> ResponseReturnValue:
    """Take an offer back: its day is free again, its unpaid order cancelled."""
    form = forms.TakeBackForm()
    return _send(
        number, form, "is withdrawn; the customer is told",
        lambda row: offers.take_back(row.id, form.version.data, actor(), form.reason.data),
    )  # fmt: skip


@blueprint.post("/<number>/reminder")
def send_again(number: str) -> ResponseReturnValue:
    """Send the offer with its link once more."""
    form = forms.AgainForm()
    return _send(
        number, form, "is on its way to the customer again",
        lambda row: offers.send_again(row.id, form.version.data, actor()),
    )  # fmt: skip


@blueprint.post("/<number>/messages")
def write(number: str) -> ResponseReturnValue:
    """Write to the customer, on the request's page and by mail."""
    form = forms.MessageForm()
    return _send(
        number, form, "has your message, and the customer gets it by email",
        lambda row: services.write_message(row.id, form.text.data, actor(), from_staff=True),
        part="_messages",
    )  # fmt: skip


def _design_form(number: str, wrong: Invalid | None = None) -> ResponseReturnValue:
    session = db.session()
    row = queries.find_request(session, number)
    design = base_design(queries.read_file(session, row))
    page = render_template(
        "backoffice/custom_cakes/design.html",
        cake=row,
        design=design,
        wrong=wrong,
        sent=request.args,
        sizes=sizes_of(design.shape),
        counts=[(number, number) for number in range(1, len(design.tiers) + 1)],
        **offers_of(design),
    )
    return page, 422 if wrong else 200


def _read(row: CustomCakeRequest, form: forms.OfferForm) -> Approve:
    session = db.session()
    return read_offer(session, get_profile(session), row, form)


def _send(
    number: str,
    form: forms.CakeForm,
    done: str,
    act: Callable[[CustomCakeRequest], object],
    part: str = "_decide",
) -> ResponseReturnValue:
    """Do what a form asks; whatever cannot be is said beside it, with all that was typed."""
    row = queries.find_request(db.session(), number)
    if not form.validate():
        return _page(number, form, status=422, part=part)
    number = row.number
    try:
        act(row)
    except DomainError as error:
        db.session().rollback()
        return _page(number, form, problem=refuse(form, error), status=error.status, part=part)
    flash(f"{number} {done}.", "success")
    return htmx.see_other(url_for("custom_cakes.show", number=number))


def _page(
    number: str,
    sent: forms.CakeForm | None = None,
    *,
    problem: str = "",
    status: int = 200,
    part: str = "_decide",
    varied: CakeDesign | None = None,
) -> ResponseReturnValue:
    session = db.session()
    shop = get_profile(session)
    row = queries.find_request(session, number)
    fits = sent is None or row.status in sent.meant_for
    if fits and isinstance(sent, forms.OfferForm):
        varied = varied_in(sent, clock.today(shop.time_zone))
    review = read_review(session, shop, row, varied)
    return htmx.render(
        "backoffice/custom_cakes/show.html",
        fragment=f"backoffice/custom_cakes/{part}.html",
        status=status,
        review=review,
        cake=row,
        forms=make_forms(review, sent if fits else None),
        kept=[] if fits else typed(sent),
        problem=problem,
        pictures=picture_links(review.file),
        percent=shop.explain_from_percent,
        now=clock.now(),
    )
