"""Flask-Login on our own sign-in rows: the cookie carries a random token, not a user id."""

from __future__ import annotations

from flask import Flask
from flask_login import AnonymousUserMixin, LoginManager, UserMixin, current_user

from bakery.infra.db import db
from bakery.people.models import User
from bakery.people.sessions import find_user


class SignedInUser(UserMixin):
    """The user of this request, as faces see them. Flask-Login's id is the sign-in's token."""

    def __init__(self, user: User, token: str) -> None:
        self.token = token
        self.id = user.id
        self.email = user.email
        self.name = user.name
        self.phone = user.phone
        self.role = user.role
        self.is_staff = user.is_staff
        self.display_name = user.display_name

    def get_id(self) -> str:
        return self.token


class Stranger(AnonymousUserMixin):
    """Nobody in particular: has no role and so no right."""

    role = ""
    is_staff = False
    display_name = ""


def init_login(app: Flask) -> None:
    """Load the user of a request from their sign-in's token."""
    manager = LoginManager()
    # A sign-in is a row that can be ended; Flask-Login's own guess from address and browser would only mark
    # it as stale and rewrite the cookie whenever a phone changes its network.
    manager.session_protection = None
    manager.anonymous_user = Stranger
    # Templates get the proxy, not the person: a shared page or an error page asks nobody who is looking.
    manager.init_app(app, add_context_processor=False)
    app.jinja_env.globals["current_user"] = current_user

    @manager.user_loader
    def load(token: str) -> SignedInUser | None:
        user = find_user(db.session(), token)
        return SignedInUser(user, token) if user else None
