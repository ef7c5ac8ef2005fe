"""The file for the bank: what it says, what it must never do, and that it is small enough."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfReader
from sqlalchemy import text
from sqlalchemy.orm import Session

from bakery.aftercare import evidence, pack_pdf
from bakery.aftercare.fields import draft_texts
from bakery.aftercare.models import EvidenceKind
from bakery.aftercare.pack_facts import compose
from bakery.aftercare.pack_pdf import MOST_BYTES, TooLarge, build_pack
from bakery.core import clock
from bakery.infra.db import db
from bakery.orders.models import Order
from bakery.payments.dispute_models import Dispute
from bakery.shop.models import Shop
from tests.aftercare import sales
from tests.aftercare.disputed import disputed
from tests.custom_cakes.requests import NOW
from tests.factories.catalog import VariantFactory
from tests.factories.orders import make_order
from tests.factories.shop import make_open_shop
from tests.fakes.files import FakeFiles
from tests.fakes.gateway import FakeGateway, refund_body
from tests.payments import steps

Facts = dict[str, Any]


def facts_of(dispute: Dispute) -> Facts:
    db.session.expire_all()
    pack = compose(db.session(), db.session.get_one(Dispute, dispute.id))
    assert pack is not None
    return pack


def read(data: bytes) -> str:
    """What stands in a PDF, without its line breaks."""
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages))


def squeezed(text_: str) -> str:
    return re.sub(r"\s+", "", text_)


def noise(width: int, height: int) -> bytes:
    """A picture that compresses as badly as any can."""
    out = io.BytesIO()
    Image.effect_noise((width, height), 120).convert("RGB").save(out, "WEBP", quality=90)
    return out.getvalue()


def test_it_says_what_was_bought_agreed_paid_and_handed_over(
    sold: Order, gateway: FakeGateway, files: FakeFiles
) -> None:
    db.session.get_one(Shop, 1).terms = "Cakes are made to order."
    sales.mailed(sold, "Your order is confirmed")
    sales.hand_over(sold)
    dispute = disputed(sold, gateway, reason="product_not_received")
    pack = build_pack(facts_of(dispute), files)
    said = read(pack.data)
    for words in (
        "They never got what they paid for".lower()[5:],
        sold.number,
        "Laila Rahimi",
        "laila@saffron.test",
        sales.HERE,
        "“Happy 40th Laila”",
        "version 3",
        "Cakes are made to order.",
        "Tax invoice R-000001",
        "Your order is confirmed",
        "Handed over on",
        "Yusuf Karimi",
        "Nothing was refunded",
        "AEDT",
        "Page 1 of",
    ):
        assert words in said, words
    for record in sales.records(sold):
        assert record.sha256 in squeezed(said)
    assert PdfReader(io.BytesIO(pack.data)).outline


def test_what_was_agreed_is_told_by_the_record_of_the_sale_not_by_what_is_now(
    sold: Order, gateway: FakeGateway
) -> None:
    dispute = disputed(sold, gateway)
    db.session.execute(text("UPDATE shop_order SET contact_name = 'Somebody Else'"))
    db.session.commit()
    evidence.store_for_dispute(dispute.id, FakeFiles())
    pack = facts_of(dispute)
    assert pack["order"]["name"] == "Laila Rahimi" and len(pack["records"]) == 3


def test_refunds_stand_in_it_without_those_that_did_not_arrive(
    sold: Order, gateway: FakeGateway, files: FakeFiles
) -> None:
    intent = str(steps.latest(sold).payment_intent_id)
    for refund_id, cents, status in (
        ("re_a", 1000, "succeeded"),
        ("re_b", 500, "succeeded"),
        ("re_b", 500, "failed"),
    ):
        steps.tell("refund.updated", refund_body(refund_id, intent, cents, status))
    said = read(build_pack(facts_of(disputed(sold, gateway)), files).data)
    assert "Refunded" in said and "A refund did not arrive" in said and "Nothing was refunded" not in said


HOSTILE = (
    "</td><script>alert(1)</script><img src=http://evil.test/a.png><style>*{display:none}</style>"
    "{{ 7*7 }} url(file:///etc/passwd) \u202eevil ‮ "
)


def test_hostile_words_are_only_words(
    session: Session, gateway: FakeGateway, files: FakeFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = sales.sold(
        session, gateway, words="<b>Happy</b> “40th”", name="<script>x</script> Laila", note=HOSTILE
    )
    sales.mailed(order, f"Re: {HOSTILE}")
    dispute = disputed(order, gateway)
    fetched: list[str] = []
    fetcher = pack_pdf._fetcher()
    fetch = type(fetcher).fetch

    def spy(self: Any, url: str, headers: Any = None) -> Any:
        fetched.append(url)
        return fetch(self, url, headers)

    monkeypatch.setattr(type(fetcher), "fetch", spy)
    html = pack_pdf.render_html(facts_of(dispute), [], pack_pdf.SIZES[0])
    assert "<script" not in html and "<img" not in html and "<style" not in html and "{{ 7*7 }}" in html
    said = read(build_pack(facts_of(dispute), files).data)
    assert "alert(1)" in said and "{{ 7*7 }}" in said
    assert fetched and all(url.startswith("file:///") and url.endswith((".css", ".ttf")) for url in fetched)
    assert not [url for url in fetched if "evil" in url or "passwd" in url]


def test_its_fetcher_reads_nothing_else() -> None:
    for url in ("http://evil.test/a.png", "file:///etc/passwd", "data:text/html,x", "ftp://evil.test/"):
        with pytest.raises(ValueError):
            pack_pdf._fetcher().fetch(url)


def test_a_word_without_an_end_wraps_and_other_scripts_are_printed(
    session: Session, gateway: FakeGateway, files: FakeFiles
) -> None:
    order = sales.sold(session, gateway, name="X" * 120, note="نوروز مبارک " + "W" * 900)
    data = build_pack(facts_of(disputed(order, gateway)), files).data
    for page in PdfReader(io.BytesIO(data)).pages:
        edges: list[float] = []
        page.extract_text(
            visitor_text=lambda _t, cm, tm, _f, _s, edges=edges: edges.append(tm[4] * cm[0] + cm[4])
        )
        assert max(edges) < page.mediabox.width
    assert read(data).count("W") > 890


def test_an_order_of_a_hundred_lines_has_them_all_on_few_pages(
    session: Session, gateway: FakeGateway, files: FakeFiles
) -> None:
    make_open_shop(session)
    variants = [VariantFactory(price_cents=500 + n) for n in range(100)]
    order = make_order(*[(variant, 2, f"Words {n} for somebody") for n, variant in enumerate(variants)])
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    pack = build_pack(facts_of(disputed(steps.reread(order), gateway)), files)
    said = read(pack.data)
    assert all(f"“Words {n} for somebody”" in said for n in range(100))
    assert pack.pages <= 12 and len(pack.data) < MOST_BYTES


@pytest.fixture
def cake(session: Session, gateway: FakeGateway, files: FakeFiles) -> Iterator[Dispute]:
    make_open_shop(session, slot_minutes=30)
    with clock.travel(NOW):
        order = sales.sold_cake(gateway, files, noise(640, 480))
        sales.hand_over(order)
        yield disputed(order, gateway)


def test_a_custom_cake_has_its_offers_their_hashes_the_yes_and_its_pictures(
    cake: Dispute, files: FakeFiles
) -> None:
    facts = facts_of(cake)
    data = build_pack(facts, files).data
    said = read(data)
    [quote] = facts["cake"]["quotes"]
    assert quote["design_hash"] in squeezed(said)
    assert "with the terms of version 3 and this very design" in said and "203.0.113.9" in said
    assert "Could the roses be pink?" in said and "What the customer sent, 1" in said
    assert "as it was drawn for the order" in said
    pages = PdfReader(io.BytesIO(data)).pages
    assert len({image.name for page in pages for image in page.images}) == 2


def test_pictures_are_made_smaller_until_it_fits(cake: Dispute, files: FakeFiles) -> None:
    facts = facts_of(cake)
    picture = facts["cake"]["pictures"][0]
    files.files[picture["key"]] = noise(2048, 2048)
    facts["cake"]["pictures"] = [picture] * 6
    pack = build_pack(facts, files)
    assert len(pack.data) < MOST_BYTES and pack.pages <= pack_pdf.FEW_PAGES


def test_a_picture_that_is_gone_or_none_is_left_out_and_still_named(cake: Dispute, files: FakeFiles) -> None:
    facts = facts_of(cake)
    key = facts["cake"]["pictures"][0]["key"]
    for data in (b"not a picture", None):
        if data is None:
            del files.files[key]
        else:
            files.files[key] = data
        said = read(build_pack(facts, files).data)
        assert "What the customer sent" not in said and "Picture 1" in said


def test_long_talk_is_cut_to_what_a_bank_reads(cake: Dispute, files: FakeFiles) -> None:
    facts = facts_of(cake)
    one = {"at": facts["written_at"], "by": "the customer", "text": "A word about roses. " * 90}
    facts["cake"]["talk"] = [one] * 150
    pack = build_pack(facts, files)
    assert pack.pages <= pack_pdf.FEW_PAGES and "of 150 messages" in read(pack.data)


def test_what_cannot_be_made_to_fit_is_refused_with_a_sentence(cake: Dispute, files: FakeFiles) -> None:
    facts = facts_of(cake)
    facts["terms"]["text"] = "Whatever is said here is said. " * 15_000
    with pytest.raises(TooLarge, match="too large"):
        build_pack(facts, files)


def test_a_record_that_was_changed_is_said_to_be(session: Session, sold: Order, gateway: FakeGateway) -> None:
    dispute = disputed(sold, gateway)
    session.execute(text("ALTER TABLE evidence_record DISABLE TRIGGER USER"))
    session.execute(
        text("UPDATE evidence_record SET facts = facts || '{\"handover\": null}' WHERE kind = 'sale'")
    )
    session.commit()
    assert [record["whole"] for record in facts_of(dispute)["records"]] == [True, True]
    session.execute(
        text("UPDATE evidence_record SET facts = facts || '{\"consents\": []}' WHERE kind = 'sale'")
    )
    session.commit()
    assert [record["whole"] for record in facts_of(dispute)["records"]] == [False, False]


def test_what_is_not_so_or_not_known_is_not_said_to_be(sold: Order, gateway: FakeGateway) -> None:
    facts = facts_of(disputed(sold, gateway))
    assert facts["handover"] is None and draft_texts(facts)["service_date"] == ""
    facts["lines"][0]["allergens"] = {"contains": ["Milk"], "unknown": ["Sulphites"]}
    html = pack_pdf.render_html(facts, [], pack_pdf.SIZES[0])
    assert "Not known: Sulphites" in html and "Not declared" not in html


def test_the_same_facts_give_the_same_words_and_no_secret(sold: Order, gateway: FakeGateway) -> None:
    dispute = disputed(sold, gateway)
    html = pack_pdf.render_html(facts_of(dispute), [], pack_pdf.SIZES[0])
    assert html == pack_pdf.render_html(facts_of(dispute), [], pack_pdf.SIZES[0])
    assert sold.secret not in html and sold.secret not in json.dumps(facts_of(dispute))


def test_nothing_new_is_no_new_record(sold: Order, gateway: FakeGateway) -> None:
    dispute = disputed(sold, gateway)
    assert evidence.store_for_dispute(dispute.id, FakeFiles()) is False
    assert [record.kind for record in sales.records(sold)] == [EvidenceKind.SALE, EvidenceKind.DISPUTE]
