"""The table of resources. A new one (accounts, transfers, payouts …) is a module
with ROUTES, and HIDDEN if it has fields that show only when expanded; it is added to MODULES and is done.
"""

from __future__ import annotations

from werkzeug.routing import Map, Rule

from sandbox.stripe_api import (
    balance_transactions,
    charges,
    checkout_sessions,
    customers,
    disputes,
    events,
    files,
    fraud_warnings,
    payment_intents,
    payment_links,
    payment_methods,
    prices,
    refunds,
    setup_intents,
)
from sandbox.stripe_api.lists import Hidden

MODULES = (
    balance_transactions,
    charges,
    checkout_sessions,
    customers,
    disputes,
    events,
    files,
    fraud_warnings,
    payment_intents,
    payment_links,
    payment_methods,
    prices,
    refunds,
    setup_intents,
)
ROUTES = Map(
    [
        Rule(f"/v1/{path}", methods=[method], endpoint=handler)
        for module in MODULES
        for method, path, handler in module.ROUTES
    ],
    strict_slashes=False,
)
HIDDEN: Hidden = {key: make for module in MODULES for key, make in getattr(module, "HIDDEN", {}).items()}
