"""Questions and answers, terms, and what search engines ask for."""

from __future__ import annotations

from itertools import groupby

from flask import Blueprint, Response, current_app, make_response, render_template

from bakery.catalog.product_page import list_addresses
from bakery.catalog.queries import list_categories
from bakery.infra.db import db
from bakery.infra.pagecache import keep
from bakery.shop.queries import list_faqs

blueprint = Blueprint("pages", __name__)

KEEP_SECONDS = 3600
# Addresses that mean nothing without the visitor they belong to.
PRIVATE = (
    "/cart",
    "/checkout",
    "/orders/",
    "/custom-cakes/CC-",
    "/custom-cakes/pictures/",
    "/account",
    "/login",
    "/register",
    "/admin",
    "/kitchen",
    "/fragments/",
)


@blueprint.get("/faq")
def faq() -> Response:
    """Every question, by topic."""
    faqs = list_faqs(db.session())
    topics = [(topic, list(group)) for topic, group in groupby(faqs, key=lambda faq: faq.topic)]
    return _page("storefront/pages/faq.html", topics=topics)


@blueprint.get("/terms")
def terms() -> Response:
    """The terms in force."""
    return _page("storefront/pages/terms.html")


@blueprint.get("/robots.txt")
def robots() -> Response:
    """What crawlers may read."""
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in PRIVATE),
        f"Sitemap: {_base_url()}/sitemap.xml",
    ]
    return keep(
        Response("\n".join(lines) + "\n", mimetype="text/plain"), topics=("shop",), seconds=KEEP_SECONDS
    )


@blueprint.get("/sitemap.xml")
def sitemap() -> Response:
    """Every public page."""
    session = db.session()
    body = render_template(
        "storefront/pages/sitemap.xml",
        base_url=_base_url(),
        products=list_addresses(session),
        categories=list_categories(session),
    )
    return keep(Response(body, mimetype="application/xml"), topics=("shop",), seconds=KEEP_SECONDS)


def _page(template: str, **context: object) -> Response:
    response = make_response(render_template(template, base_url=_base_url(), **context))
    return keep(response, topics=("shop",), seconds=KEEP_SECONDS)


def _base_url() -> str:
    return str(current_app.config["SETTINGS"].base_url)
