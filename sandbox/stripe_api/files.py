"""Files: evidence uploaded for disputes."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from sandbox.ids import stripe_id
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.errors import StripeError, invalid, missing, missing_parameter
from sandbox.stripe_api.lists import page

PURPOSES = ("dispute_evidence",)
LARGEST = 5 * 1024 * 1024
# How a file of each type begins. What it is called decides nothing.
BEGINNINGS = {b"%PDF-": "pdf", b"\xff\xd8\xff": "jpg", b"\x89PNG\r\n\x1a\n": "png"}
MEDIA_TYPES = {"pdf": "application/pdf", "jpg": "image/jpeg", "png": "image/png"}
KEPT_SECONDS = 7 * 30 * 24 * 60 * 60


def create(call: Call) -> dict[str, Any]:
    """Refuses other purposes, empty and large files, and all but PDF, JPEG and PNG."""
    purpose = call.params.needed("purpose")
    if purpose not in PURPOSES:
        raise invalid(f"The sandbox takes files for {', '.join(PURPOSES)} only.", "purpose")
    if call.params.has("file_link_data"):
        raise invalid("The sandbox has no file links.", "file_link_data")
    call.params.done()
    upload = call.files.get("file")
    if upload is None:
        raise missing_parameter("file")
    name, content = upload
    if not content:
        raise invalid("The file is empty.", "file")
    if len(content) > LARGEST:
        raise StripeError(
            f"The file has {len(content):,} bytes; one for dispute evidence has {LARGEST:,} at most.",
            param="file",
        )
    kind = next((kind for start, kind in BEGINNINGS.items() if content.startswith(start)), None)
    if kind is None:
        raise invalid("Dispute evidence is a PDF, JPEG or PNG file.", "file")
    return _keep(call, purpose, PurePath(name).name[:200] or "file", kind, content)


def _keep(call: Call, purpose: str, name: str, kind: str, content: bytes) -> dict[str, Any]:
    key = stripe_id("file")
    call.store.run("INSERT INTO files (id, content) VALUES (?, ?)", key, content)
    body = {
        "id": key,
        "object": "file",
        "created": call.now(),
        "expires_at": call.now() + KEPT_SECONDS,
        "filename": name,
        "links": {"object": "list", "data": [], "has_more": False, "url": f"/v1/file_links?file={key}"},
        "purpose": purpose,
        "size": len(content),
        "title": None,
        "type": kind,
        "url": f"{call.world.base_url}/v1/files/{key}/contents",
    }
    return call.add(body)


def content(call: Call, key: str) -> tuple[bytes, str]:
    """The bytes and their media type. Refuses an unknown file."""
    body = call.get("file", key, names="file upload")
    row = call.store.row("SELECT content FROM files WHERE id = ?", key)
    if row is None:
        raise missing("file upload", key)
    return bytes(row["content"]), MEDIA_TYPES[body["type"]]


def retrieve(call: Call, key: str) -> dict[str, Any]:
    call.params.done()
    return call.get("file", key, names="file upload")


def listed(call: Call) -> dict[str, Any]:
    return page(call.store, "file", "/v1/files", call.params, {"purpose": call.params.text("purpose")})


ROUTES = [("POST", "files", create), ("GET", "files", listed), ("GET", "files/<key>", retrieve)]
