"""Pictures on the builder's page: taken, refused with a sentence, shown by private links, taken out."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from bakery.core import clock
from bakery.custom_cakes import uploads
from bakery.custom_cakes.draft_clearing import delete_lost_pictures
from bakery.custom_cakes.draft_models import CakeUpload
from bakery.custom_cakes.models import CustomCakeRequest, RequestPicture
from bakery.integrations.adapters import Adapters
from bakery.integrations.files.port import FilesUnavailable
from tests.custom_cakes.requests import NOW
from tests.factories.shop import make_open_shop
from tests.fakes.files import FakeFiles
from tests.web.storefront.builder import DAY, LAILA, BuilderPage, text


@pytest.fixture(autouse=True)
def open_shop(session: Session) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(session, capacity_minutes=400)
        yield


@pytest.fixture
def page(client: FlaskClient) -> BuilderPage:
    return BuilderPage(client)


@pytest.fixture
def files(outside: Adapters) -> FakeFiles:
    assert isinstance(outside.files, FakeFiles)
    return outside.files


def photo(kind: str = "JPEG", size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#b8284d").save(out, kind)
    return out.getvalue()


def named(*sent: tuple[str, bytes]) -> list[tuple[io.BytesIO, str]]:
    return [(io.BytesIO(data), name) for name, data in sent]


def links(answer: TestResponse) -> list[str]:
    return re.findall(r'<img src="(/custom-cakes/pictures/[^"]+)"', answer.text)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_taken_shown_and_sent(
    page: BuilderPage, session: Session, files: FakeFiles, kind: str
) -> None:
    shown = page.press("add_pictures", files=named(("idea.bin", photo(kind))), note="With a picture")
    assert shown.status_code == 200 and len(links(shown)) == 1
    picture = page.client.get(links(shown)[0])
    assert picture.status_code == 200 and picture.mimetype == "image/webp"
    assert "private" in picture.headers["Cache-Control"] and "public" not in picture.headers["Cache-Control"]
    assert picture.headers["X-Content-Type-Options"] == "nosniff"
    after = BuilderPage(page.client)
    assert after.fields["note"] == "With a picture"
    assert after.send().status_code == 422, "without the statement"
    assert after.send(rights="on").status_code == 303
    request = session.scalars(select(CustomCakeRequest)).one()
    key = session.scalars(select(RequestPicture.key)).one()
    assert request.rights_stated_at and files.exists(key)
    assert session.scalars(select(CakeUpload)).all() == []


def test_htmx_gets_the_pictures_beside_the_answer(page: BuilderPage) -> None:
    part = page.press("add_pictures", htmx=True, files=named(("a.png", photo("PNG")), ("b.jpg", photo())))
    assert part.status_code == 200 and len(links(part)) == 2
    assert 'id="pictures"' in part.text and 'id="answer"' in part.text and "<html" not in part.text
    # Another change does not draw them anew.
    assert links(page.press(htmx=True, shape="heart")) == []


BOMB = photo("PNG", (12_000, 4_000))
REFUSED = [
    ("a GIF", b"GIF89a" + b"\x00" * 50, "is a GIF. Please send JPEG, PNG, WebP or HEIC."),
    ("a PDF", b"%PDF-1.7 and so on", "is a PDF"),
    ("an SVG", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "is an SVG drawing"),
    ("a program", b"MZ\x90\x00" * 20, "no picture that we can read"),
    ("nothing", b"", "is empty"),
    ("half a JPEG", photo(size=(400, 300))[:300], "damaged"),
    ("more than 40 megapixels", BOMB, "more than 40 megapixels"),
    ("more than 10 MB", b"\xff\xd8\xff" + b"\x00" * uploads.MAX_BYTES, "a picture may have up to 10 MB"),
]


@pytest.mark.parametrize(("what", "data", "said"), REFUSED, ids=[row[0] for row in REFUSED])
def test_each_refusal_is_one_sentence_and_loses_nothing_else(
    page: BuilderPage, files: FakeFiles, what: str, data: bytes, said: str
) -> None:
    # As a whole page for some, beside the answer for the others: the sentence is the same.
    answer = page.press(
        "add_pictures",
        htmx=len(what) % 2 == 0,
        files=named(("good.jpg", photo()), ("bad.jpg", data)),
        inscription="Kept",
    )
    assert answer.status_code == 422
    sentence = text(answer, "#at-pictures")
    assert said in sentence and "“bad.jpg”" in sentence
    assert len(links(answer)) == 1 and len(files.files) == 1, "the good one is there"
    assert BuilderPage(page.client).fields["inscription"] == "Kept"


def test_more_than_six_are_refused_at_once_and_later(page: BuilderPage, files: FakeFiles) -> None:
    refused = page.press("add_pictures", files=named(*[(f"{n}.jpg", photo()) for n in range(7)]))
    assert refused.status_code == 422 and "up to 6 pictures" in text(refused, "#at-pictures")
    full = BuilderPage(page.client, answer=refused).then(
        "add_pictures", files=named(*[(f"{n}.jpg", photo()) for n in range(6)])
    )
    assert len(links(full.answer)) == 6 and not full.soup.select("#pictures-file")
    late = full.press("add_pictures", files=named(("one.jpg", photo())))
    assert late.status_code == 422 and "there would be 7" in text(late, "#at-pictures")
    assert len(files.files) == 6


def test_only_what_can_have_pictures_in_it_may_be_that_large(page: BuilderPage, app: Flask) -> None:
    junk = b"a=b&" * (app.config["MAX_CONTENT_LENGTH"] // 4 + 1)
    answer = page.client.post(page.address, data=junk, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413


@pytest.mark.parametrize("htmx", [False, True])
def test_a_request_that_is_too_large_is_said_before_it_is_read(page: BuilderPage, htmx: bool) -> None:
    page.press(inscription="Kept")
    answer = page.client.post(
        page.address,
        headers={"HX-Request": "true"} if htmx else {},
        data=b"--x\r\n",
        environ_overrides={"CONTENT_LENGTH": str(uploads.MAX_REQUEST_BYTES + 1)},
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 413 and "10 MB" in text(answer, "#at-pictures")
    if htmx:
        assert answer.headers["HX-Retarget"] == "#at-pictures"
    else:
        assert "Kept" in answer.text


@pytest.mark.parametrize("action", ["add_pictures", "send"])
def test_a_file_store_that_is_away_is_said_and_neither_words_nor_places_are_lost(
    page: BuilderPage, session: Session, files: FakeFiles, action: str
) -> None:
    files.failing = FilesUnavailable("connection refused")
    six = [(f"{n}.jpg", photo()) for n in range(6)]
    filled = LAILA | {"needed_on": DAY, "rights": "on", "inscription": "Kept"}
    answer = page.press(action, files=named(*six), **filled)
    assert answer.status_code == 422 and "cannot keep pictures at the moment" in text(answer, "#at-pictures")
    assert session.scalars(select(CustomCakeRequest)).all() == [], "nothing is sent without its pictures"
    files.failing = None
    again = BuilderPage(page.client).press("add_pictures", files=named(*six), **filled)
    assert again.status_code == 200 and len(links(again)) == 6 and "Kept" in again.text
    assert delete_lost_pictures(files) == 6 and len(files.files) == 6


def test_a_picture_that_cannot_be_fetched_now_is_no_fault_of_ours(
    page: BuilderPage, files: FakeFiles
) -> None:
    (link,) = links(page.press("add_pictures", files=named(("a.jpg", photo()))))
    files.failing = FilesUnavailable("connection refused")
    answer = page.client.get(link)
    assert answer.status_code == 503 and answer.headers["Retry-After"]


def test_a_picture_can_be_taken_out_again(page: BuilderPage) -> None:
    two = page.then("add_pictures", files=named(("a.jpg", photo()), ("b.jpg", photo())))
    remove = str(two.soup.select("button[value^=remove_picture]")[0]["value"])
    one = two.then(remove)
    assert len(links(one.answer)) == 1
    assert links(one.answer)[0] in two.answer.text or len(links(two.answer)) == 2
    assert len(links(one.then(remove).answer)) == 1, "taken out twice is taken out once"


def test_links_that_were_changed_are_over_or_lead_nowhere_are_not_found(
    page: BuilderPage, app: Flask, files: FakeFiles
) -> None:
    link = links(page.press("add_pictures", files=named(("a.jpg", photo()))))[0]
    stranger = app.test_client()
    assert stranger.get(link).status_code == 200, "the link itself is the key, for as long as it lasts"
    head, _, token = link.rpartition("/")
    forged = uploads.sign_link("another secret", next(iter(files.files)))
    receipt = uploads.sign_link(app.config["SECRET_KEY"], "custom-cakes/none.webp")
    for wrong in (token[:-2] + "xx", "x", "%00", token + "a", forged, receipt):
        assert stranger.get(f"{head}/{wrong}").status_code == 404, wrong
    with clock.travel(NOW + uploads.LINK_LIFE + timedelta(minutes=1)):
        assert stranger.get(link).status_code == 404
