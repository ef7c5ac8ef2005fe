"""Pictures that customers send: what is refused and how it is said, and that nothing but pixels is kept."""

import io
import struct
import zlib
from datetime import timedelta

import pillow_heif
import pytest
from PIL import Image, ImageFile

from bakery.core import clock
from bakery.core.errors import Invalid
from bakery.custom_cakes import uploads
from bakery.custom_cakes.uploads import (
    KEPT_EDGE,
    MAX_BYTES,
    clean_picture,
    clean_pictures,
    read_link,
    sign_link,
    sniff,
    store_picture,
)
from tests.fakes.files import FakeFiles

GPS, ORIENTATION, MAKE = 0x8825, 0x0112, 0x010F


def photo(size: tuple[int, int] = (400, 300)) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    return image


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    if kind == "HEIF":
        pillow_heif.register_heif_opener()
    image.save(out, kind, **options)
    return out.getvalue()


def exif_of_a_phone(orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[MAKE], exif[ORIENTATION] = "Phone of Laila", orientation
    place = exif.get_ifd(GPS)
    place.update({1: "S", 2: (33.0, 50.0, 57.8), 3: "E", 4: (151.0, 1.0, 57.7)})
    return exif.tobytes()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and has one compressed line of it."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\x00" * 100_000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    ("kind", "options"),
    [("JPEG", {}), ("JPEG", {"progressive": True}), ("PNG", {}), ("WEBP", {}), ("HEIF", {})],
)
def test_the_four_kinds_come_out_as_one(kind, options) -> None:
    clean = clean_picture(encoded(photo(), kind, **options))
    image = Image.open(io.BytesIO(clean.data))
    assert (image.format, image.size) == ("WEBP", (400, 300))
    assert clean.was == ("HEIC" if kind == "HEIF" else kind)
    red, _, blue = image.convert("RGB").getpixel((20, 150))
    assert red > 200 and blue < 80


def test_a_photo_with_a_place_in_it_loses_the_place_and_everything_about_the_phone() -> None:
    sent = encoded(photo(), "JPEG", exif=exif_of_a_phone(), comment=b"at home", quality=90)
    before = Image.open(io.BytesIO(sent)).getexif()
    assert before.get_ifd(GPS)[2] == (33.0, 50.0, 57.8), "the test's own photo must be tagged"
    assert b"Phone of Laila" in sent
    clean = clean_picture(sent).data
    after = Image.open(io.BytesIO(clean))
    assert dict(after.getexif()) == {}
    assert dict(after.getexif().get_ifd(GPS)) == {}
    assert not {"exif", "xmp", "icc_profile", "comment", "photoshop"} & set(after.info)
    for trace in (b"Exif", b"EXIF", b"XMP ", b"ICCP", b"Phone of Laila", b"at home"):
        assert trace not in clean


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "HEIF"])
def test_the_place_is_lost_from_other_kinds_as_well(kind) -> None:
    sent = encoded(photo(), kind, exif=exif_of_a_phone())
    assert b"Phone of Laila" in sent
    clean = clean_picture(sent).data
    assert b"Phone of Laila" not in clean
    assert dict(Image.open(io.BytesIO(clean)).getexif()) == {}


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_photo_taken_sideways_stands_upright(kind) -> None:
    clean = clean_picture(encoded(photo(), kind, exif=exif_of_a_phone(orientation=6)))
    assert (clean.width, clean.height) == (300, 400)
    image = Image.open(io.BytesIO(clean.data)).convert("RGB")
    # Turned by a quarter to the right: what was left is on top.
    assert image.getpixel((150, 20))[0] > 200
    assert image.getpixel((150, 380))[2] > 200


def test_a_large_photo_is_shrunk_and_keeps_its_proportions() -> None:
    clean = clean_picture(encoded(photo((6000, 4000)), "JPEG", exif=exif_of_a_phone(8)))
    assert max(clean.width, clean.height) == KEPT_EDGE
    assert clean.height / clean.width == pytest.approx(1.5, abs=0.01)


def test_what_is_see_through_is_on_white() -> None:
    image = Image.new("RGBA", (50, 50), (255, 0, 0, 0))
    clean = clean_picture(encoded(image, "PNG"))
    assert min(Image.open(io.BytesIO(clean.data)).convert("RGB").getpixel((25, 25))) > 245


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16"])
def test_pixels_of_every_kind_are_taken(mode) -> None:
    image = Image.new("I;16", (60, 40), 30_000) if mode == "I;16" else photo((60, 40)).convert(mode)
    assert clean_picture(encoded(image, "JPEG" if mode == "CMYK" else "PNG")).width == 60


def refusal(data: bytes, name: str = "") -> str:
    with pytest.raises(Invalid) as refused:
        clean_picture(data, name)
    assert refused.value.field == "pictures"
    assert refused.value.status == 422
    return refused.value.message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\xff\xd8\xff" + b"0" * MAX_BYTES, "up to 10 MB"),
        (b"%PDF-1.7", "is a PDF"),
        (b"GIF89a" + b"0" * 50, "is a GIF"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "is an SVG drawing"),
        (b"  <?xml version='1.0'?><svg/>", "is an SVG drawing"),
        (b"PK\x03\x04", "is an archive"),
        (b"<html><script>alert(1)</script>", "no picture that we can read"),
        (b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miafMA1B", "no picture that we can read"),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "no picture that we can read"),
        (b"\xff\xd8\xff\xe0 not really", "is damaged"),
        (b"\x89PNG\r\n\x1a\n", "is damaged"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "is damaged"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "is damaged"),
    ],
)
def test_a_refusal_says_what_is_wrong(data, words) -> None:
    assert words in refusal(data, "cake.jpg")
    assert refusal(data, "cake.jpg").startswith("“cake.jpg”")


