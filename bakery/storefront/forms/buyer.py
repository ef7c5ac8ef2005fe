"""Which business buys: asked at the checkout and with the yes to a custom cake, and left empty by most."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import Length

from bakery.storefront.forms.contact import BusinessNumber, Printable, one_line


class BuyerForm(FlaskForm):
    business_name = StringField("Company or trading name", [Length(max=120), Printable()], filters=[one_line])
    business_abn = StringField("ABN", [Length(max=40), BusinessNumber()], filters=[one_line])
