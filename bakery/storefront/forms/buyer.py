"""Which business buys: asked at the checkout and with the yes to a custom cake, and left empty by most."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import Length

from bakery.storefront.forms.contact import BusinessNumber, Printable, one_line


def name_field() -> StringField:
    """The company's name, made anew for each form: its place among the others is where it is made."""
    return StringField("Company or trading name", [Length(max=120), Printable()], filters=[one_line])


def abn_field() -> StringField:
    """Its ABN."""
    return StringField("ABN", [Length(max=40), BusinessNumber()], filters=[one_line])


class BuyerForm(FlaskForm):
    business_name = name_field()
    business_abn = abn_field()
