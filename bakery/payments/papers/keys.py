"""The shop's own signing keys: made when first needed, sealed in the database, replaced by `flask signing rotate`."""

from __future__ import annotations

import importlib
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.errors import Unavailable
from bakery.infra.sealing import Unsealable, seal, unseal
from bakery.infra.transaction import transaction
from bakery.messages.operations import raise_alert_of_strangers
from bakery.payments.papers.models import SigningKey
from bakery.payments.papers.signing import Signer
from bakery.shop.queries import Profile, get_profile

log = structlog.get_logger(__name__)
BITS = 3072
# Papers are kept for decades at most; a reader says "expired" after that, not "changed".
VALID = timedelta(days=365 * 30)
PURPOSE = "signing-key"
# What a field of a certificate holds.
_MOST = 64


class KeyLocked(Unavailable):
    """The key in use was sealed under another SECRET_KEY. `why` says so to whoever runs the shop."""

    def __init__(self, fingerprint: str) -> None:
        super().__init__(
            "This document cannot be printed just now. We have been told; please try again later."
        )
        self.why = (
            f"The signing key {fingerprint[:16]} does not open: SECRET_KEY is not the one it was sealed with. "
            "Set the former SECRET_KEY again; or, if it is gone, run `flask signing rotate` for a new key. "
            "What was issued before stays valid, and the new key signs from then on."
        )

    def __str__(self) -> str:
        return self.why


def signer(key_id: int | None = None) -> Signer:
    """The key in use, made if there is none; or the one of that id, for a paper that it signed. Raises KeyLocked."""
    with transaction() as session:
        row = session.get(SigningKey, key_id) if key_id else _in_use(session)
        row = row or _make(session)
        found = (row.id, row.certificate, row.sealed_key, row.fingerprint)
    try:
        return _open(*found)
    except Unsealable as error:
        raise _locked(found[3]) from error


def rotate() -> str:
    """Retire the key in use and make the next. Answers the new one's fingerprint."""
    with transaction() as session:
        row = _in_use(session, lock=True)
        if row is not None:
            row.in_use, row.retired_at = False, clock.now()
            session.flush()
        return _make(session).fingerprint


def _in_use(session: Session, *, lock: bool = False) -> SigningKey | None:
    query = select(SigningKey).where(SigningKey.in_use)
    return session.scalar(query.with_for_update(key_share=True) if lock else query)


def _make(session: Session) -> SigningKey:
    """A new key in use. Of two processes that make one at once the second takes the first one's."""
    now = clock.now()
    certificate, private_key, fingerprint = _generate(get_profile(session), now)
    session.execute(
        insert(SigningKey)
        .values(
            certificate=certificate,
            fingerprint=fingerprint,
            sealed_key=seal(private_key, PURPOSE),
            in_use=True,
            created_at=now,
        )
        .on_conflict_do_nothing()
    )
    row = _in_use(session)
    assert row is not None
    log.info("signing_key", fingerprint=row.fingerprint, made=row.fingerprint == fingerprint)
    return row


def _open(key_id: int, certificate: str, sealed_key: str, _: str) -> Signer:
    x509 = importlib.import_module("cryptography.x509")
    read = x509.load_pem_x509_certificate(certificate.encode())
    name = read.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
    return Signer(key_id, name, der_of(read), unseal(sealed_key, PURPOSE))


def der_of(certificate: Any) -> bytes:
    """A certificate as signatures carry it."""
    coding = importlib.import_module("cryptography.hazmat.primitives.serialization").Encoding
    return bytes(certificate.public_bytes(coding.DER))


def _locked(fingerprint: str) -> KeyLocked:
    """The refusal, once the staff know."""
    error = KeyLocked(fingerprint)
    with transaction() as session:
        # Anybody who opens a receipt brings it about.
        raise_alert_of_strangers(session, "signing_key", f"signing-key:{fingerprint[:16]}", error.why)
    return error


def _generate(shop: Profile, now: datetime) -> tuple[str, bytes, str]:
    """A self-signed certificate in the shop's legal name (PEM), its private key (DER), the certificate's sha256."""
    x509 = importlib.import_module("cryptography.x509")
    hashes = importlib.import_module("cryptography.hazmat.primitives.hashes")
    serialization = importlib.import_module("cryptography.hazmat.primitives.serialization")
    rsa = importlib.import_module("cryptography.hazmat.primitives.asymmetric.rsa")
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    words = {
        x509.NameOID.COMMON_NAME: shop.legal_name,
        x509.NameOID.ORGANIZATION_NAME: shop.legal_name,
        x509.NameOID.SERIAL_NUMBER: f"ABN {shop.abn}",
        x509.NameOID.COUNTRY_NAME: shop.country,
    }
    name = x509.Name([x509.NameAttribute(oid, text[:_MOST]) for oid, text in words.items()])
    # Signs what it says, and nobody's certificate.
    usage = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"), False
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.replace(microsecond=0))
        .not_valid_after(now.replace(microsecond=0) + VALID)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=True,
                encipher_only=False,
                decipher_only=False,
                **usage,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    coding = serialization.Encoding
    private = key.private_bytes(coding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    fingerprint = certificate.fingerprint(hashes.SHA256()).hex()
    return certificate.public_bytes(coding.PEM).decode(), private, fingerprint
