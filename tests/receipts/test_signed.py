"""The signature in each PDF: whole as issued, broken by any change, and the same bytes whenever it is made."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from asn1crypto.x509 import Certificate
from cryptography import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra.transaction import transaction
from bakery.integrations.adapters import Adapters
from bakery.payments import receipts
from bakery.payments.models import PaymentKind
from bakery.payments.papers import keys, signing
from bakery.payments.papers.models import SigningKey
from bakery.payments.papers.verify import signed_by
from bakery.payments.receipt_pdf import render_pdf
from tests.factories.shop import ShopFactory
from tests.receipts.sales import pay, with_deposit
from tests.receipts.test_receipts import facts

AT = datetime(2026, 11, 21, 3, 12, 5, 123456, tzinfo=UTC)
SHOP: Any = SimpleNamespace(legal_name="Saffron & Crumb Pty Ltd", abn="51 824 753 556", country="AU")


@pytest.fixture(scope="module")
def made() -> tuple[signing.Signer, Any]:
    """A key, as signer and as row."""
    pem, private, _ = keys._generate(SHOP, datetime(2026, 11, 1, tzinfo=UTC))
    der = keys.der_of(x509.load_pem_x509_certificate(pem.encode()))
    return signing.Signer(1, SHOP.legal_name, der, private), SimpleNamespace(certificate=pem)


@pytest.fixture(scope="module")
def signed(made: tuple[signing.Signer, Any]) -> bytes:
    return signing.sign(render_pdf("R-000001", facts(2)), made[0], AT, "Issued as R-000001")


def status(pdf: bytes, pem: str) -> Any:
    """What pyHanko, which did not sign it this way by itself, says of the file."""
    [found] = PdfFileReader(BytesIO(pdf)).embedded_signatures
    der = keys.der_of(x509.load_pem_x509_certificate(pem.encode()))
    context = ValidationContext(trust_roots=[Certificate.load(der)], allow_fetching=False)
    return validate_pdf_signature(found, context)


def test_a_reader_of_pdfs_finds_it_whole_and_knows_when_and_whose(
    made: tuple[signing.Signer, Any], signed: bytes
) -> None:
    found = status(signed, made[1].certificate)
    assert found.bottom_line and found.intact and found.valid
    assert found.coverage.name == "ENTIRE_FILE"
    assert found.docmdp_ok
    assert found.signer_reported_dt == AT.replace(microsecond=0)
    subject = found.signing_cert.subject.native
    assert subject["common_name"] == "Saffron & Crumb Pty Ltd"
    assert subject["serial_number"] == "ABN 51 824 753 556"


def test_the_same_again_is_the_same_to_the_byte(made: tuple[signing.Signer, Any], signed: bytes) -> None:
    with clock.travel(datetime(2031, 2, 3, tzinfo=UTC)):
        again = signing.sign(render_pdf("R-000001", facts(2)), made[0], AT, "Issued as R-000001")
    assert again == signed


def regions(pdf: bytes) -> dict[str, tuple[int, int]]:
    """The parts of a signed file, from its first byte to its last."""
    contents = pdf.index(b"/Contents <") + len(b"/Contents <")
    end = pdf.index(b">", contents)
    first_end = pdf.index(b"%%EOF") + 5
    return {
        "header": (0, 16),
        "first objects": (16, first_end // 2),
        "last objects": (first_end // 2, first_end - 40),
        "first end": (first_end - 40, first_end),
        "what was added": (first_end, contents),
        "signature": (contents, contents + 3200),
        "room after it": (contents + 6000, end),
        "byte range": (pdf.index(b"/ByteRange"), pdf.index(b"/ByteRange") + 40),
        "time and reason": (pdf.index(b"/M (D:") if b"/M (D:" in pdf else pdf.index(b"/M ("), end + 400),
        "end": (len(pdf) - 60, len(pdf)),
    }


REGIONS = [
    "header", "first objects", "last objects", "first end", "what was added",
    "signature", "room after it", "byte range", "time and reason", "end",
]  # fmt: skip


@pytest.mark.parametrize("name", REGIONS)
def test_a_flipped_byte_is_found_in_every_region(
    made: tuple[signing.Signer, Any], signed: bytes, name: str
) -> None:
    """In the hexadecimal of the signature itself a letter may change its case; everything else breaks it."""
    begin, end = regions(signed)[name]
    unseen = []
    for place in range(begin, end, max(1, (end - begin) // 60)):
        changed = bytearray(signed)
        changed[place] ^= 1
        if signed_by(bytes(changed), [made[1]]):
            unseen.append(place)
    in_hex = name == "signature"
    # What nobody reads of the message around the signature: the verdict rests on the file's hash before all else.
    assert len(unseen) <= (25 if in_hex else 0), unseen


@pytest.mark.parametrize(
    "change",
    [
        lambda pdf: pdf + b"\n",
        lambda pdf: pdf + b"\n1 0 obj\n<< /Type /Page >>\nendobj\n%%EOF",
        lambda pdf: pdf[:-1],
        lambda pdf: b"%PDF-1.7\n" + pdf,
        lambda pdf: pdf.replace(b"/ByteRange [0 ", b"/ByteRange [1 "),
        lambda pdf: pdf + pdf[pdf.index(b"/ByteRange") : pdf.index(b"/ByteRange") + 60],
        lambda pdf: pdf.replace(b"<308", b"<zz8", 1),
    ],
)
def test_what_is_added_cut_or_moved_is_found(
    made: tuple[signing.Signer, Any], signed: bytes, change: Any
) -> None:
    changed = change(signed)
    assert changed != signed
    assert signed_by(changed, [made[1]]) is False


def test_another_shops_signature_is_not_ours(signed: bytes) -> None:
    pem, _, _ = keys._generate(SHOP, AT)
    assert signed_by(signed, [SimpleNamespace(certificate=pem)]) is None


def test_our_certificate_with_another_ones_signature_is_found(made: tuple[signing.Signer, Any]) -> None:
    _, private, _ = keys._generate(SHOP, AT)
    forged = signing.Signer(1, SHOP.legal_name, made[0].certificate, private)
    pdf = signing.sign(render_pdf("R-000001", facts(1)), forged, AT, "Issued as R-000001")
    assert signed_by(pdf, [made[1]]) is False


def test_invoice_and_payment_receipt_are_signed_with_the_shops_key(
    session: Session, outside: Adapters
) -> None:
    ShopFactory()
    order = with_deposit()
    invoice = receipts.get_pdf(order.id, outside.files)
    row = pay(order, 5200, "pi_balance", PaymentKind.BALANCE)
    with transaction() as open_session:
        paper = receipts.issue_payment_receipt(open_session, order.id, row).id
    paid = receipts.get_payment_pdf(paper, outside.files)
    key = session.scalars(select(SigningKey)).one()
    for pdf in (invoice, paid):
        assert status(pdf.data, key.certificate).bottom_line
        assert signed_by(pdf.data, [key])
