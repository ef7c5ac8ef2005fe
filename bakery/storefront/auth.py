"""/login, /register, /logout: for customers and staff alike."""

from __future__ import annotations

import re
from typing import cast

import flask
from flask import Blueprint, Response, flash, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user

from bakery.core.errors import DomainError
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.infra.limits import address, limiter
from bakery.orders import cart_services
from bakery.people import services
from bakery.people.models import Role
from bakery.people.sessions import find_user
from bakery.storefront.cake_access import known_requests, remember_number
from bakery.storefront.cart_cookie import forget_token, token_digest
from bakery.storefront.forms.auth import LoginForm, RegisterForm
from bakery.storefront.order_access import known_orders, remember_order
from bakery.storefront.signed_in import SignedInUser

blueprint = Blueprint("auth", __name__)


@blueprint.after_request
def keep_nowhere(response: Response) -> Response:
    """Nothing of a person stays in a shared computer's cache."""
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response


# Somebody guessing: per address, per account from one address, and per account whoever asks. The last is wide,
# so that nobody can keep the owner out from a single place.
PER_ADDRESS = "20 per minute; 200 per hour"
PER_BOTH = "10 per 10 minutes"
PER_ACCOUNT = "100 per hour"
# A path of this shop: no scheme, no "//host", and nothing that browsers strip or turn into a slash.
_OWN_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\\\x7f]*")


def _account_key() -> str:
    return f"account:{request.form.get('email', '').strip().lower()[:254]}"


def _both_key() -> str:
    return f"{address()} {_account_key()}"


def _is_post() -> bool:
    return request.method == "POST"


@blueprint.route("/login", methods=["GET", "POST"])
@limiter.limit(PER_ADDRESS, exempt_when=lambda: not _is_post())
@limiter.limit(PER_BOTH, key_func=_both_key, exempt_when=lambda: not _is_post())
@limiter.limit(PER_ACCOUNT, key_func=_account_key, exempt_when=lambda: not _is_post())
def login() -> ResponseReturnValue:
    """The sign-in page, and signing in."""
    if current_user.is_authenticated and request.method == "GET":
        return htmx.see_other(_next(current_user.role))
    form = LoginForm()
    if not form.validate_on_submit():
        return render_template("storefront/auth/login.html", form=form), 422 if _is_post() else 200
    try:
        signed_in = services.sign_in(
            form.email.data or "", form.password.data or "", ip=request.remote_addr, user_agent=_agent()
        )
    except DomainError as error:
        cast(list[str], form.password.errors).append(error.message)
        return render_template("storefront/auth/login.html", form=form), 422
    return _enter(signed_in)


@blueprint.route("/register", methods=["GET", "POST"])
@limiter.limit("10 per hour", exempt_when=lambda: not _is_post())
def register() -> ResponseReturnValue:
    """The registration page, and opening an account."""
    form = RegisterForm()
    if not form.validate_on_submit():
        return render_template("storefront/auth/register.html", form=form), 422 if _is_post() else 200
    try:
        signed_in = services.register(
            form.name.data or "",
            form.email.data or "",
            form.password.data or "",
            ip=request.remote_addr,
            user_agent=_agent(),
        )
    except DomainError as error:
        field = form.email if error.field == "email" else form.password
        cast(list[str], field.errors).append(error.message)
        return render_template("storefront/auth/register.html", form=form), 422
    entered = _enter(signed_in)
    # Said in the fresh session: what was said in the old one is forgotten with it.
    flash(f"Welcome, {form.name.data}.", "success")
    return entered


@blueprint.post("/logout")
def logout() -> ResponseReturnValue:
    """End this sign-in here and in the database."""
    if current_user.is_authenticated:
        services.sign_out(current_user.token)
    logout_user()
    flask.session.clear()
    flash("You are signed out.", "info")
    return htmx.see_other("/")


def _enter(signed_in: services.SignedIn) -> ResponseReturnValue:
    """Start with a clean session (rotation), take the browser's cart along, and go where they wanted."""
    target = _next(signed_in.role)
    if current_user.is_authenticated:
        services.sign_out(current_user.token)
    orders, cakes = known_orders(), known_requests()
    flask.session.clear()
    for number in orders:
        remember_order(number)
    for number in cakes:
        remember_number(number)
    cart = token_digest(request) if signed_in.role == Role.CUSTOMER else None
    merged = cart_services.claim_cart(cart, signed_in.user_id) if cart else None
    for sentence in merged.sentences if merged else ():
        flash(sentence, "warning")
    user = find_user(db.session(), signed_in.token)
    if user is not None:
        login_user(SignedInUser(user, signed_in.token))
    response = make_response(htmx.see_other(target))
    return forget_token(response) if merged and not merged.stayed else response


def _next(role: str) -> str:
    """Where to go: the wanted page if it is one of ours, else the person's own front door."""
    wanted = request.args.get("next", "")
    if _OWN_PATH.fullmatch(wanted):
        return wanted
    if role == Role.BAKER:
        return "/kitchen"
    return "/account" if role == Role.CUSTOMER else "/admin"


def _agent() -> str:
    return request.headers.get("User-Agent", "")
