"""A paper's file: printed and signed on first demand, kept under its hash, and printed again when it is lost."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import update
from sqlalchemy.orm import Session

from bakery.infra.transaction import transaction
from bakery.integrations.files.port import FileMissing, Files
from bakery.messages.operations import raise_alert_of_strangers
from bakery.payments.papers import keys
from bakery.payments.papers.models import Paper
from bakery.payments.papers.signing import Signer, sign

log = structlog.get_logger(__name__)
PDF = "application/pdf"
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of paper: where its rows and files are, and how its facts are printed."""

    # The folder of its files.
    slug: str
    # What people call it.
    name: str
    model: type[Any]
    print_pdf: Callable[[str, Facts], bytes]
    # Whether its tax is owed (1), taken back (-1), or stands on another paper (0).
    tax_sign: int


@dataclass(frozen=True)
class PaperPdf:
    """What a person downloads."""

    name: str
    data: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class _Stand:
    """A paper as its row says, away from the database."""

    id: int
    label: str
    facts: Facts
    issued_at: datetime
    key_id: int | None
    file_key: str | None
    sha256: str | None


def fetch(kind: Kind, paper_id: int, files: Files) -> PaperPdf:
    """The paper's file as it was issued. Opens transactions of its own.

    The first one to ask prints and signs it; its hash is written down once and for ever. A file that is lost or
    damaged is printed again from the same facts with the same key, and put back if it is the same to the byte. If
    it is not (another release prints otherwise), the staff are told to restore the first one, and this print is
    handed out all the same: signed, and saying the same.
    """
    stand = _read(kind, paper_id)
    if stand.sha256 and (kept := _kept(stand, files)):
        return kept
    printed = _print(kind, stand)
    if stand.sha256 is None:
        if _enter(kind, stand, printed, files):
            return printed[0]
        # Somebody else was first: theirs is the paper.
        stand = _read(kind, paper_id)
        if kept := _kept(stand, files):
            return kept
    return _again(kind, stand, printed[0], files)


def _read(kind: Kind, paper_id: int) -> _Stand:
    with transaction() as session:
        row: Paper = session.get_one(kind.model, paper_id, populate_existing=True)
        return _Stand(
            row.id,
            row.label,
            dict(row.snapshot),
            row.issued_at,
            row.signing_key_id,
            row.file_key,
            row.sha256,
        )


def _kept(stand: _Stand, files: Files) -> PaperPdf | None:
    """The file, if it is there and is the one that was issued."""
    try:
        data = files.get(stand.file_key or "")
    except FileMissing:
        return None
    digest = hashlib.sha256(data).hexdigest()
    return PaperPdf(f"{stand.label}.pdf", data, digest) if digest == stand.sha256 else None


def _print(kind: Kind, stand: _Stand) -> tuple[PaperPdf, int | None]:
    """The signed print, and the key's id. What was issued unsigned is printed so again."""
    data = kind.print_pdf(stand.label, stand.facts)
    key_id = None
    if stand.sha256 is None or stand.key_id is not None:
        signer = _signer(stand.key_id)
        reason = f"Issued as {stand.label} of order {stand.facts['order_number']}"
        data, key_id = sign(data, signer, stand.issued_at, reason), signer.key_id
    return PaperPdf(f"{stand.label}.pdf", data, hashlib.sha256(data).hexdigest()), key_id


def _signer(key_id: int | None) -> Signer:
    try:
        return keys.signer(key_id)
    except keys.KeyLocked:
        if key_id is None:
            raise
        # The key of that time is gone with its SECRET_KEY: the one in use signs this print.
        return keys.signer()


def _enter(kind: Kind, stand: _Stand, printed: tuple[PaperPdf, int | None], files: Files) -> bool:
    """Keep the file, then write down which it is. False where another one is written down already.

    A file is named by its hash, so none is ever overwritten with another.
    """
    pdf, key_id = printed
    file_key = f"{kind.slug}/{stand.label}-{pdf.sha256[:16]}.pdf"
    files.put(file_key, pdf.data, content_type=PDF)
    with transaction() as session:
        return _write_down(session, kind, stand.id, (file_key, pdf.sha256, key_id))


def _write_down(session: Session, kind: Kind, paper_id: int, file: tuple[str, str, int | None]) -> bool:
    file_key, sha256, key_id = file
    model = kind.model
    query = update(model).where(model.id == paper_id, model.sha256.is_(None))
    query = query.values(file_key=file_key, sha256=sha256, signing_key_id=key_id)
    return session.scalar(query.returning(model.id)) is not None


def _again(kind: Kind, stand: _Stand, pdf: PaperPdf, files: Files) -> PaperPdf:
    """A print of a paper whose file is lost: the same to the byte, or else a matter for the staff."""
    if pdf.sha256 == stand.sha256:
        log.warning("paper_put_back", paper=stand.label)
        files.put(stand.file_key or "", pdf.data, content_type=PDF)
        return pdf
    log.error("paper_lost", paper=stand.label)
    text = (
        f"The file of {stand.label} is lost or damaged, and this release prints it differently. "
        f"Restore {stand.file_key} from a backup of the files. Until then a new print is handed out."
    )
    with transaction() as session:
        raise_alert_of_strangers(session, "paper_lost", f"paper-lost:{stand.label}", text)
    return pdf
