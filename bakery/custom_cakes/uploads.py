"""Pictures that customers send: looked at, shrunk, stripped of what they tell about a person, and kept private.

What a file is called and says it is counts for nothing; its bytes decide. Sizes are read from the header before
a pixel is decoded, so a small file that would unfold to gigabytes never does. A request with the most and the
largest pictures is larger than `MAX_CONTENT_LENGTH`: the page that takes them raises the limit for itself
(`request.max_content_length = MAX_REQUEST_BYTES`).
"""

from __future__ import annotations

import importlib
import io
import re
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from itsdangerous import BadData, URLSafeSerializer
from PIL import Image, ImageCms, ImageFile, ImageOps

from bakery.core import clock
from bakery.core.errors import Invalid
from bakery.integrations.files.port import Files

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_PICTURES = 6
# All pictures and the form around them.
MAX_REQUEST_BYTES = MAX_PICTURES * MAX_BYTES + 1024 * 1024
# A progressive JPEG comes in about ten passes over all its pixels. One of 10 MB has room for a hundred thousand
# empty ones, which would keep a process busy for hours.
MAX_PASSES = 50
# All parts of a JPEG but its restarts; a real one has a few dozen, and a hundred more with a large profile.
MAX_PARTS = 2000
# A PNG's parts beside its pixels: each profile or text among them may unfold to a megabyte.
MAX_NOTES = 100
_PIXELS = frozenset({b"IDAT", b"fdAT", b"fcTL"})
# What is kept: enough to see every petal on a large screen.
KEPT_EDGE = 2048
KEPT_TYPE = "image/webp"
LINK_LIFE = timedelta(hours=12)

