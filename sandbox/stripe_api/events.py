"""Events: what happened, as it looked when it happened."""

from __future__ import annotations

from typing import Any

from sandbox.stripe_api.call import Call
from sandbox.stripe_api.errors import StripeError
from sandbox.stripe_api.lists import page


def retrieve(call: Call, key: str) -> dict[str, Any]:
    call.params.done()
    return call.get("event", key)


def listed(call: Call) -> dict[str, Any]:
    """Refuses `type` and `types` together, as Stripe does."""
    kind, kinds = call.params.text("type"), call.params.texts("types")
    if kind and kinds:
        raise StripeError("You may only specify one of these parameters: type, types.", param="types")
    if kind and "*" in kind:
        known = call.store.rows(
            "SELECT DISTINCT json_extract(body, '$.type') AS type FROM objects WHERE kind = 'event'"
        )
        kinds, kind = (
            [each["type"] for each in known if each["type"].startswith(kind.rstrip("*"))] or ["-"],
            None,
        )
    delivered = call.params.flag("delivery_success")
    pending = None if delivered is None else (0 if delivered else 1)
    filters = {"type": kind or kinds or None, "pending_webhooks": pending}
    return page(call.store, "event", "/v1/events", call.params, filters)


ROUTES = [("GET", "events", listed), ("GET", "events/<key>", retrieve)]
