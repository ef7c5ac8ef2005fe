"""The file for the bank: HTML by a template, PDF by WeasyPrint, within what Stripe and the banks take."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from bakery.aftercare import pack_words
from bakery.aftercare.pack_facts import refunds
from bakery.aftercare.pack_pictures import as_source, load_pictures
from bakery.aftercare.sealing import canonical
from bakery.core.errors import Conflict
from bakery.core.money import Money
from bakery.infra import formats
from bakery.integrations.files.port import Files

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates" / "evidence"
# All that the file may read: its style sheet and fonts. What a customer wrote can point nowhere.
READABLE = (
    TEMPLATES,
    ROOT / "templates" / "receipts",
    ROOT / "bakery" / "catalog" / "illustration" / "fonts",
)
PICTURE = "data:image/jpeg;base64,"
# Stripe takes 4.5 MB for all files of a dispute together.
MOST_BYTES = 4_400_000
# Mastercard looks at nineteen pages and no more, and Stripe counts the fields of text among them.
FEW_PAGES = 16
# The others take fifty.
MOST_PAGES = 45
Facts = dict[str, Any]
_TOO_LARGE = "The evidence is too large for Stripe, even without its pictures."


class NotForBanks(ValueError):
    """An address that the file has no business with."""


class TooLarge(Conflict):
    """However small, no bank would take it."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is shown. `letters`: of what was written to and fro, of the kitchen's steps and of each such list, the
    last that have so many.
    """

    edge: int
    quality: int
    letters: int


# From all that a bank may read to what must be in it; the first that fits is sent.
SIZES = (Size(1400, 82, 24_000), Size(1000, 75, 12_000), Size(700, 65, 6_000), Size(0, 0, 2_000))
# A page holds a few thousand letters: what has more than these is too long, and would keep a worker busy for minutes.
MOST_LETTERS = 200_000


@dataclass(frozen=True, slots=True)
class Pack:
    data: bytes
    pages: int


def build_pack(facts: Facts, files: Files) -> Pack:
    """The PDF of a dispute's facts. Refuses (TooLarge) what cannot be made to fit."""
    if len(canonical([facts["terms"], facts["lines"], facts["order"]])) > MOST_LETTERS:
        raise TooLarge(_TOO_LARGE)
    pictures = load_pictures(facts, files)
    fitting = None
    for size in SIZES:
        pack = render_pack(facts, pictures, size)
        if len(pack.data) > MOST_BYTES or pack.pages > MOST_PAGES:
            continue
        if pack.pages <= FEW_PAGES:
            return pack
        # Too long for the strictest bank: the leanest of those is the best that there is.
        fitting = pack
    if fitting is None:
        raise TooLarge(_TOO_LARGE)
    return fitting


def render_pack(facts: Facts, pictures: Sequence[tuple[str, Image.Image]], size: Size) -> Pack:
    # WeasyPrint takes a second to load and 40 MB to keep: only who prints pays for it.
    weasyprint = importlib.import_module("weasyprint")
    html = weasyprint.HTML(
        string=render_html(facts, pictures, size), base_url=f"{TEMPLATES}/", url_fetcher=_fetcher()
    )
    document = html.render()
    identifier = f"{facts['dispute']['id']} {facts['written_at']}".encode()
    data = bytes(document.write_pdf(pdf_identifier=identifier, pdf_tags=True))
    return Pack(data, len(document.pages))


def render_html(facts: Facts, pictures: Sequence[tuple[str, Image.Image]], size: Size) -> str:
    """The pages that are printed."""
    zone, currency = ZoneInfo(facts["order"]["time_zone"]), facts["order"]["currency"]

    def local(text: str) -> datetime:
        return datetime.fromisoformat(text).astimezone(zone)

    def moment(text: str | None) -> str:
        if not text:
            return "not known"
        at = local(text)
        return f"{formats.date_long(at.date())}, {formats.time_shop(at)} {at.tzname()}"

    def short(text: str) -> str:
        at = local(text)
        return f"{format_date(at.date(), 'd MMM y', locale=formats.LOCALE)}, {formats.time_shop(at)} {at.tzname()}"

    return (
        _environment()
        .get_template("pack.html")
        .render(
            pack=facts,
            last=lambda rows: last_of(rows, size.letters),
            pictures=[
                (words, as_source(picture, size.edge, size.quality))
                for words, picture in pictures
                if size.edge
            ],
            refunds=refunds(facts),
            amount=lambda cents, of=currency: formats.money(Money(cents, of)),
            moment=moment,
            short=short,
            day=lambda text: formats.date_long(local(text).date()),
            words=pack_words,
        )
    )


def last_of(rows: Sequence[Facts], letters: int) -> Sequence[Facts]:
    """The last rows that have no more than so many letters together; the last of all in any case."""
    left, kept = letters, 0
    for row in reversed(rows):
        left -= len(canonical(row))
        if left < 0 and kept:
            break
        kept += 1
    return rows[len(rows) - kept :]


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _fetcher() -> Any:
    """Reads files of ours and the pictures that are in the page, and nothing else: no network, no other file."""
    urls = importlib.import_module("weasyprint.urls")

    class OwnFiles(urls.URLFetcher):  # type: ignore[name-defined]
        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            path = Path(unquote(urlsplit(url).path)).resolve() if not url.startswith(PICTURE) else None
            if path and not any(path.is_relative_to(folder) for folder in READABLE):
                raise NotForBanks(url[:200])
            return super().fetch(url, headers)

    return OwnFiles(allowed_protocols=("file", "data"), allow_redirects=False)
