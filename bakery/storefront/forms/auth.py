"""Signing in, registering, changing the password."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import DataRequired, Length

from bakery.people.passwords import MAX_LENGTH, MIN_LENGTH
from bakery.storefront.forms.contact import EmailAddress, Printable, one_line


class LoginForm(FlaskForm):
    email = EmailField("Email", [DataRequired("Enter your email."), Length(max=254)])
    password = PasswordField("Password", [DataRequired("Enter your password."), Length(max=MAX_LENGTH)])


class RegisterForm(FlaskForm):
    name = StringField(
        "Your name", [DataRequired("Enter your name."), Length(max=120), Printable()], filters=[one_line]
    )
    email = EmailField(
        "Email",
        [DataRequired("Enter your email."), EmailAddress(), Length(max=254)],
    )
    password = PasswordField(
        "Password",
        [
            DataRequired("Choose a password."),
            Length(MIN_LENGTH, MAX_LENGTH, f"Use at least {MIN_LENGTH} characters."),
        ],
    )


class PasswordForm(FlaskForm):
    current = PasswordField("Present password", [DataRequired("Enter your present password.")])
    new = PasswordField(
        "New password",
        [
            DataRequired("Choose a new password."),
            Length(MIN_LENGTH, MAX_LENGTH, f"Use at least {MIN_LENGTH} characters."),
        ],
    )


class DeletionForm(FlaskForm):
    password = PasswordField("Your password", [DataRequired("Enter your password."), Length(max=MAX_LENGTH)])
