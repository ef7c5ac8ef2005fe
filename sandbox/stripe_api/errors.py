"""Errors in Stripe's own shape."""

from __future__ import annotations

from typing import Any

DOC = "https://stripe.com/docs/error-codes/"


class StripeError(Exception):
    """Becomes `{"error": {type, code, message, param, doc_url, …}}` with its HTTP status."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        status: int = 400,
        **more: Any,
    ):
        super().__init__(message)
        self.status = status
        kind = more.pop("type", "invalid_request_error")
        self.body: dict[str, Any] = {"message": message, "type": kind} | more
        if code:
            self.body |= {"code": code, "doc_url": DOC + code.replace("_", "-")}
        if param:
            self.body["param"] = param


def missing(kind: str, key: str, param: str = "id") -> StripeError:
    return StripeError(f"No such {kind}: '{key}'", code="resource_missing", param=param, status=404)


def missing_parameter(param: str) -> StripeError:
    return StripeError(f"Missing required param: {param}.", code="parameter_missing", param=param)


def invalid(message: str, param: str, code: str | None = None) -> StripeError:
    return StripeError(message, code=code, param=param)
