"""/account: a customer's orders, requests for cakes, consents and password."""

from __future__ import annotations

from math import ceil
from typing import cast

from flask import Blueprint, Response, flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user

from bakery.core.errors import DomainError
from bakery.custom_cakes.customer_queries import count_requests_of, list_requests_of
from bakery.custom_cakes.models import CustomCakeRequest
from bakery.custom_cakes.preview import describe
from bakery.custom_cakes.spec import from_json
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.infra.limits import limiter
from bakery.orders.customer_queries import PAGE_SIZE, count_orders_of, list_orders_of
from bakery.people import consents, services
from bakery.people.models import ConsentChannel
from bakery.people.sessions import find_user
from bakery.shop.queries import get_profile
from bakery.storefront.forms.auth import PasswordForm
from bakery.storefront.signed_in import SignedInUser

blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.after_request
def keep_nowhere(response: Response) -> Response:
    """Nothing of a person stays in a shared computer's cache."""
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response


@blueprint.get("")
def show() -> ResponseReturnValue:
    """The account's front page."""
    session = db.session()
    return render_template(
        "storefront/account/show.html",
        orders=list_orders_of(session, current_user.id, page_size=3),
        cakes=[_cake(row) for row in list_requests_of(session, current_user.id, page_size=3)],
    )


@blueprint.get("/orders")
def orders() -> ResponseReturnValue:
    """Every order of this customer: what is to come, then the newest."""
    session = db.session()
    total = count_orders_of(session, current_user.id)
    page, pages = _page_of(total)
    return render_template(
        "storefront/account/orders.html",
        orders=list_orders_of(session, current_user.id, page),
        total=total,
        page=page,
        pages=pages,
        page_url="/account/orders?page={}".format,
    )


@blueprint.get("/custom-cakes")
def cakes() -> ResponseReturnValue:
    """Every cake this customer asked for: what is open, then the newest."""
    session = db.session()
    total = count_requests_of(session, current_user.id)
    page, pages = _page_of(total)
    return render_template(
        "storefront/account/cakes.html",
        cakes=[_cake(row) for row in list_requests_of(session, current_user.id, page)],
        total=total,
        page=page,
        pages=pages,
        page_url="/account/custom-cakes?page={}".format,
    )


def _cake(row: CustomCakeRequest) -> tuple[CustomCakeRequest, str]:
    return row, describe(from_json(row.design))


def _page_of(total: int) -> tuple[int, int]:
    """(the page that the address asks for, how many there are); the first for what is no page."""
    pages = max(1, ceil(total / PAGE_SIZE))
    asked = request.args.get("page", "1")
    page = min(int(asked), pages) if asked.isdecimal() and 0 < len(asked) < 6 and int(asked) else 1
    return page, pages


@blueprint.route("/preferences", methods=["GET", "POST"])
@limiter.limit("20 per hour", exempt_when=lambda: request.method != "POST")
def preferences() -> ResponseReturnValue:
    """What we may send, and the password."""
    form = PasswordForm()
    if request.method == "POST" and request.form.get("part") == "consents":
        return _save_consents()
    if form.validate_on_submit():
        return _change_password(form)
    return _preferences(form, 422 if request.method == "POST" else 200)


def _preferences(form: PasswordForm, status: int) -> ResponseReturnValue:
    session = db.session()
    shop = get_profile(session)
    email_on = consents.has_consented(session, ConsentChannel.EMAIL, current_user.email)
    sms_on = bool(current_user.phone) and consents.has_consented(
        session, ConsentChannel.SMS, current_user.phone
    )
    return render_template(
        "storefront/account/preferences.html", form=form, email_on=email_on, sms_on=sms_on, profile=shop
    ), status


def _save_consents() -> ResponseReturnValue:
    shop = get_profile(db.session())
    choices = [(ConsentChannel.EMAIL, current_user.email, "email", shop.email_consent_wording)]
    if current_user.phone:
        choices.append((ConsentChannel.SMS, current_user.phone, "sms", shop.sms_consent_wording))
    for channel, address, name, wording in choices:
        consents.set_preference(
            channel,
            address,
            name in request.form,
            wording=wording,
            user_id=current_user.id,
            ip=request.remote_addr,
        )
    flash("Your choices are saved.", "success")
    return htmx.see_other("/account/preferences")


def _change_password(form: PasswordForm) -> ResponseReturnValue:
    try:
        token = services.change_password(
            current_user.id,
            form.current.data or "",
            form.new.data or "",
            ip=request.remote_addr,
            user_agent=request.headers.get("User-Agent", ""),
        )
    except DomainError as error:
        field = form.current if error.field == "current" else form.new
        cast(list[str], field.errors).append(error.message)
        return _preferences(form, 422)
    user = find_user(db.session(), token)
    if user is not None:
        login_user(SignedInUser(user, token))
    flash("Your password is changed, and every other device is signed out.", "success")
    return htmx.see_other("/account/preferences")
