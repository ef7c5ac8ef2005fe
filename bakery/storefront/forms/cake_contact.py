"""Who asks for a cake of their own."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import EmailField, StringField, TelField
from wtforms.validators import DataRequired, Length

from bakery.storefront.forms.contact import EmailAddress, PhoneNumber, Printable, one_line


class CakeContactForm(FlaskForm):
    """`country` (ISO) reads telephone numbers that carry none."""

    country = "AU"

    name = StringField(
        "Your name",
        [DataRequired("Tell us your name."), Length(max=120), Printable()],
        filters=[one_line],
    )
    email = EmailField(
        "Email",
        [DataRequired("Enter your email: our answer goes there."), Length(max=254), EmailAddress()],
        filters=[one_line],
    )
    phone = TelField(
        "Mobile or phone",
        [DataRequired("Enter a number we can ring about your cake."), Length(max=40), PhoneNumber()],
        filters=[one_line],
    )