_FIELD = "pictures"
_SALT = "custom-cake-picture"
# iPhones write these; mif1 and msf1 are also what AVIF may begin with, so the list of its kin decides.
_HEIC = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis"})
_OTHERS = (
    (b"GIF8", "a GIF"),
    (b"%PDF", "a PDF"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an SVG drawing"),
    (b"BM", "a BMP"),
    (b"II*\x00", "a TIFF or raw photo"),
    (b"MM\x00*", "a TIFF or raw photo"),
    (b"PK", "an archive"),
)
# In a JPEG's pixels 0xFF is followed by one of the others: padding, a stuffed zero, a restart.
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_START, _END, _PASS, _ALONE = 0xD8, 0xD9, 0xDA, 0x01
# One decoded picture may take 160 MB for a moment: a process works on one at a time.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class CleanPicture:
    """A picture as it is kept: WebP, upright, at most `KEPT_EDGE` pixels, pixels and nothing else."""

    data: bytes
    width: int
    height: int
    # What was sent: "JPEG", "PNG", "WEBP" or "HEIC".
    was: str


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture in the file store, under a key that nobody can guess."""

    key: str
    width: int
    height: int
    size_bytes: int


def sniff(data: bytes) -> str | None:
    """What the bytes say they are: "JPEG", "PNG", "WEBP", "HEIC"; None for anything else."""
    if data[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        length = min(int.from_bytes(data[:4], "big"), 256)
        kin = {data[at : at + 4] for at in range(8, length, 4) if at != 12}
        return "HEIC" if kin & _HEIC else None
    return None


def clean_picture(data: bytes, name: str = "") -> CleanPicture:
    """The picture made anew from its pixels. `name` is only for the sentence of a refusal.

    Refuses with Invalid (field `pictures`), one sentence each: nothing sent, more than 10 MB, no JPEG, PNG,
    WebP or HEIC, a JPEG or PNG of too many parts, more than 40 megapixels, and what cannot be decoded.
    """
    called = f"“{name[:60]}”" if name else "This picture"
    if not data:
        raise _refused(f"{called} is empty.")
    if len(data) > MAX_BYTES:
        raise _refused(f"{called} has {len(data) / 1024 / 1024:.1f} MB; a picture may have up to 10 MB.")
    kind = sniff(data)
    if kind is None:
        raise _refused(f"{called} is {_other(data)}. Please send JPEG, PNG, WebP or HEIC.")
    if (kind == "JPEG" and _has_too_many_passes(data)) or (kind == "PNG" and _has_too_many_notes(data)):
        raise _refused(
            f"{called} is saved in too many passes or parts. Please save it again as a plain {kind}."
        )
    with _one_at_a_time:
        try:
            with _open(data, kind) as image:
                _check_pixels(image, called)
                return _remake(image, kind)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise _too_many_pixels(called) from error
        except Invalid:
            raise
        # Decoders meet hostile bytes with errors of every class (OSError, SyntaxError, struct.error …).
        except Exception as error:
            raise _refused(f"{called} is damaged and cannot be read. Please send it again.") from error


def clean_pictures(sent: Sequence[tuple[str, bytes]]) -> list[CleanPicture]:
    """All pictures of a request, as (name, bytes). Refuses more than six, and what `clean_picture` refuses."""
    if len(sent) > MAX_PICTURES:
        raise _refused(f"Send up to {MAX_PICTURES} pictures; these are {len(sent)}.")
    return [clean_picture(data, name) for name, data in sent]


def new_key() -> str:
    """Where a new picture is kept: unguessable, and outside of what is public."""
    return f"custom-cakes/{secrets.token_urlsafe(24)}.webp"


def store_picture(files: Files, picture: CleanPicture, key: str = "") -> StoredPicture:
    """Keep a picture, under a new key unless one is given."""
    key = key or new_key()
    files.put(key, picture.data, content_type=KEPT_TYPE)
    return StoredPicture(key, picture.width, picture.height, len(picture.data))


def sign_link(secret_key: str, key: str, life: timedelta = LINK_LIFE) -> str:
    """A token for an address that shows one picture until `life` is over."""
    expires = int((clock.now() + life).timestamp())
    return str(URLSafeSerializer(secret_key, salt=_SALT).dumps([key, expires]))


def read_link(secret_key: str, token: str) -> str | None:
    """The key that a token names; None when it was tampered with, made for something else, or is over."""
    try:
        key, expires = URLSafeSerializer(secret_key, salt=_SALT).loads(token)
    except (BadData, ValueError, TypeError):
        return None
    return str(key) if clock.now().timestamp() < expires else None


def _open(data: bytes, kind: str) -> Any:
    """Only the header is read. Only the one decoder that the bytes ask for is let near them."""
    if kind == "HEIC":
        # Loaded with the first HEIC: a codec library that most processes never need.
        heif = importlib.import_module("pillow_heif")
        heif.register_heif_opener(thumbnails=False)
        kind = "HEIF"
    return Image.open(io.BytesIO(data), formats=[kind])


def _check_pixels(image: Image.Image, called: str) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise _too_many_pixels(called)


def _has_too_many_passes(data: bytes) -> bool:
    """Read as the decoder reads: from marker to marker, over what a segment says is its own, to the end."""
    passes, at = 0, 0
    for _ in range(MAX_PARTS):
        found = _MARKER.search(data, at)
        if found is None or data[found.start() + 1] == _END:
            return False
        marker, at = data[found.start() + 1], found.end()
        passes += marker == _PASS
        if passes > MAX_PASSES:
            return True
        if marker not in (_START, _ALONE):
            at += max(2, int.from_bytes(data[at : at + 2], "big"))
    return True


def _has_too_many_notes(data: bytes) -> bool:
    notes, at = 0, 8
    while at < len(data) and notes <= MAX_NOTES:
        notes += data[at + 4 : at + 8] not in _PIXELS
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    return notes > MAX_NOTES


def _remake(image: Image.Image, kind: str) -> CleanPicture:
    profile = image.info.get("icc_profile")
    # A JPEG can be decoded at an eighth of its size straight away.
    image.draft("RGB", (KEPT_EDGE, KEPT_EDGE))
    _load_whole(image)
    # Shrunk first: turning and colours then cost little. It may only shrink.
    upright = image.copy() if max(image.size) <= KEPT_EDGE else _shrunk(image)
    upright.info = dict(image.info)
    upright = ImageOps.exif_transpose(upright)
    picture = _in_srgb(_on_white(upright), profile)
    out = io.BytesIO()
    # Pixels alone: no EXIF, no place, no profile, no comment is handed on.
    picture.save(out, "WEBP", quality=82, method=4, exif=b"", icc_profile=b"", xmp=b"")
    return CleanPicture(out.getvalue(), *picture.size, kind)


def _load_whole(image: Image.Image) -> None:
    """Decode; half a file is refused, not filled up with grey.

    WeasyPrint tells Pillow to accept halves, for the whole process, once it is imported.
    """
    lenient = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        image.load()
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = lenient


def _shrunk(image: Image.Image) -> Image.Image:
    plain = image if image.mode in ("RGB", "RGBA", "L") else image.convert(_plain_mode(image))
    share = KEPT_EDGE / max(plain.size)
    size = (max(1, round(plain.width * share)), max(1, round(plain.height * share)))
    return plain.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _plain_mode(image: Image.Image) -> str:
    return "RGBA" if image.has_transparency_data else "RGB"


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    see_through = image.convert("RGBA")
    paper = Image.new("RGB", see_through.size, "white")
    paper.paste(see_through, mask=see_through.getchannel("A"))
    return paper


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Colours as they were meant (phones write Display P3), since the profile itself is dropped."""
    if not profile:
        return image
    try:
        meant = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        turned = ImageCms.profileToProfile(image, meant, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        # A profile for another kind of pixels, or a broken one: the colours stay as they were written.
        return image
    return image if turned is None else turned


def _other(data: bytes) -> str:
    start = data[:256].lstrip()
    for magic, words in _OTHERS:
        if start.startswith(magic):
            return words
    return "no picture that we can read"


def _too_many_pixels(called: str) -> Invalid:
    return _refused(f"{called} has more than 40 megapixels. Please send a smaller copy.")


def _refused(sentence: str) -> Invalid:
    return Invalid(sentence, field=_FIELD)
