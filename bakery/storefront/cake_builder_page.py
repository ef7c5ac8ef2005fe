"""The builder's page: the fields with what is in them, and beside them the answer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any

from flask import Response, current_app
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from bakery.catalog.illustration.palette import colour
from bakery.core import clock, ids
from bakery.custom_cakes import options, queries
from bakery.custom_cakes.drafts import Draft
from bakery.custom_cakes.models import RequestEvent
from bakery.custom_cakes.spec import MAX_INSCRIPTION, MAX_LAYERS, MAX_TIERS, MAX_TOPPINGS
from bakery.custom_cakes.states import RequestStatus
from bakery.custom_cakes.uploads import MAX_PICTURES, sign_link
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.shop.queries import get_profile
from bakery.storefront.cake_builder_answer import Answer
from bakery.storefront.cake_builder_desk import Desk
from bakery.storefront.cake_builder_form import FIRST, Values
from bakery.storefront.cart_answers import private
from bakery.storefront.words import ALLERGEN_WORDS, TAG_WORDS

_WORD = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
_NAMES = re.compile(r"[a-z0-9_-]{1,40}", re.ASCII)
# What may be open while one designs, and not when one sends.
_MUST = ("needed_on", "name", "email", "phone", "rights")
# Nobody asks further ahead than this; what is bookable is the calendar's business.
FURTHEST = timedelta(days=730)


@dataclass
class Sheet:
    """One answer of the page in the making."""

    desk: Desk
    values: Values
    answer: Answer
    page: str
    submit_key: str
    version: int = 0
    pictures: tuple[tuple[int, str], ...] = ()
    # Sentences by field, the fields whose sentence the browser still shows, and what is said on top.
    wrong: dict[str, str] = field(default_factory=dict)
    shown_wrong: tuple[str, ...] = ()
    notice: str = ""
    conflict: str = ""
    sent: bool = False
    # The part of the fields that htmx has to draw anew: "tiers", "pictures" or nothing; the tier just added.
    redraw: str = ""
    fresh: int | None = None

    def read_form(self, form: MultiDict[str, str]) -> None:
        """Who this page says it is, and which draft it knows."""
        self.page = word_or(form.get("page", ""), self.page)
        self.submit_key = word_or(form.get("submit_key", ""), self.submit_key)
        version = form.get("version", "")
        self.version = int(version) if re.fullmatch(r"\d{1,9}", version, re.ASCII) else 0
        self.shown_wrong = tuple(_NAMES.findall(form.get("wrong", ""))[:20])

    @property
    def cleared(self) -> list[str]:
        """Fields whose sentence the browser still shows, and which are right now."""
        return [name for name in self.shown_wrong if name not in self.wrong and name not in self.open]

    @property
    def open(self) -> list[str]:
        """Fields that were missed when it was sent, and are missing still: their sentence stays."""
        missing = [name for name in _MUST if not self.values[name]]
        return [name for name in self.shown_wrong if name in missing and name not in self.wrong]

    def keep(self, draft: Draft | None) -> None:
        """The draft as it is after saving."""
        if draft is not None:
            self.version, self.submit_key = draft.version, draft.submit_key
            self.pictures = _pictures(draft)


def new_sheet(desk: Desk, values: Values, answer: Answer, draft: Draft | None) -> Sheet:
    """A page that has just been opened."""
    sheet = Sheet(desk, values, answer, page=ids.new_secret()[:22], submit_key=ids.new_secret())
    sheet.wrong = dict(answer.wrong)
    sheet.keep(draft)
    return sheet


def first_values() -> Values:
    """What everybody begins with; who is signed in need not type their name again."""
    if not current_user.is_authenticated:
        return dict(FIRST)
    return FIRST | {"name": current_user.name, "email": current_user.email, "phone": current_user.phone}


def show(sheet: Sheet, status: int = 200) -> Response:
    """The page; for htmx what is beside the fields, and of the fields only what has to change."""
    session = db.session()
    shop = get_profile(session)
    today = clock.today(shop.time_zone)
    asked = _asked(session, sheet.desk)
    response = htmx.render(
        "storefront/custom_cakes/builder.html",
        fragment="storefront/custom_cakes/_builder_change.html",
        status=status,
        sheet=sheet,
        values=sheet.values,
        answer=sheet.answer,
        estimate=sheet.answer.estimate,
        wrong=sheet.wrong,
        offer=_offer(),
        asked=asked,
        today=today,
        furthest=today + FURTHEST,
        base_url=current_app.config["SETTINGS"].base_url,
    )
    return private(response)


def _asked(session: Session, desk: Desk) -> RequestEvent | None:
    """What staff asked for or could not make, where this is the page on which it is changed."""
    if desk.request_id is None or htmx.wants_fragment():
        return None
    step = queries.latest_step(session, desk.request_id)
    return step if step.to_state in (RequestStatus.CHANGES_REQUESTED, RequestStatus.REJECTED) else None


def word_or(given: str, other: str) -> str:
    """A random name that a page carries; the other when it is none of ours."""
    return given if _WORD.fullmatch(given) else other


def _pictures(draft: Draft) -> tuple[tuple[int, str], ...]:
    secret = current_app.config["SECRET_KEY"]
    return tuple((picture.id, sign_link(secret, picture.stored.key)) for picture in draft.pictures)


@lru_cache(maxsize=1)
def _offer() -> dict[str, Any]:
    """What can be chosen, as the page shows it."""
    return {
        "occasions": options.OCCASIONS,
        "shapes": {shape.value: name for shape, name in options.SHAPES.items()},
        "flavours": {code: choice.name for code, choice in options.FLAVOURS.items()},
        "fillings": {code: choice.name for code, choice in options.FILLINGS.items()},
        "coverings": {code.value: choice.name for code, choice in options.COVERINGS.items()},
        "decorations": {
            code.value: choice.name.split(": ", 1) for code, choice in options.DECORATIONS.items()
        },
        "toppings": {code.value: choice.name for code, choice in options.TOPPINGS.items()},
        "colours": [(code, name, colour(code)) for code, name in options.COLOURS.items()],
        "diets": {str(tag): words for tag, words in TAG_WORDS.items()},
        "allergens": {str(code): words for code, words in ALLERGEN_WORDS.items()},
        "most_tiers": MAX_TIERS,
        "most_layers": MAX_LAYERS,
        "most_toppings": MAX_TOPPINGS,
        "most_letters": MAX_INSCRIPTION,
        "most_pictures": MAX_PICTURES,
    }
