"""Is this file the one that was issued? Anybody may ask; a file is read as bytes, never opened as a document."""

from __future__ import annotations

import hashlib
import importlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.payments.papers.keys import der_of
from bakery.payments.papers.kinds import KINDS
from bakery.payments.papers.models import Paper, SigningKey

# A receipt of sixty lines has 60 KB.
MOST_BYTES = 900_000
# A file of ours bears one name; one that bears thousands is not asked for each.
MOST_NAMES = 5
# Where the signature stands in the file, in our own writing: all bytes but those of the signature itself.
_RANGE = re.compile(rb"/ByteRange \[(\d{1,9}) (\d{1,9}) (\d{1,9}) (\d{1,9})\]")
# The file's own name: number of the paper, number of the order (receipt_pdf.print_pdf).
_NAME = re.compile(rb"([A-Z]{1,4})-(\d{6,9}) (SC-[0-9A-Z]{4}-[0-9A-Z]{2})")
_HEX = re.compile(rb"<([0-9a-fA-F]{24,120})>")


class Verdict(StrEnum):
    """KEPT: byte for byte what was issued. SIGNED: a whole signature of ours, but not the file that we keep.

    CHANGED: it was ours, or says that it is. FOREIGN: nothing of ours is in it.
    """

    KEPT = "kept"
    SIGNED = "signed"
    CHANGED = "changed"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is said of a file: of which paper, where one is meant, issued when and by whom."""

    verdict: Verdict
    label: str = ""
    issued_at: datetime | None = None
    issuer: str = ""


def verify(session: Session, data: bytes) -> Finding:
    """Compare a file with what was issued: by its hash, by the signature in it, and by the name that it bears."""
    row = _by_hash(session, hashlib.sha256(data).hexdigest())
    if row is not None:
        return _finding(Verdict.KEPT, row)
    row = _by_name(session, data)
    signed = signed_by(data, session.scalars(select(SigningKey)).all())
    if signed is None:
        return _finding(Verdict.CHANGED, row) if row else Finding(Verdict.FOREIGN)
    return _finding(Verdict.SIGNED if signed else Verdict.CHANGED, row)


def signed_by(data: bytes, keys: Sequence[SigningKey]) -> bool | None:
    """Whether one of these keys signed the whole file as it is; None where no such key had anything to do with it."""
    x509 = importlib.import_module("cryptography.x509")
    for key in keys:
        certificate = x509.load_pem_x509_certificate(key.certificate.encode())
        if der_of(certificate).hex().encode() in data.lower():
            return _is_whole(data, certificate)
    return None


def _by_hash(session: Session, sha256: str) -> Paper | None:
    for kind in KINDS:
        if found := session.scalar(select(kind.model).where(kind.model.sha256 == sha256)):
            return found  # type: ignore[no-any-return]
    return None


def _by_name(session: Session, data: bytes) -> Paper | None:
    """The paper that the file says it is: only where number and order belong together does it know one of ours."""
    spelled = b" ".join(bytes.fromhex(match.decode()) for match in _HEX.findall(data) if len(match) % 2 == 0)
    names = dict.fromkeys(_NAME.findall(data) + _NAME.findall(spelled))
    for series, number, order_number in islice(names, MOST_NAMES):
        for kind in KINDS:
            model = kind.model
            row: Paper | None = session.scalar(
                select(model).where(model.series == series.decode(), model.number == int(number))
            )
            if row is not None and row.snapshot.get("order_number") == order_number.decode():
                return row
    return None


def _finding(verdict: Verdict, row: Paper | None) -> Finding:
    if row is None:
        return Finding(verdict)
    return Finding(verdict, row.label, row.issued_at, row.snapshot["shop"]["legal_name"])


def _is_whole(data: bytes, certificate: Any) -> bool:
    """Whether the signature covers every byte but its own, and fits them and the certificate."""
    ranges = _RANGE.findall(data)
    if len(ranges) != 1:
        return False
    start, first, second, rest = (int(number) for number in ranges[0])
    contents = data[first:second]
    if start != 0 or second + rest != len(data) or contents[:1] != b"<" or contents[-1:] != b">":
        return False
    digest = hashlib.sha256(data[:first] + data[second:]).digest()
    try:
        return _fits(bytes.fromhex(contents[1:-1].decode("ascii")), digest, certificate)
    except (ValueError, KeyError, TypeError, IndexError):
        # Not a signature any more.
        return False


def _fits(blob: bytes, digest: bytes, certificate: Any) -> bool:
    cms = importlib.import_module("asn1crypto.cms")
    padding = importlib.import_module("cryptography.hazmat.primitives.asymmetric.padding")
    hashes = importlib.import_module("cryptography.hazmat.primitives.hashes")
    invalid = importlib.import_module("cryptography.exceptions").InvalidSignature
    message = cms.ContentInfo.load(blob, strict=False)
    if blob[len(message.dump()) :].strip(b"\x00"):
        return False
    [signer] = message["content"]["signer_infos"]
    signed = signer["signed_attrs"]
    told = [each["values"].native for each in signed if each["type"].native == "message_digest"]
    if told != [[digest]]:
        return False
    try:
        certificate.public_key().verify(
            signer["signature"].native, signed.untag().dump(), padding.PKCS1v15(), hashes.SHA256()
        )
    except invalid:
        return False
    return True
