"""A signature in the PDF itself: whoever opens the file sees whether a byte has changed since it was issued.

The same PDF, key and time give the same bytes: RSA with PKCS #1 v1.5 draws no random numbers, the time is the
paper's own, and nothing else of pyHanko's that depends on clock or chance is let in.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import io
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

# The signature in hexadecimal: RSA 3072 with its certificate needs less than half of it.
RESERVED = 8192
FIELD = "Issuer"


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that is open: the certificate (DER), the private key (DER, PKCS #8) and whose they are."""

    key_id: int
    name: str
    certificate: bytes
    private_key: bytes


def sign(pdf: bytes, signer: Signer, at: datetime, reason: str) -> bytes:
    """The PDF with one certifying signature over all of it, which allows no later change."""
    # pyHanko takes half a second and 30 MB: only who prints pays for it.
    embedder = importlib.import_module("pyhanko.sign.signers.cms_embedder")
    ranges = importlib.import_module("pyhanko.sign.signers.pdf_byterange")
    fields = importlib.import_module("pyhanko.sign.fields")
    at = at.replace(microsecond=0)
    writer = _writer()(io.BytesIO(pdf))
    steps = embedder.PdfCMSEmbedder(new_field_spec=fields.SigFieldSpec(FIELD)).write_cms(FIELD, writer)
    next(steps)
    place = ranges.SignatureObject(timestamp=at, name=signer.name, reason=reason, bytes_reserved=RESERVED)
    nothing_more = embedder.SigMDPSetup(
        md_algorithm="sha256", certify=True, docmdp_perms=fields.MDPPerm.NO_CHANGES
    )
    steps.send(embedder.SigObjSetup(sig_placeholder=place, mdp_setup=nothing_more))
    prepared, out = steps.send(embedder.SigIOSetup(md_algorithm="sha256"))
    steps.send(_cms(prepared.document_digest, signer, at))
    return bytes(out.getvalue())


def _cms(digest: bytes, signer: Signer, at: datetime) -> Any:
    cms = importlib.import_module("pyhanko.sign.signers.pdf_cms")
    store = importlib.import_module("pyhanko_certvalidator.registry").SimpleCertificateStore()
    x509, keys = importlib.import_module("asn1crypto.x509"), importlib.import_module("asn1crypto.keys")
    simple = cms.SimpleSigner(
        signing_cert=x509.Certificate.load(signer.certificate),
        signing_key=keys.PrivateKeyInfo.load(signer.private_key),
        cert_registry=store,
    )
    attributes = cms.PdfCMSSignedAttributes(signing_time=at)
    return asyncio.run(simple.async_sign(digest, "sha256", signed_attr_settings=attributes))


@cache
def _writer() -> Any:
    incremental = importlib.import_module("pyhanko.pdf_utils.incremental_writer")
    generic = importlib.import_module("pyhanko.pdf_utils.generic")

    class SameEachTime(incremental.IncrementalPdfFileWriter):  # type: ignore[name-defined]
        """Adds to a PDF without a random number and without the time of day."""

        @classmethod
        def _handle_id(cls, prev: Any) -> Any:
            first = prev.trailer["/ID"][0]
            name = bytes(getattr(first, "original_bytes", first))
            second = hashlib.sha256(name + b" signed").digest()[:16]
            return generic.ArrayObject([generic.ByteStringObject(each) for each in (name, second)])

        def _update_meta(self) -> None:
            """The time of change is the time of issue, which the document says already."""

    return SameEachTime
