"""Receipts on paper: HTML by a template, PDF by WeasyPrint. The same facts give the same bytes."""

from __future__ import annotations

import importlib
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bakery.core.abn import format_abn
from bakery.infra import formats
from bakery.payments.papers.fonts import own_fonts
from bakery.payments.receipt_facts import Facts, money

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates" / "receipts"
# All that a receipt may read: its style sheet and fonts. What a customer wrote can point nowhere.
READABLE = (TEMPLATES, ROOT / "bakery" / "catalog" / "illustration" / "fonts")


class NotForReceipts(ValueError):
    """An address that a receipt has no business with."""


def render_pdf(label: str, facts: Facts) -> bytes:
    """The PDF of a tax invoice."""
    return print_pdf("receipt.html", label, facts)


def render_payment_pdf(label: str, facts: Facts) -> bytes:
    """The PDF of a payment receipt."""
    return print_pdf("payment_receipt.html", label, facts)


def render_credit_note(label: str, facts: Facts) -> bytes:
    """The PDF of a credit note."""
    return print_pdf("credit_note.html", label, facts)


def print_pdf(template: str, label: str, facts: Facts) -> bytes:
    """The PDF of a numbered paper, before it is signed."""
    # WeasyPrint takes a second to load and 40 MB to keep: only who prints pays for it.
    weasyprint = importlib.import_module("weasyprint")
    document = weasyprint.HTML(
        string=render_html(label, facts, template), base_url=f"{TEMPLATES}/", url_fetcher=_fetcher()
    )
    # Which paper it is, in every file that once was one.
    identifier = f"{label} {facts['order_number']}".encode()
    return bytes(document.write_pdf(pdf_identifier=identifier, pdf_tags=True, font_config=own_fonts()))


def render_html(label: str, facts: Facts, template: str = "receipt.html") -> str:
    """The page that is printed."""
    zone = ZoneInfo(facts["time_zone"])

    def local(text: str) -> datetime:
        return datetime.fromisoformat(text).astimezone(zone)

    def amount(cents: int) -> str:
        return formats.money(money(facts, cents))

    return (
        _environment().get_template(template).render(label=label, receipt=facts, amount=amount, local=local)
    )


def percent(rate_bp: int) -> str:
    """`10`, `12.5`: a rate in basis points, in hundredths."""
    return f"{Decimal(rate_bp).scaleb(-2).normalize():f}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for filter_ in (formats.date_long, formats.date_shop, formats.time_shop, format_abn, percent):
        environment.filters[filter_.__name__] = filter_
    return environment


@cache
def _fetcher() -> Any:
    """Reads files of ours and nothing else: no network, no file named by a customer."""
    urls = importlib.import_module("weasyprint.urls")

    class OwnFiles(urls.URLFetcher):  # type: ignore[name-defined]
        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            path = Path(unquote(urlsplit(url).path)).resolve()
            if not any(path.is_relative_to(folder) for folder in READABLE):
                raise NotForReceipts(url)
            return super().fetch(url, headers)

    return OwnFiles(allowed_protocols=("file",), allow_redirects=False)
