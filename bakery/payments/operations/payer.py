"""Who pays, from where, and what they agreed to have done with their card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bakery.payments.card_words import Wording


@dataclass(frozen=True, slots=True)
class Payer:
    """Somebody at a button that pays.

    `asked`: whether the boxes about their card stood beside it; one left alone is no wording. `tried_from`: whose
    connection it is, for limits. `until`: when the offer that they pay ends.
    """

    user_id: int | None = None
    ip: str | None = None
    tried_from: str = ""
    asked: bool = False
    save: Wording | None = None
    charge_rest: Wording | None = None
    until: datetime | None = None

    @property
    def keeps_card(self) -> bool:
        return self.charge_rest is not None or (self.save is not None and self.user_id is not None)


NOBODY = Payer()
