"""What staff type about an order's money: taken at the counter, or corrected."""

from __future__ import annotations

from decimal import Decimal

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectChoice, StringField
from wtforms.validators import InputRequired, Length

from bakery.backoffice.number_fields import NumberField
from bakery.core import ids
from bakery.core.money import Money
from bakery.payments.models import TransactionKind
from bakery.payments.services.counter import Adjustment, Taking

_AMOUNT_MISSING = "Write the amount, such as 55.50."


class TakingForm(FlaskForm):  # type: ignore[misc]
    """Money in the hand, or by the card terminal. Its key makes a double click one taking."""

    key = HiddenField()
    tender = RadioField(
        "How",
        [InputRequired("Choose cash or the card terminal.")],
        choices=[
            SelectChoice(TransactionKind.CASH.value, "Cash"),
            SelectChoice(TransactionKind.EXTERNAL_CARD.value, "Card terminal"),
        ],
        default=TransactionKind.CASH.value,
    )
    amount = NumberField("Amount", places=2, amount=True, needed=_AMOUNT_MISSING)
    slip = StringField("Number on the slip, for a card", [Length(max=60, message="Up to 60 characters.")])
    note = StringField("Note for the books", [Length(max=300, message="Up to 300 characters.")])

    def taking(self) -> Taking:
        """What was typed, of a form that is right."""
        return Taking(
            key=self.key.data or "",
            tender=TransactionKind(self.tender.data),
            cents=self.amount.cents,
            slip=(self.slip.data or "").strip(),
            note=(self.note.data or "").strip(),
        )


class AdjustmentForm(FlaskForm):  # type: ignore[misc]
    """A correction of the ledger, with its reason."""

    key = HiddenField()
    amount = NumberField("By how much", places=2, amount=True, needed=_AMOUNT_MISSING)
    reason = StringField("What was wrong", [InputRequired("Say what was wrong."), Length(max=300)])
    lowers_price = BooleanField("The price changes with it")

    def adjustment(self) -> Adjustment:
        """What was typed, of a form that is right."""
        return Adjustment(
            key=self.key.data or "",
            cents=self.amount.cents,
            reason=(self.reason.data or "").strip(),
            lowers_price=bool(self.lowers_price.data),
        )


def fresh_taking(due: Money) -> TakingForm:
    """An empty form that proposes what is due."""
    form = TakingForm(formdata=None, prefix="till-")
    form.key.data = ids.new_secret()
    form.amount.data = Decimal(due.cents).scaleb(-2)
    return form


def fresh_adjustment() -> AdjustmentForm:
    form = AdjustmentForm(formdata=None, prefix="correct-")
    form.key.data = ids.new_secret()
    return form
