"""The checkout: one page, a guest's."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    IntegerField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, Optional
from wtforms.widgets import HiddenInput

from bakery.storefront.forms.buyer import abn_field, name_field
from bakery.storefront.forms.contact import EmailAddress, PhoneNumber, Printable, one_line, several_lines

MAX_NOTE = 500


class CheckoutForm(FlaskForm):
    """`country` (ISO) reads telephone numbers that carry none; the slot is checked against what is free."""

    country = "AU"

    name = StringField(
        "Your name",
        [DataRequired("Tell us who will collect it."), Length(max=120), Printable()],
        filters=[one_line],
    )
    email = EmailField(
        "Email",
        [DataRequired("Enter your email: the receipt goes there."), Length(max=254), EmailAddress()],
        filters=[one_line],
    )
    phone = TelField(
        "Mobile or phone",
        [
            DataRequired("Enter a number we can ring if something is wrong with your order."),
            Length(max=40),
            PhoneNumber(),
        ],
        filters=[one_line],
    )
    business_name = name_field()
    business_abn = abn_field()
    slot = StringField("Pickup time", [DataRequired("Choose when you will collect it."), Length(max=40)])
    note = TextAreaField(
        "Anything we should know?",
        [
            Length(max=MAX_NOTE, message=f"Please keep it under {MAX_NOTE} characters."),
            Printable(breaks=True),
        ],
        filters=[several_lines],
    )
    email_consent = BooleanField("Email me")
    sms_consent = BooleanField("Text me")
    terms = BooleanField(
        "I have read the terms", [DataRequired("Please read the terms and tick the box to go on.")]
    )
    checkout_key = HiddenField(validators=[InputRequired(), Length(max=64)])
    accepted_total = IntegerField("Total", [InputRequired("Not a total.")], widget=HiddenInput())
    # What the page said is paid first, by the rules; 0: everything at once.
    accepted_deposit = IntegerField("Deposit", [Optional()], widget=HiddenInput())
