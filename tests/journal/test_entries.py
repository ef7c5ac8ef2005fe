"""Every kind of event as a double entry: the worked examples of docs/journal.md."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bakery.orders.models import Order
from bakery.payments.models import PaymentKind, TransactionKind
from tests.factories.orders import OrderFactory
from tests.factories.shop import ShopFactory, make_tax_rates
from tests.journal import books
from tests.journal.books import balances, journal, lines
from tests.receipts.sales import enter, pay, sold, with_deposit

K = TransactionKind


@pytest.fixture(autouse=True)
def shop(session: Session) -> None:
    ShopFactory()
    make_tax_rates()


@pytest.fixture
def paid() -> Order:
    """104.00 paid by card: 86.00 with 7.82 GST in it, and 18.00 without."""
    order = sold()
    pay(order, 10400, "pi_1")
    books.invoice(order)
    return order


def last(kind: str) -> list[tuple[str, int]]:
    return lines([entry for entry in journal() if entry.kind == kind][-1])


def test_a_sale_paid_by_card(paid: Order) -> None:
    charge, invoice = journal()
    assert lines(charge) == [("stripe", 10400), ("deposits", -10400)]
    assert (charge.document, charge.stripe_id, charge.order_number) == ("R-000001", "pi_1", paid.number)
    assert lines(invoice) == [
        ("deposits", 10400), ("sales:gst", -7818), ("sales:gst_free", -1800), ("gst", -782),
    ]  # fmt: skip
    assert balances() == {"stripe": 10400, "sales:gst": -7818, "sales:gst_free": -1800, "gst": -782}


def test_a_deposit_is_a_debt_to_the_customer_until_it_is_invoiced_and_the_rest_a_claim() -> None:
    order = with_deposit()
    assert balances() == {"stripe": 5200, "deposits": -5200}
    books.invoice(order)
    assert last("invoice")[:2] == [("deposits", 5200), ("receivable", 5200)]
    assert balances()["gst"] == -782  # of the whole order, with the first payment
    pay(order, 5200, "pi_2", PaymentKind.BALANCE)
    assert last("charge") == [("stripe", 5200), ("receivable", -5200)]
    assert "receivable" not in balances() and "deposits" not in balances()


def test_the_balance_in_cash_and_by_a_card_at_the_counter() -> None:
    order = with_deposit()
    books.invoice(order)
    enter(order, K.CASH, 2000, "counter-1")
    enter(order, K.EXTERNAL_CARD, 3200, "counter-2", note="EFTPOS slip 7")
    assert last("cash") == [("cash", 2000), ("receivable", -2000)]
    assert last("external_card") == [("terminal", 3200), ("receivable", -3200)]
    at_counter = journal()[-1]
    assert (at_counter.stripe_id, at_counter.note) == ("", "counter-2 EFTPOS slip 7")


def test_a_partial_refund_takes_its_share_of_each_rate(paid: Order) -> None:
    enter(paid, K.REFUND, -5200, "re_1", credits=True)
    # Half of 86.00 and half of 18.00; half of 7.82.
    assert last("refund") == [("stripe", -5200), ("refunds", 3909), ("gst", 391), ("refunds", 900)]
    enter(paid, K.REFUND, -5200, "re_2", credits=True)
    assert balances() == {"sales:gst": -7818, "sales:gst_free": -1800, "refunds": 9618}


def test_a_refund_that_did_not_arrive_is_taken_back_to_the_cent(paid: Order) -> None:
    before = balances()
    enter(paid, K.REFUND, -3333, "re_1", credits=True)
    enter(paid, K.REVERSAL, 3333, "re_1", credits=True)
    assert last("reversal") == [(slot, -cents) for slot, cents in last("refund")]
    assert balances() == before


def test_money_that_bought_nothing_is_a_debt_until_it_is_back(paid: Order) -> None:
    pay(paid, 10400, "pi_twice", surplus=True)
    assert last("charge") == [("stripe", 10400), ("deposits", -10400)]
    enter(paid, K.REFUND, -10400, "re_1", payment_id=books.payment_of(paid))
    assert last("refund") == [("stripe", -10400), ("deposits", 10400)]


@pytest.mark.parametrize(
    ("kind", "money"), [(K.CASH, "cash"), (K.EXTERNAL_CARD, "terminal"), (K.ADJUSTMENT, "suspense")]
)
def test_money_that_bought_nothing_and_is_given_by_hand_is_no_debt_any_more(
    paid: Order, kind: K, money: str
) -> None:
    pay(paid, 10400, "pi_twice", surplus=True)
    before = balances()
    payment_id = books.payment_of(paid)
    enter(paid, kind, -10400, f"surplus:{payment_id}:2", payment_id=payment_id)
    assert last(kind.value) == [(money, -10400), ("deposits", 10400)]
    after = balances()
    assert after.pop(money) == -10400 and "deposits" not in after
    assert before.pop("deposits") == -10400 and after == before


def test_a_late_payment_of_an_order_that_never_was_one() -> None:
    order = OrderFactory(expired=True)
    pay(order, 8600, "pi_late", surplus=True)
    enter(order, K.REFUND, -8600, "re_late", payment_id=books.payment_of(order))
    assert balances() == {}


def test_fees_and_disputes(paid: Order) -> None:
    enter(paid, K.FEE, -206, "txn_1")
    assert last("fee") == [("stripe", -206), ("fees", 206)]
    enter(paid, K.DISPUTE, -10400, "txn_2")
    enter(paid, K.DISPUTE_FEE, -2500, "txn_3")
    assert last("dispute") == [("stripe", -10400), ("disputed", 10400)]
    assert last("dispute_fee") == [("stripe", -2500), ("dispute_fees", 2500)]


def test_a_dispute_that_is_won_brings_the_money_back(paid: Order) -> None:
    enter(paid, K.DISPUTE, -10400, "txn_2")
    enter(paid, K.DISPUTE, 10400, "txn_4")
    assert "disputed" not in balances()


def test_a_dispute_that_is_lost_is_a_loss_on_the_day_it_is_lost(paid: Order) -> None:
    enter(paid, K.DISPUTE, -10400, "txn_2")
    books.lose_dispute(paid, 10400)
    assert last("dispute_lost") == [("dispute_losses", 10400), ("disputed", -10400)]
    assert "disputed" not in balances()
    # The sale and its GST stay what they were: whether they can be taken back is the accountant's question.
    assert balances()["gst"] == -782


def test_a_share_for_a_guest_baker_and_its_return(paid: Order) -> None:
    enter(paid, K.TRANSFER, -9000, "tr_1")
    assert last("transfer") == [("stripe", -9000), ("sellers", 9000)]


def test_a_correction_by_hand_stands_against_an_account_that_somebody_has_to_clear(paid: Order) -> None:
    enter(paid, K.ADJUSTMENT, 500, "fix-1", note="the till was 5.00 over", actor_label="Parwin")
    assert last("adjustment") == [("suspense", 500), ("receivable", -500)]


def test_cash_given_back_with_a_lower_price_is_a_refund(paid: Order) -> None:
    enter(paid, K.CASH, -1040, "counter-9", credits=True)
    assert last("cash") == [("cash", -1040), ("refunds", 782), ("gst", 78), ("refunds", 180)]


def test_what_was_invoiced_and_called_off_unpaid_is_no_sale(session: Session) -> None:
    """Half is paid and kept, the other half will never be paid: half of the sale and of its GST remain."""
    order = with_deposit()
    books.invoice(order)
    books.call_off(order)
    assert last("cancellation") == [
        ("refunds", 3909), ("gst", 391), ("refunds", 900), ("receivable", -5200),
    ]  # fmt: skip
    assert balances() == {
        "stripe": 5200, "sales:gst": -7818, "sales:gst_free": -1800, "gst": -391, "refunds": 4809,
    }  # fmt: skip
    # The deposit given back after all: nothing of the sale is left, to the cent.
    enter(order, K.REFUND, -5200, "re_1", credits=True)
    assert balances() == {"sales:gst": -7818, "sales:gst_free": -1800, "refunds": 9618}


def test_an_order_of_nothing_has_no_entry() -> None:
    books.invoice(OrderFactory(confirmed=True, total_cents=0, tax_cents=0))
    assert journal() == []


def test_a_shop_whose_prices_have_no_tax_in_them() -> None:
    order = sold(prices_include_tax=False, total_cents=11182, tax_cents=782)
    pay(order, 11182, "pi_1")
    books.invoice(order)
    assert balances() == {"stripe": 11182, "sales:gst": -8600, "sales:gst_free": -1800, "gst": -782}


def test_an_entry_keeps_its_number_and_its_lines_whatever_comes_later(paid: Order) -> None:
    enter(paid, K.REFUND, -1000, "re_1", credits=True)
    before = journal()
    enter(paid, K.REFUND, -2000, "re_2", credits=True)
    enter(paid, K.FEE, -30, "txn_1")
    assert journal()[: len(before)] == before
