"""/admin/stations: how much of each station's day is promised, and other minutes for a date."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import DateField, SelectChoice, SelectField
from wtforms.validators import InputRequired

from bakery.backoffice.frame import actor, init_frame
from bakery.backoffice.number_fields import NumberField
from bakery.core import clock
from bakery.core.errors import Invalid
from bakery.custom_cakes.soft_work import soft_station_minutes
from bakery.infra import formats, htmx
from bakery.infra.db import db
from bakery.production.models import STATION_NAMES
from bakery.scheduling.queries import station_days
from bakery.scheduling.services import set_station_minutes
from bakery.scheduling.types import Station
from bakery.shop.queries import get_profile

blueprint = init_frame(Blueprint("stations", __name__, url_prefix="/admin/stations"))

DAYS = 14
NAMES = {station.value: name for station, name in STATION_NAMES.items()}


class StationForm(FlaskForm):  # type: ignore[misc]
    """Other minutes of one station on one date; nothing written means the plan's."""

    on = DateField("Day", validators=[InputRequired("Choose a day.")])
    station = SelectField("Station", choices=[SelectChoice(*pair) for pair in NAMES.items()])
    minutes = NumberField("Minutes")


@blueprint.get("")
def show() -> ResponseReturnValue:
    """A fortnight from a date on (`from`), today by itself."""
    form = StationForm(formdata=None, data={"on": _first(), "station": Station.DECORATE.value})
    return _page(form)


@blueprint.post("")
def save() -> ResponseReturnValue:
    """Other minutes for one date."""
    form = StationForm()
    if not form.validate():
        return _page(form, 422)
    station = Station(form.station.data)
    minutes = None if form.minutes.data is None else form.minutes.whole
    try:
        load = set_station_minutes(form.on.data, station, minutes, actor())
    except Invalid as error:
        field = form[error.field or "on"]
        field.errors = [*field.errors, error.message]
        return _page(form, 422)
    on = formats.date_near(form.on.data)
    if load.booked > load.capacity:
        text = (
            f"{NAMES[station]} has {load.capacity} minutes on {on}, and {load.booked} are promised already."
        )
        flash(f"{text} Nothing was taken from anybody: please sort it out by hand.", "warning")
    else:
        flash(
            f"{NAMES[station]} has {load.capacity} minutes on {on}, of which {load.left} are free.", "success"
        )
    return htmx.see_other(f"/admin/stations?from={_first().isoformat()}")


def _page(form: StationForm, status: int = 200) -> ResponseReturnValue:
    first = _first()
    last = first + timedelta(days=DAYS - 1)
    session = db.session()
    page = render_template(
        "backoffice/stations/index.html",
        form=form,
        days=station_days(session, first, last),
        soft=soft_station_minutes(session, first, last),
        stations=STATION_NAMES,
        first=first,
        last=last,
        earlier=first - timedelta(days=DAYS) if first > _today() else None,
        later=first + timedelta(days=DAYS),
    )
    return page, status


def _today() -> date:
    return clock.today(get_profile(db.session()).time_zone)


def _first() -> date:
    """The date that the page begins with: today, or a later one that was asked for."""
    try:
        return max(date.fromisoformat(request.values.get("from", "")), _today())
    except ValueError:
        return _today()
