"""/receipts/verify: anybody brings a PDF and reads whether it is what we issued.

Asking changes nothing and the file is kept nowhere, so the answer to the form is the page itself.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, Response, make_response, render_template
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired

from bakery.infra.db import db
from bakery.infra.limits import limiter
from bakery.payments.papers.verify import MOST_BYTES, Finding, verify
from bakery.shop.queries import get_profile
from bakery.storefront.cart_answers import private

blueprint = Blueprint("receipt_check", __name__, url_prefix="/receipts/verify")


class CheckForm(FlaskForm):
    document = FileField("The PDF", [FileRequired("Choose the PDF first.")])


@blueprint.get("")
def show() -> Response:
    """The form."""
    return _page(CheckForm(formdata=None))


@blueprint.post("")
@limiter.limit("20 per minute; 200 per hour")
def check() -> Response:
    """What we know of the file. Refuses none at all, an empty one, and one larger than any of ours."""
    form = CheckForm()
    if not form.validate():
        return _page(form, status=422)
    with form.document.data.stream as stream:
        data = stream.read(MOST_BYTES + 1)
    if not 0 < len(data) <= MOST_BYTES:
        said = "This file is empty." if not data else "This file is larger than any document of ours."
        form.document.errors = [said]
        return _page(form, status=422)
    return _page(CheckForm(formdata=None), verify(db.session(), data))


def _page(form: CheckForm, found: Finding | None = None, *, status: int = 200) -> Response:
    page = render_template(
        "storefront/verify/page.html",
        form=form,
        found=found,
        zone=ZoneInfo(get_profile(db.session()).time_zone),
    )
    return private(make_response(page, status))
