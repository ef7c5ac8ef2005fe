"""A simulated month: whatever went wrong in it, ledger and Stripe agree to the cent when it is over.

`make month ORDERS=5000` runs a whole month; the suite runs a smaller one.
"""

from __future__ import annotations

import os

import pytest

from tests.money import audit
from tests.money.month import Month
from tests.money.shop import MoneyShop

ORDERS = int(os.environ.get("ORDERS", "300"))
FAULTS = 0.02


@pytest.mark.timeout(7200)
def test_after_a_month_ledger_and_stripe_agree_to_the_cent(money_shop: MoneyShop) -> None:
    happened = Month(money_shop, ORDERS, FAULTS, seed=20261128).run()
    audit.check_at_rest(money_shop)
    print(*sorted(happened.items()), sep="\n")
    print(*sorted(audit.sums(money_shop).items()), sep="\n")
    assert happened["paid"] > ORDERS * 0.8 and happened["refund"] and happened["dispute"]
    assert sum(count for name, count in happened.items() if name.startswith("event ")) > 0
