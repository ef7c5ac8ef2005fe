"""Names, email addresses, telephone and business numbers as people type them."""

from __future__ import annotations

import unicodedata

import email_validator
import phonenumbers
from wtforms import Field, Form, ValidationError

from bakery.core.abn import format_abn, parse_abn


def one_line(text: str | None) -> str:
    """Trimmed, NFC, spaces single; for a StringField's filters."""
    return " ".join(unicodedata.normalize("NFC", text or "").split())


def several_lines(text: str | None) -> str:
    """Trimmed, NFC, line ends as \\n; for a TextAreaField's filters."""
    return unicodedata.normalize("NFC", text or "").replace("\r\n", "\n").replace("\r", "\n").strip()


class Printable:
    """Refuses control and other invisible characters (Cc, Cs, Co); line breaks pass where asked for."""

    def __init__(self, *, breaks: bool = False) -> None:
        self.breaks = breaks

    def __call__(self, form: Form, field: Field) -> None:
        for character in field.data or "":
            if self.breaks and character == "\n":
                continue
            if unicodedata.category(character) in ("Cc", "Cs", "Co"):
                raise ValidationError(
                    "There is a character in it that we cannot print. Please type it again."
                )


class EmailAddress:
    """Refuses what cannot be an email address; keeps the normalised form. Asks nobody on the network."""

    def __call__(self, form: Form, field: Field) -> None:
        try:
            # The reserved .test domain is fine: nothing can be sent there, and the demo's people live in it.
            found = email_validator.validate_email(
                field.data or "", check_deliverability=False, test_environment=True
            )
        except email_validator.EmailNotValidError:
            raise ValidationError("That is not an email address. It looks like name@example.com.") from None
        field.data = found.normalized


class BusinessNumber:
    """Refuses what is no Australian Business Number; keeps it as it is usually written. Empty passes."""

    def __call__(self, form: Form, field: Field) -> None:
        typed = field.data or ""
        if not typed:
            return
        abn = parse_abn(typed)
        if abn is not None:
            field.data = format_abn(abn)
            return
        if sum(character.isdigit() for character in typed) == 11:
            raise ValidationError(
                "These eleven digits are not an ABN: one of them must be mistyped. Please compare them."
            )
        raise ValidationError(
            "An ABN has eleven digits, such as 51 824 753 556. Correct it, or leave it out."
        )


class PhoneNumber:
    """Refuses what cannot be rung; keeps E.164. Numbers without a country are the shop's country's."""

    def __init__(self, country: str = "AU") -> None:
        self.country = country

    def __call__(self, form: Form, field: Field) -> None:
        country = getattr(form, "country", self.country)
        try:
            number = phonenumbers.parse(field.data or "", country)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_valid_number(number):
            raise ValidationError("That is not a telephone number. For example: 0491 570 156.")
        field.data = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
