"""/account/delete: deleting one's account, once it is clear what goes and what stays."""

from __future__ import annotations

from typing import cast

import flask
from flask import Blueprint, flash, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user, logout_user

from bakery.core.errors import DomainError
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.infra.limits import limiter
from bakery.infra.transaction import end_read
from bakery.storefront.cart_answers import private
from bakery.storefront.forms.auth import DeletionForm
from bakery.upkeep import erasure

blueprint = Blueprint("account_deletion", __name__, url_prefix="/account")


@blueprint.route("/delete", methods=["GET", "POST"])
@limiter.limit("10 per hour", exempt_when=lambda: request.method != "POST")
def delete() -> ResponseReturnValue:
    """What goes, what stays, and the password that confirms it."""
    form = DeletionForm()
    if not form.validate_on_submit():
        return _page(form, 422 if request.method == "POST" else 200)
    user_id = current_user.id
    end_read()
    try:
        erasure.erase_account(user_id, form.password.data or "", ip=request.remote_addr)
    except DomainError as error:
        cast(list[str], form.password.errors).append(error.message)
        return _page(form, error.status)
    logout_user()
    flask.session.clear()
    flash("Your account is deleted. Thank you for having been with us.", "info")
    return htmx.see_other("/")


def _page(form: DeletionForm, status: int) -> ResponseReturnValue:
    obstacle = erasure.why_not(db.session(), current_user.id)
    page = render_template(
        "storefront/account/delete.html", form=form, obstacle=obstacle, staff=current_user.is_staff
    )
    return private(make_response(page, status))
