"""Who may call which address: the one table. An endpoint that it does not name is refused to everybody.

PUBLIC: anyone (a view that shows one person's things still checks ownership itself: `OWN`).
OWN: anyone may knock; the view answers 404 unless the thing is theirs.
SIGNED_IN: any active account. A Right: an account whose role includes it.
"""

from __future__ import annotations

from enum import StrEnum

from flask import Flask, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from bakery.infra import htmx
from bakery.people.rights import Right, has_right


class Access(StrEnum):
    PUBLIC = "public"
    OWN = "own"
    SIGNED_IN = "signed in"


_PUBLIC, _OWN, _SIGNED_IN = Access.PUBLIC, Access.OWN, Access.SIGNED_IN

# endpoint -> who; or endpoint -> {method: who} where verbs differ.
ACCESS: dict[str, Access | Right | dict[str, Access | Right]] = {
    "static": _PUBLIC,
    # machines
    "health.healthz": _PUBLIC,
    "health.readyz": _PUBLIC,
    # storefront
    "home.index": _PUBLIC,
    "menu.index": _PUBLIC,
    "product.show": _PUBLIC,
    "search.index": _PUBLIC,
    "pages.faq": _PUBLIC,
    "pages.terms": _PUBLIC,
    "pages.robots": _PUBLIC,
    "pages.sitemap": _PUBLIC,
    "servings.index": _PUBLIC,
    "cake_estimate.estimate": _PUBLIC,
    "cake_builder.new": _OWN,
    "cake_builder.edit": _OWN,
    "cake_builder.picture": _OWN,
    "media.show": _PUBLIC,
    "visitor.show": _OWN,
    # checkout and orders
    "cart.show": _OWN,
    "cart.add": _PUBLIC,
    "cart.change": _OWN,
    "cart.remove": _OWN,
    "cart.change_by_form": _OWN,
    "cart.accept_prices": _OWN,
    "checkout.show": _OWN,
    "checkout.deposit": _OWN,
    "checkout.place": _OWN,
    "cake_requests.show": _OWN,
    "cake_requests.write": _OWN,
    "cake_requests.withdraw": _OWN,
    "cake_pay.pay": _OWN,
    "cake_pay.accept": _OWN,
    "cake_pay.pay_again": _OWN,
    "orders.show": _OWN,
    "orders.pay": _OWN,
    "orders.revoke_mandate": _OWN,
    "orders.again": _OWN,
    "orders.change": _OWN,
    "orders.receipt": _OWN,
    "refund_asking.show_refund": _OWN,
    "refund_asking.ask_refund": _OWN,
    "refund_asking.show_cancel": _OWN,
    "refund_asking.cancel": _OWN,
    "refund_asking.credit_note": _OWN,
    "payments.checkout_deposit": _OWN,
    "payments.checkout_final": _OWN,
    "orders.payment_receipt": _OWN,
    "receipt_check.show": _PUBLIC,
    "receipt_check.check": _PUBLIC,
    # people
    "auth.login": _PUBLIC,
    "auth.register": _PUBLIC,
    "auth.logout": _PUBLIC,
    "account.show": _SIGNED_IN,
    "account.orders": _SIGNED_IN,
    "account.cakes": _SIGNED_IN,
    "account.preferences": _SIGNED_IN,
    "account_deletion.delete": _SIGNED_IN,
    "cards.show": _SIGNED_IN,
    "cards.add": _SIGNED_IN,
    "cards.make_default": _SIGNED_IN,
    "cards.remove": _SIGNED_IN,
    # back office
    "admin_orders.home": Right.SEE_ORDERS,
    "admin_orders.index": Right.SEE_ORDERS,
    "admin_orders.export": Right.EXPORT_ORDERS,
    "admin_orders.show": Right.SEE_ORDERS,
    "admin_orders.move": Right.MOVE_ORDERS,
    "admin_orders.add_note": Right.SEE_ORDERS,
    "order_refund.show": Right.ASK_REFUNDS,
    "order_refund.give": Right.ASK_REFUNDS,
    "order_surplus.retry": Right.REFUND,
    # What goes out of the till asks for the right to take money as well.
    "order_surplus.given": Right.REFUND,
    "refunds.index": Right.ASK_REFUNDS,
    "refunds.export": Right.EXPORT_ORDERS,
    "refunds.show": Right.ASK_REFUNDS,
    "refunds.credit_note": Right.ASK_REFUNDS,
    "refunds.approve": Right.REFUND,
    "refunds.reject": Right.REFUND,
    "refunds.leave": Right.REFUND,
    "refunds.retry": Right.REFUND,
    "refunds.otherwise": Right.REFUND,
    "refunds.recall": Right.REFUND,
    "refunds.not_given": Right.REFUND,
    # A bank transfer asks for the right to refund as well.
    "refunds.given": Right.TAKE_MONEY,
    "admin_deposits.create_deposit": Right.APPROVE_CAKES,
    "admin_deposits.release": Right.RELEASE_UNPAID,
    "order_money.take": Right.TAKE_MONEY,
    "order_money.adjust": Right.MEND_BOOKS,
    "books.home": Right.SEE_BOOKS,
    "books.index": Right.SEE_BOOKS,
    "books.progress": Right.SEE_BOOKS,
    "books.prove": Right.SEE_BOOKS,
    "books.fix": Right.MEND_BOOKS,
    "books.explain": Right.MEND_BOOKS,
    "books.export": Right.SEE_BOOKS,
    "admin_papers.show": Right.SEE_PERSONAL_DATA,
    "custom_cakes.index": Right.APPROVE_CAKES,
    "custom_cakes.show": Right.APPROVE_CAKES,
    "custom_cakes.preview": Right.APPROVE_CAKES,
    "custom_cakes.edit": Right.APPROVE_CAKES,
    "custom_cakes.vary": Right.APPROVE_CAKES,
    "custom_cakes.approve": Right.APPROVE_CAKES,
    "custom_cakes.revise": Right.APPROVE_CAKES,
    "custom_cakes.ask_for_changes": Right.APPROVE_CAKES,
    "custom_cakes.reject": Right.APPROVE_CAKES,
    "custom_cakes.extend": Right.APPROVE_CAKES,
    "custom_cakes.withdraw": Right.APPROVE_CAKES,
    "custom_cakes.send_again": Right.APPROVE_CAKES,
    "custom_cakes.write": Right.APPROVE_CAKES,
    "products.index": Right.MANAGE_PRODUCTS,
    "products.show": Right.MANAGE_PRODUCTS,
    "products.visibility": Right.MANAGE_PRODUCTS,
    "products.edit": Right.MANAGE_PRODUCTS,
    "products.save": Right.MANAGE_PRODUCTS,
    "new_cake.new": Right.MANAGE_PRODUCTS,
    "new_cake.create": Right.MANAGE_PRODUCTS,
    "new_cake.suggestion": Right.MANAGE_PRODUCTS,
    "product_sizes.show": Right.MANAGE_PRODUCTS,
    "product_sizes.save": Right.MANAGE_PRODUCTS,
    "product_sizes.new": Right.MANAGE_PRODUCTS,
    "product_sizes.create": Right.MANAGE_PRODUCTS,
    "product_sizes.suggestion": Right.MANAGE_PRODUCTS,
    "stations.show": Right.MANAGE_SCHEDULE,
    "stations.save": Right.MANAGE_SCHEDULE,
    "settings.show": Right.MANAGE_SETTINGS,
    "settings.save": Right.MANAGE_SETTINGS,
    "models_page.index": Right.MANAGE_MODELS,
    "models_page.retraining": Right.MANAGE_MODELS,
    "models_page.retrain": Right.MANAGE_MODELS,
    "models_page.show": Right.MANAGE_MODELS,
    "models_page.serve": Right.MANAGE_MODELS,
    "disputes.index": Right.MANAGE_DISPUTES,
    "disputes.show": Right.MANAGE_DISPUTES,
    "disputes.file": Right.MANAGE_DISPUTES,
    "disputes.answer": Right.MANAGE_DISPUTES,
    "disputes.accept": Right.MANAGE_DISPUTES,
    "disputes.gather": Right.MANAGE_DISPUTES,
    "books_export.show": Right.SEE_BOOKS,
    "books_export.documents": Right.SEE_BOOKS,
    "books_export.journal": Right.SEE_BOOKS,
    "book_accounts.show": Right.MANAGE_SETTINGS,
    "book_accounts.save": Right.MANAGE_SETTINGS,
    "machinery.jobs": Right.SEE_JOBS,
    "machinery.retry_job": Right.RETRY_JOBS,
    "machinery.retry_owed": Right.RETRY_JOBS,
    "machinery.alerts": Right.SEE_JOBS,
    "machinery.resolve": Right.RETRY_JOBS,
    "machinery.audit": Right.SEE_AUDIT,
    "machinery.palette": Right.SEE_ORDERS,
    "machinery.styleguide": Right.SEE_ORDERS,
    # kitchen
    "kitchen.show": Right.USE_KITCHEN,
    "kitchen.ticket": Right.USE_KITCHEN,
    "kitchen.picture": Right.USE_KITCHEN,
    "kitchen.move": Right.USE_KITCHEN,
    "kitchen.collect": Right.USE_KITCHEN,
    "kitchen.undo_collect": Right.USE_KITCHEN,
    "kitchen.acknowledge": Right.USE_KITCHEN,
    "kitchen.paper": Right.USE_KITCHEN,
    "kitchen.print_tickets": Right.USE_KITCHEN,
    # webhooks
    "stripe_webhook.receive": _PUBLIC,
    "twilio_webhook.status": _PUBLIC,
    "twilio_webhook.inbound": _PUBLIC,
}


def required(endpoint: str, method: str) -> Access | Right | None:
    """Who may call an endpoint with a method; None when the table does not say."""
    entry = ACCESS.get(endpoint)
    if isinstance(entry, dict):
        return entry.get("GET" if method == "HEAD" else method)
    return entry


def init_access(app: Flask) -> None:
    """Enforce the table before any view runs."""

    @app.before_request
    def check() -> ResponseReturnValue | None:
        if request.endpoint is None or request.method == "OPTIONS":
            return None
        needed = required(request.endpoint, request.method)
        if needed is None:
            abort(403)
        if needed in (Access.PUBLIC, Access.OWN):
            return None
        if not current_user.is_authenticated:
            return _to_sign_in()
        if isinstance(needed, Right) and not has_right(current_user.role, needed):
            abort(403)
        return None


def _to_sign_in() -> ResponseReturnValue:
    if htmx.wants_json():
        abort(401)
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    url = url_for("auth.login", next=target)
    return htmx.see_other(url) if htmx.wants_fragment() else redirect(url, code=303)
