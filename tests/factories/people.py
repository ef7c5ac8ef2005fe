"""People, and signing them in."""

from __future__ import annotations

from factory import LazyFunction, Sequence
from flask.testing import FlaskClient

from bakery.people.models import Role, User
from bakery.people.passwords import hash_password
from tests.factories.base import Factory

PASSWORD = "warm saffron bread"
_HASHED: list[str] = []


def _hashed() -> str:
    # Argon2 takes its time on purpose: once for all.
    if not _HASHED:
        _HASHED.append(hash_password(PASSWORD))
    return _HASHED[0]


class UserFactory(Factory):
    """A customer with `PASSWORD`; staff with `role=Role.BAKER`."""

    class Meta:
        model = User

    email = Sequence("person{}@saffron.test".format)
    name = "Zahra Noori"
    role = Role.CUSTOMER
    password_hash = LazyFunction(_hashed)


def sign_in(client: FlaskClient, user: User | None = None, *, role: Role = Role.CUSTOMER) -> User:
    """Sign somebody in through the page, as a browser would (form tokens are off in tests)."""
    user = user or UserFactory(role=role)
    answer = client.post("/login", data={"email": user.email, "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return user
