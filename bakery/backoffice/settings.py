"""/admin/settings: what the shop decides about itself, one form in sections."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import (
    EmailField,
    Field,
    HiddenField,
    SelectChoice,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)

from bakery.backoffice.frame import actor, init_frame
from bakery.backoffice.number_fields import NumberField
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.upkeep import settings
from bakery.upkeep.changes import Overtaken
from bakery.upkeep.setting_list import SECTIONS, SETTINGS, Kind, Setting

blueprint = init_frame(Blueprint("settings", __name__, url_prefix="/admin/settings"))

_FIELDS = {
    Kind.LINE: StringField,
    Kind.TEXT: TextAreaField,
    Kind.EMAIL: EmailField,
    Kind.PHONE: TelField,
    Kind.TIERS: TextAreaField,
}


def _field(setting: Setting) -> Field:
    if setting.kind in _FIELDS:
        return _FIELDS[setting.kind](setting.label)
    if setting.kind is Kind.CHOICE:
        # What is none of them is said by the service, beside everything else.
        choices = [SelectChoice(value, text) for value, text in setting.options]
        return SelectField(setting.label, choices=choices, validate_choice=False)
    places = 2 if setting.kind in _HUNDREDTHS else 0
    money = setting.kind is Kind.MONEY
    return NumberField(
        f"{setting.label} ({setting.unit})", places=places, amount=money, needed="Write a number."
    )


# Kept in hundredths of what is typed.
_HUNDREDTHS = (Kind.LENGTH, Kind.MONEY)


class SettingsForm(FlaskForm):  # type: ignore[misc]
    """A field for each setting, added below. `seen` marks what the page showed."""

    seen = HiddenField()

    def values(self) -> dict[str, Any]:
        """What was typed, in the settings' own units."""
        return {name: _read(self[name], setting) for name, setting in SETTINGS.items()}


for _name, _setting in SETTINGS.items():
    setattr(SettingsForm, _name, _field(_setting))


@blueprint.get("")
def show() -> ResponseReturnValue:
    """The settings as they stand."""
    stand = settings.read_settings(db.session())
    form = SettingsForm(formdata=None, data=_typed(stand) | {"seen": stand.mark})
    return _page(form)


@blueprint.post("")
def save() -> ResponseReturnValue:
    """Save them all, unless somebody else changed one meanwhile."""
    form = SettingsForm()
    if not form.validate():
        return _page(form, 422)
    try:
        any_change = settings.change_settings(form.values(), form.seen.data or "", actor())
    except settings.Refused as error:
        for name, sentence in error.problems.items():
            form[name].errors = [*form[name].errors, sentence]
        return _page(form, 422)
    except Overtaken as error:
        stand = settings.read_settings(db.session())
        form.seen.raw_data, form.seen.data = None, stand.mark
        return _page(form, error.status, error.message, _differing(form, stand))
    flash("Saved. It holds from now on." if any_change else "Nothing was changed.", "success")
    return htmx.see_other("/admin/settings")


def _page(
    form: SettingsForm, status: int = 200, problem: str = "", now: list[tuple[str, str]] | None = None
) -> ResponseReturnValue:
    page = render_template(
        "backoffice/settings/index.html",
        form=form,
        sections=SECTIONS,
        problem=problem,
        now=now or [],
    )
    return page, status


def _read(field: Field, setting: Setting) -> Any:
    if not isinstance(field, NumberField):
        return field.data
    if field.data is None:
        return None
    return int(field.data * 100) if setting.kind in _HUNDREDTHS else int(field.data)


def _typed(stand: settings.Stand) -> dict[str, Any]:
    return {
        name: Decimal(value) / 100 if SETTINGS[name].kind in _HUNDREDTHS else value
        for name, value in stand.values.items()
    }


def _differing(form: SettingsForm, stand: settings.Stand) -> list[tuple[str, str]]:
    """What stands now where it is not what was typed: label and value."""
    mine, theirs = form.values(), _typed(stand)
    return [
        (SETTINGS[name].label, f"{_plain(theirs[name])} {SETTINGS[name].unit}".strip())
        for name, value in stand.values.items()
        if value != mine[name]
    ]


def _plain(value: object) -> str:
    """A length without zeros that say nothing."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
