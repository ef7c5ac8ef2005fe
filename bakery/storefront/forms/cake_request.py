"""What a customer says about their request for a cake."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from bakery.custom_cakes.services import MAX_MESSAGE
from bakery.storefront.forms.contact import Printable, several_lines

MAX_REASON = 500


class MessageForm(FlaskForm):
    text = TextAreaField(
        "Write to us",
        [
            DataRequired("Write something first."),
            Length(max=MAX_MESSAGE, message=f"Keep it under {MAX_MESSAGE:,} characters."),
            Printable(breaks=True),
        ],
        filters=[several_lines],
    )


class WithdrawForm(FlaskForm):
    reason = TextAreaField(
        "Would you tell us why?",
        [
            Length(max=MAX_REASON, message=f"Keep it under {MAX_REASON} characters."),
            Printable(breaks=True),
        ],
        filters=[several_lines],
    )