def test_a_name_that_lies_changes_nothing() -> None:
    assert clean_picture(encoded(photo(), "PNG"), "cake.exe").was == "PNG"
    with pytest.raises(Invalid):
        clean_picture(b"MZ\x90\x00", "cake.jpg")


@pytest.mark.parametrize(("width", "height"), [(100_000, 100_000), (30_000, 30_000), (8000, 5001)])
def test_a_bomb_is_refused_by_its_header_before_it_unfolds(width, height, monkeypatch) -> None:
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was decoded"))
    monkeypatch.setattr(uploads, "_remake", lambda *_: pytest.fail("it was decoded"))
    assert "more than 40 megapixels" in refusal(png_header(width, height))


def passes(more: int) -> bytes:
    """A progressive JPEG of 40 megapixels, whose last pass comes as many times again."""
    whole = encoded(Image.new("L", (8000, 5000), 128), "JPEG", progressive=True)
    last = whole[whole.rfind(b"\xff\xc4") : -2]
    return whole[:-2] + last * more + b"\xff\xd9"


def test_a_jpeg_of_a_hundred_thousand_passes_is_refused_before_it_is_decoded(monkeypatch) -> None:
    bomb = passes(100_000)
    assert len(bomb) < MAX_BYTES
    monkeypatch.setattr(uploads, "_remake", lambda *_: pytest.fail("decoded, and that takes hours"))
    with pytest.raises(Invalid, match="“a.jpg” is saved in too many passes"):
        clean_picture(bomb, "a.jpg")


@pytest.mark.parametrize("part", [b"\xff\x01", b"\xff\xe9\x00\x02"])
def test_a_jpeg_of_millions_of_empty_parts_is_refused_before_it_is_opened(part, monkeypatch) -> None:
    monkeypatch.setattr(uploads, "_open", lambda *_: pytest.fail("opened, and that takes long"))
    with pytest.raises(Invalid, match="too many passes or parts"):
        clean_picture(b"\xff\xd8" + part * (MAX_BYTES // len(part) - 1))


def test_a_png_of_thousands_of_packed_profiles_is_refused_before_they_unfold(monkeypatch) -> None:
    body = b"iCCPa\x00\x00" + zlib.compress(bytes(1_000_000))
    profile = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    plain = encoded(photo(), "PNG", icc_profile=b"x" * 500)
    assert clean_picture(plain[:33] + profile * 3 + plain[33:]).width == 400
    monkeypatch.setattr(uploads, "_open", lambda *_: pytest.fail("opened, and that takes long"))
    with pytest.raises(Invalid, match="plain PNG"):
        clean_picture(plain[:33] + profile * 8_000 + plain[33:])


def test_a_few_passes_more_than_usual_and_what_only_looks_like_passes_are_taken() -> None:
    hidden = encoded(photo(), "JPEG", comment=b"\xff\xda" * 500, progressive=True) + b"\xff\xda" * 500
    assert clean_picture(hidden).width == 400
    assert clean_picture(passes(3)).was == "JPEG"


@pytest.mark.parametrize("lenient", [False, True])
def test_a_photo_cut_off_in_the_middle_is_damaged(lenient, monkeypatch) -> None:
    # WeasyPrint makes Pillow lenient for the whole process.
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", lenient)
    whole = encoded(photo((800, 600)).effect_spread(9), "JPEG")
    assert "is damaged" in refusal(whole[: len(whole) // 2])


def test_forty_megapixels_are_taken_and_one_more_row_is_not() -> None:
    assert clean_picture(encoded(Image.new("L", (8000, 5000)), "PNG")).width == KEPT_EDGE
    assert "40 megapixels" in refusal(encoded(Image.new("L", (8000, 5001)), "PNG"))


def test_six_pictures_are_taken_and_seven_are_not() -> None:
    one = ("a.png", encoded(photo((20, 20)), "PNG"))
    assert len(clean_pictures([one] * 6)) == 6
    with pytest.raises(Invalid, match="up to 6 pictures; these are 7"):
        clean_pictures([one] * 7)


def test_keys_cannot_be_guessed_and_lie_outside_what_is_public() -> None:
    files = FakeFiles()
    picture = clean_picture(encoded(photo(), "PNG"))
    keys = [store_picture(files, picture).key for _ in range(2)]
    assert keys[0] != keys[1]
    assert all(key.startswith("custom-cakes/") and len(key) > 45 for key in keys)
    assert files.get(keys[0]) == picture.data


def test_a_link_opens_one_picture_until_its_time_is_over() -> None:
    token = sign_link("secret", "custom-cakes/a.webp", timedelta(minutes=5))
    assert read_link("secret", token) == "custom-cakes/a.webp"
    with clock.travel(clock.now() + timedelta(minutes=6)):
        assert read_link("secret", token) is None
    assert read_link("another secret", token) is None
    assert read_link("secret", token[:-2] + ("AA" if token[-2:] != "AA" else "BB")) is None
    assert read_link("secret", "") is None


def test_nobody_calls_an_mp4_a_photo() -> None:
    assert sniff(b"\x00\x00\x00\x18ftypmp42") is None
    assert sniff(b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic") == "HEIC"
    assert sniff(b"") is None
