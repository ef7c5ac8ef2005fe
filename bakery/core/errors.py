"""Refusals that a person can read. Faces turn them into a page or a fragment in one place."""

from __future__ import annotations


class DomainError(Exception):
    """A refusal: one sentence for people, the HTTP status it means, and the field it is about."""

    status = 422

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotFound(DomainError):
    """Nothing by that name, or nothing that this person may see."""

    status = 404


class Forbidden(DomainError):
    """The person is known and lacks the right."""

    status = 403


class Conflict(DomainError):
    """The request was fine, the state of things no longer is."""

    status = 409


class InvalidTransition(Conflict):
    """A state machine has no such move."""


class Invalid(DomainError):
    """A value that cannot be taken; `field` names it."""


class Unavailable(DomainError):
    """An outside service did not answer; trying again later may help."""

    status = 503
