"""What the styleguide shows: made-up values, no database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from wtforms import BooleanField, EmailField, Form, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Optional

from bakery.core.money import Money


class SampleForm(Form):
    """One field of each kind."""

    name = StringField("Your name", [DataRequired("Tell us who will collect it.")])
    email = EmailField("Email", [DataRequired("Enter your email: the receipt goes there.")])
    occasion = SelectField(
        "Occasion",
        [Optional()],
        choices=["Birthday", "Engagement", "Wedding"],
    )
    note = TextAreaField("A note for the bakers")
    way = RadioField(
        "How shall we tell you it is ready?",
        [DataRequired("Choose one of the two.")],
        choices=["Text message", "Email"],
    )
    news = BooleanField("Send me the monthly letter")


@dataclass(frozen=True, slots=True)
class SamplePicture:
    """A picture as the `picture` macro takes it."""

    alt: str = "The shop's mark, a saffron crocus"
    src: str = "/static/img/icon.svg"
    width: int = 640
    height: int = 480
    webp: list[tuple[str, int]] = field(default_factory=list)
    png: list[tuple[str, int]] = field(default_factory=list)


def samples() -> dict[str, object]:
    """Everything `backoffice/styleguide.html` needs."""
    bad = SampleForm(prefix="bad-")
    bad.validate()
    return {
        "form": SampleForm(),
        "bad_form": bad,
        "now": datetime(2026, 11, 28, 3, 0, tzinfo=UTC),
        "amount": Money(6800, "AUD"),
        "was": Money(7400, "AUD"),
        "pic": SamplePicture(),
    }
