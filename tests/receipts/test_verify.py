"""/receipts/verify: what is said of a file that somebody brings."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.integrations.adapters import Adapters
from bakery.payments import receipts
from bakery.payments.papers.verify import MOST_BYTES, Verdict, verify
from bakery.payments.receipt_pdf import render_pdf
from tests.factories.shop import ShopFactory
from tests.receipts.sales import sold
from tests.receipts.test_receipts import facts


@pytest.fixture
def issued(session: Session, outside: Adapters) -> bytes:
    """The invoice of order SC-7K3M-Q9, issued on a Saturday in Sydney."""
    ShopFactory()
    order = sold(number="SC-7K3M-Q9")
    with clock.travel(datetime(2026, 11, 21, 3, 12, tzinfo=UTC)):
        return receipts.get_pdf(order.id, outside.files).data


def bring(client: FlaskClient, data: bytes | None, name: str = "R-000001.pdf") -> tuple[int, str]:
    form: dict[str, Any] = {} if data is None else {"document": (BytesIO(data), name)}
    answer = client.post("/receipts/verify", data=form, content_type="multipart/form-data")
    # What the test client sent is a file of its own, when it is large.
    answer.request.environ["wsgi.input"].close()
    return answer.status_code, re.sub(r"<[^>]+>|\s+", " ", answer.text).replace("  ", " ")


def test_the_file_as_it_was_issued(client: FlaskClient, issued: bytes) -> None:
    status, said = bring(client, issued)
    assert status == 200
    said = re.sub(r"\s+", " ", said)
    assert "Unchanged" in said
    assert (
        "R-000001 , issued by Saffron &amp; Crumb Pty Ltd on Saturday 21 November 2026 at 2:12 pm AEDT"
        in said
    )
    # Whoever has the file knows the rest; whoever only looks at the page learns no amount and no name.
    assert "Laila" not in said and "104" not in said


def test_one_flipped_byte_anywhere_is_found(session: Session, issued: bytes) -> None:
    places = range(0, len(issued), max(1, len(issued) // 150))
    found = []
    for place in places:
        changed = bytearray(issued)
        changed[place] ^= 1
        found.append(verify(session, bytes(changed)))
    assert Verdict.KEPT not in {each.verdict for each in found}
    assert Verdict.FOREIGN not in {each.verdict for each in found}
    # Of almost all it is said which paper they claim to be.
    assert sum(each.label == "R-000001" for each in found) > 0.95 * len(found)


def test_a_changed_file_is_named_with_what_it_claims_to_be(client: FlaskClient, issued: bytes) -> None:
    at = len(issued) // 3
    status, said = bring(client, issued[:at] + bytes([issued[at] ^ 1]) + issued[at + 1 :])
    assert status == 200
    assert "Changed" in said and "something in it was changed" in said
    assert "R-000001" in said


@pytest.mark.parametrize(
    "change",
    [
        lambda pdf: pdf + b"\n%more",
        lambda pdf: pdf[:-5000],
        lambda pdf: pdf[100:],
        lambda pdf: pdf.replace(b"/ByteRange", b"/ByteRangr"),
    ],
)
def test_what_is_cut_or_added_to_is_changed(session: Session, issued: bytes, change: Any) -> None:
    assert verify(session, change(issued)).verdict == Verdict.CHANGED


def test_a_print_of_ours_without_its_signature_is_changed(session: Session, issued: bytes) -> None:
    unsigned = issued[: issued.index(b"%%EOF") + 6]
    found = verify(session, unsigned)
    assert (found.verdict, found.label) == (Verdict.CHANGED, "R-000001")


def test_a_made_up_invoice_in_our_style_for_no_order_of_ours_is_not_ours(
    session: Session, issued: bytes
) -> None:
    """The number exists, but not with that order: others number their papers R-000001, too."""
    made_up = render_pdf("R-000001", facts(1) | {"order_number": "SC-2222-22"})
    assert verify(session, made_up).verdict == Verdict.FOREIGN


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7 nothing of ours",
        b"not even a PDF",
        bytes(range(256)) * 100,
        b"<" * 50_000,
        b"<" + b"41" * 100_000 + b">",
        b"/ByteRange [0 1 2 3]" * 1000,
        b"/ByteRange [999999999 999999999 999999999 999999999]",
        b"R-000001 SC-7K3M-Q8",
        b"R-999999999 SC-7K3M-Q9",
    ],
)
def test_whatever_else_is_brought_is_not_ours(client: FlaskClient, issued: bytes, data: bytes) -> None:
    status, said = bring(client, data)
    assert status == 200
    assert "Not ours" in said


def test_no_file_an_empty_one_and_one_too_large_are_refused(client: FlaskClient, issued: bytes) -> None:
    assert bring(client, None)[0] == 422
    status, said = bring(client, b"")
    assert status == 422 and "This file is empty." in said
    status, said = bring(client, b"x" * (MOST_BYTES + 1))
    assert status == 422 and "larger than any document of ours" in said
    assert bring(client, b"x" * (2 * 1024 * 1024))[0] == 413


def test_the_page_itself(client: FlaskClient, session: Session) -> None:
    ShopFactory()
    answer = client.get("/receipts/verify")
    assert answer.status_code == 200
    assert 'type="file"' in answer.text and "no-store" in answer.headers["Cache-Control"]
