"""/admin/insights/accounts/codes: what the accountant calls the accounts of the journal."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField

from bakery.backoffice.frame import actor, init_frame
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.payments.journal.accounts import Chart, read_chart
from bakery.upkeep.accounts import change_accounts, mark_of
from bakery.upkeep.changes import Overtaken
from bakery.upkeep.settings import Refused

blueprint = init_frame(Blueprint("book_accounts", __name__, url_prefix="/admin/insights/accounts/codes"))
_PARTS = ("code", "name")


@blueprint.get("")
def show() -> ResponseReturnValue:
    """The accounts as they are called now."""
    chart = read_chart(db.session())
    typed = {
        _field(part, slot): getattr(account, part)
        for slot, account in chart.accounts.items()
        for part in _PARTS
    }
    return _page(_form_of(chart)(formdata=None, data=typed | {"seen": mark_of(chart)}), chart)


@blueprint.post("")
def save() -> ResponseReturnValue:
    """Save them all, unless somebody else changed one meanwhile."""
    chart = read_chart(db.session())
    form = _form_of(chart)()
    if not form.validate():
        return _page(form, chart, 422)
    words = {
        slot: (form[_field("code", slot)].data or "", form[_field("name", slot)].data or "")
        for slot in chart.accounts
    }
    try:
        any_change = change_accounts(words, form.seen.data or "", actor())
    except Refused as error:
        for key, sentence in error.problems.items():
            part, _, slot = key.partition(":")
            form[_field(part, slot)].errors = [sentence]
        return _page(form, chart, 422)
    except Overtaken as error:
        form.seen.raw_data, form.seen.data = None, mark_of(read_chart(db.session()))
        return _page(form, chart, error.status, error.message)
    flash("Saved. Every journal has them from now on." if any_change else "Nothing was changed.", "success")
    return htmx.see_other("/admin/insights/accounts/codes")


def _form_of(chart: Chart) -> Any:
    """A form with two fields for each account there is: tax classes come and go."""
    labels = {"code": "Code", "name": "Name"}
    fields = {_field(part, slot): StringField(labels[part]) for slot in chart.accounts for part in _PARTS}
    return type("AccountsForm", (FlaskForm,), {"seen": HiddenField()} | fields)


def _field(part: str, slot: str) -> str:
    return f"{part}_{slot.replace(':', '_')}"


def _page(form: Any, chart: Chart, status: int = 200, problem: str = "") -> ResponseReturnValue:
    rows = [
        (account, form[_field("code", slot)], form[_field("name", slot)])
        for slot, account in chart.accounts.items()
    ]
    page = render_template("backoffice/accounts/codes.html", form=form, rows=rows, problem=problem)
    return page, status
