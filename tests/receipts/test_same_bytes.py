"""Printed again, it is the same file: in another process, another year, another place; and whose word counts if not."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from pypdf import PdfReader
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra.transaction import transaction
from bakery.integrations.adapters import Adapters
from bakery.messages.models import StaffAlert
from bakery.orders.models import Order
from bakery.payments import receipts
from bakery.payments.models import Receipt
from bakery.payments.papers import keys, kinds
from bakery.payments.receipt_pdf import render_pdf
from tests.factories.shop import ShopFactory
from tests.receipts.sales import pay, sold
from tests.receipts.test_receipts import facts
from tests.receipts.test_signed import SHOP

ROOT = Path(__file__).parents[2]
MESSAGE = "تولدت مبارک Žofie 🎂 李明 ♥ שלום Привет"


@pytest.fixture
def order(session: Session) -> Order:
    ShopFactory()
    order = sold()
    pay(order, 10400, "pi_1")
    return order


def printed(told: dict[str, Any], **environment: str) -> str:
    """The sha256 that a process of its own comes to."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.receipts.prints_once"],
        cwd=ROOT,
        env={**os.environ, **environment},
        input=json.dumps(told),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


def test_other_processes_on_other_days_in_other_places_print_the_same_bytes() -> None:
    pem, private, _ = keys._generate(SHOP, datetime(2026, 11, 1, tzinfo=UTC))
    der = keys.der_of(x509.load_pem_x509_certificate(pem.encode()))
    told = {
        "certificate": der.hex(),
        "private": private.hex(),
        "facts": facts(2, message=MESSAGE),
        "today": "2026-11-28T03:00:00+00:00",
    }
    first = printed(told, PYTHONHASHSEED="1", TZ="Australia/Sydney", LANG="C.UTF-8")
    assert len(first) == 64
    later = told | {"today": "2033-02-28T03:00:00+00:00"}
    assert printed(later, PYTHONHASHSEED="2", TZ="America/New_York", LC_ALL="C") == first


def test_no_font_of_this_machine_is_used_also_for_letters_that_ours_do_not_have() -> None:
    reader = PdfReader(BytesIO(render_pdf("R-000001", facts(1, message=MESSAGE))))
    fonts = reader.pages[0]["/Resources"]["/Font"]
    names = {str(font.get_object()["/BaseFont"]).partition("+")[2] for font in fonts.values()}
    assert {"Shop-Wide", "Shop-Emoji", "Shop-Last"} <= names
    assert all(name.startswith(("Shop-", "Aref-Ruqaa")) for name in names), names


def test_a_lost_file_comes_back_byte_for_byte_after_years(order: Order, outside: Adapters) -> None:
    first = receipts.get_pdf(order.id, outside.files)
    outside.files.files.clear()
    with clock.travel(datetime(2031, 3, 4, tzinfo=UTC)):
        assert receipts.get_pdf(order.id, outside.files) == first
    assert outside.files.files == {f"receipts/R-000001-{first.sha256[:16]}.pdf": first.data}


def test_when_a_release_prints_otherwise_the_kept_file_is_the_truth(
    order: Order, outside: Adapters, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = receipts.get_pdf(order.id, outside.files)
    monkeypatch.setattr("bakery.payments.receipt_pdf.percent", str)
    other = lambda label, facts: render_pdf(label, facts | {"order_number": "SC-7K3M-Q8"})  # noqa: E731
    monkeypatch.setattr(kinds, "RECEIPT", kinds.Kind("receipts", "Tax invoice", Receipt, other, 1))
    assert receipts.get_pdf(order.id, outside.files) == first
    # Lost as well: what is printed now is handed out, but neither kept nor taken for the first one.
    kept = dict(outside.files.files)
    outside.files.files.clear()
    again = receipts.get_pdf(order.id, outside.files)
    assert again.data != first.data and again.data.startswith(b"%PDF")
    row = session.scalars(select(Receipt)).one()
    assert row.sha256 == first.sha256 and outside.files.files == {}
    [alert] = session.scalars(select(StaffAlert).where(StaffAlert.kind == "paper_lost"))
    assert row.file_key in alert.text
    outside.files.files.update(kept)
    assert receipts.get_pdf(order.id, outside.files) == first


def test_of_two_that_print_at_once_the_first_one_written_down_counts(
    order: Order, outside: Adapters, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one prints otherwise (another release, say): it hands out the first one's file."""
    real = kinds.RECEIPT.print_pdf
    first: list[Any] = []

    def slow(label: str, facts: dict[str, Any]) -> bytes:
        if not first:
            first.append(None)
            first[0] = receipts.get_pdf(order.id, outside.files)
            return real(label, facts | {"order_number": "SC-7K3M-Q8"})
        return real(label, facts)

    monkeypatch.setattr(kinds, "RECEIPT", kinds.Kind("receipts", "Tax invoice", Receipt, slow, 1))
    assert receipts.get_pdf(order.id, outside.files) == first[0]
    assert session.scalars(select(Receipt.sha256)).one() == first[0].sha256


def test_what_was_issued_before_there_were_signatures_stays_unsigned(
    order: Order, outside: Adapters, session: Session
) -> None:
    with transaction() as open_session:
        row = receipts.issue(open_session, order.id)
        data = render_pdf(row.label, dict(row.snapshot))
        row.file_key, row.sha256 = "receipts/R-000001.pdf", hashlib.sha256(data).hexdigest()
    assert receipts.get_pdf(order.id, outside.files).data == data
    assert outside.files.files == {"receipts/R-000001.pdf": data}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE receipt SET snapshot = snapshot || '{\"total_cents\": 1}'",
        "UPDATE receipt SET issued_at = now()",
        "UPDATE receipt SET number = number + 1",
        "UPDATE receipt SET sha256 = repeat('0', 64)",
        "UPDATE receipt SET file_key = NULL",
        "UPDATE receipt SET signing_key_id = NULL",
        "UPDATE receipt SET keep_until = keep_until - 1",
        "DELETE FROM receipt",
        "TRUNCATE receipt",
    ],
)
def test_the_database_changes_nothing_of_a_paper(
    order: Order, outside: Adapters, session: Session, statement: str
) -> None:
    receipts.get_pdf(order.id, outside.files)
    with pytest.raises(IntegrityError):
        session.execute(text(statement))
