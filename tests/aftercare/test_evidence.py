"""The evidence of a sale: what is in it, that it is written once, and that a change shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bakery.aftercare import evidence
from bakery.aftercare.models import EvidenceKind, EvidenceRecord
from bakery.aftercare.sealing import first_broken
from bakery.core import clock
from bakery.infra.db import db
from bakery.integrations.files.port import FilesUnavailable
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.orders.services import add_staff_note
from bakery.payments import receipts
from bakery.payments.models import Receipt
from bakery.production import services as kitchen
from bakery.shop.models import Shop
from tests.aftercare import sales
from tests.custom_cakes.requests import NOW
from tests.factories.shop import make_open_shop
from tests.fakes.files import FakeFiles
from tests.fakes.gateway import FakeGateway
from tests.payments import steps


def facts_of(order: Order) -> dict:
    sales.run_owed(order)
    return sales.records(order)[-1].facts


def test_a_sale_is_written_down_once_its_mails_have_gone_out(sold: Order) -> None:
    [args] = steps.owed("jobs.evidence.store")
    assert args == [sold.id, "sale", "sale"]
    row = db.session.execute(
        text("SELECT queue, next_try_at FROM outbox WHERE job = 'jobs.evidence.store'")
    ).one()
    assert row.queue == "low" and row.next_try_at > clock.now() + timedelta(minutes=1)


def test_it_says_what_was_bought_by_whom_and_what_was_agreed(sold: Order) -> None:
    db.session.get_one(Shop, 1).terms = "Cakes are made to order."
    sales.mailed(sold, "Your order is confirmed")
    facts = facts_of(sold)
    assert facts["order"]["number"] == sold.number and facts["order"]["name"] == "Laila Rahimi"
    assert facts["order"]["placed_from"] == sales.HERE and facts["order"]["total_cents"] == sold.total_cents
    [line] = facts["lines"]
    assert line["message"] == "Happy 40th Laila" and line["total_cents"] == sold.total_cents
    assert line["allergens"]["unknown"]
    assert facts["terms"] == {
        "version": "3",
        "text": "Cakes are made to order.",
        "accepted_at": sold.placed_at.isoformat(),
        "accepted_from": sales.HERE,
        "how": "by a tick beside them at the checkout",
    }
    [consent] = facts["consents"]
    assert (consent["channel"], consent["granted"], consent["words"]) == ("email", True, "Email me news.")
    assert [(row["kind"], row["cents"]) for row in facts["ledger"]] == [("charge", sold.total_cents)]
    [mail] = facts["messages"]
    assert (mail["subject"], mail["status"]) == ("Your order is confirmed", "SENT")
    assert [(step["kind"], step["to"]) for step in facts["history"]][-1] == ("status", "CONFIRMED")


def test_it_holds_the_number_and_the_hash_of_the_receipt(sold: Order, files: FakeFiles) -> None:
    facts = facts_of(sold)
    receipt = db.session.query(Receipt).one()
    paper = receipts.get_pdf(sold.id, files)
    assert facts["receipt"]["number"] == receipt.label
    assert facts["receipt"]["sha256"] == hashlib.sha256(paper.data).hexdigest()


def test_terms_that_changed_meanwhile_are_not_passed_off_as_those_accepted(sold: Order) -> None:
    shop = db.session.get_one(Shop, 1)
    shop.terms, shop.terms_version = "Quite other terms.", "4"
    db.session.commit()
    terms = facts_of(sold)["terms"]
    assert (terms["version"], terms["text"]) == ("3", None)


def test_what_staff_wrote_for_themselves_is_not_in_it(sold: Order) -> None:
    add_staff_note(sold.id, "Rang twice, rude.", sales.BAKER)
    assert "rude" not in json.dumps(facts_of(sold))


def test_the_handover_is_written_down_with_who_and_when_and_follows_the_sale(sold: Order) -> None:
    sales.hand_over(sold)
    sales.run_owed(sold)
    sale, handover = sales.records(sold)
    assert (sale.kind, handover.kind) == ("sale", "handover")
    assert handover.facts["handover"]["by"] == "Yusuf Karimi"
    assert handover.facts["kitchen"] and handover.facts["order"]["status"] == "COLLECTED"
    assert sale.previous_sha256 == "" and handover.previous_sha256 == sale.sha256


def test_a_handover_that_was_taken_back_is_no_handover(sold: Order) -> None:
    sales.hand_over(sold)
    sales.run_owed(sold)
    kitchen.undo_collect(sold.id, sales.BAKER)
    evidence.store_record(sold.id, EvidenceKind.DISPUTE, "dispute:1", FakeFiles())
    assert sales.records(sold)[-1].facts["handover"] is None
    kitchen.collect_order(sold.id, sales.BAKER)
    sales.run_owed(sold)
    assert [record.kind for record in sales.records(sold)] == ["sale", "handover", "dispute", "handover"]


@pytest.fixture
def cake_shop(session: Session) -> Iterator[None]:
    make_open_shop(session, slot_minutes=30)
    with clock.travel(NOW):
        yield


@pytest.mark.usefixtures("cake_shop")
def test_a_custom_cake_has_each_promise_with_its_hash_and_the_yes_to_it(
    gateway: FakeGateway, files: FakeFiles
) -> None:
    order = sales.sold_cake(gateway, files)
    facts = facts_of(order)
    cake, terms = facts["cake"], facts["terms"]
    [quote], [accepted] = cake["quotes"], cake["acceptances"]
    assert quote["version"] == accepted["version"] == 1
    assert quote["design_hash"] == accepted["design_hash"] and len(quote["design_hash"]) == 64
    assert (accepted["from"], accepted["terms_version"]) == ("203.0.113.9", "3")
    assert (terms["accepted_at"], terms["accepted_from"]) == (accepted["at"], "203.0.113.9")
    assert ["Shape", "Round"] in quote["words"] and quote["price_cents"] == order.total_cents
    assert [said["by"] for said in cake["talk"]] == ["the customer", "the bakery"]
    [picture] = cake["pictures"]
    assert picture["sha256"] == hashlib.sha256(b"a picture").hexdigest()
    assert "tall board" not in json.dumps(facts)


@pytest.mark.usefixtures("cake_shop")
def test_a_picture_that_is_gone_is_said_to_be_gone(gateway: FakeGateway, files: FakeFiles) -> None:
    order = sales.sold_cake(gateway, files)
    files.files.clear()
    assert facts_of(order)["cake"]["pictures"][0]["sha256"] is None


def test_when_the_file_store_is_away_it_is_tried_again(sold: Order, files: FakeFiles) -> None:
    files.failing = FilesUnavailable("away")
    with pytest.raises(FilesUnavailable):
        sales.run_owed(sold)
    files.failing = None
    sales.run_owed(sold)
    assert len(sales.records(sold)) == 1


@pytest.mark.parametrize(
    "change",
    ["UPDATE evidence_record SET facts = '{}'", "DELETE FROM evidence_record", "TRUNCATE evidence_record"],
)
def test_a_record_is_append_only(session: Session, sold: Order, change: str) -> None:
    sales.run_owed(sold)
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text(change))


TAMPERING = {
    "a price": "UPDATE evidence_record SET facts = jsonb_set(facts, '{order,total_cents}', '1') WHERE kind = 'sale'",
    "a moment": "UPDATE evidence_record SET at = at - interval '1 day' WHERE kind = 'handover'",
    "its occasion": "UPDATE evidence_record SET kind = 'dispute' WHERE kind = 'handover'",
    "one taken out": "DELETE FROM evidence_record WHERE kind = 'sale'",
    "its own hash too": "UPDATE evidence_record SET facts = '{}', sha256 = repeat('a', 64) WHERE kind = 'sale'",
}


@pytest.mark.parametrize("how", list(TAMPERING))
def test_whoever_gets_past_the_triggers_is_found_out(session: Session, sold: Order, how: str) -> None:
    sales.hand_over(sold)
    sales.run_owed(sold)
    assert first_broken(sales.records(sold)) is None and evidence.verify() == 0
    session.execute(text("ALTER TABLE evidence_record DISABLE TRIGGER USER"))
    session.execute(text(TAMPERING[how]))
    session.execute(text("ALTER TABLE evidence_record ENABLE TRIGGER USER"))
    session.commit()
    assert first_broken(sales.records(sold)) is not None
    said: list[str] = []
    assert evidence.verify(said.append) == 1 and sold.number in said[0]


def test_sales_of_before_are_written_down_late_and_once(
    app: Flask, session: Session, sold: Order, files: FakeFiles
) -> None:
    runner = app.test_cli_runner()
    result = runner.invoke(args=["evidence", "backfill"])
    assert result.exit_code == 0 and sold.number in result.output, result.output
    assert "Every sale has its evidence" in runner.invoke(args=["evidence", "backfill"]).output
    sales.run_owed(sold)
    [record] = sales.records(sold)
    assert record.at > sold.confirmed_at  # type: ignore[operator]
    assert runner.invoke(args=["evidence", "verify"]).exit_code == 0


def test_the_command_that_finds_a_change_ends_with_two(app: Flask, session: Session, sold: Order) -> None:
    sales.run_owed(sold)
    session.execute(text("ALTER TABLE evidence_record DISABLE TRIGGER USER"))
    session.execute(text(TAMPERING["a price"]))
    session.commit()
    result = app.test_cli_runner().invoke(args=["evidence", "verify"])
    assert result.exit_code == 2 and sold.number in result.output


def test_no_two_records_follow_the_same_one(session: Session, sold: Order) -> None:
    sales.run_owed(sold)
    [record] = sales.records(sold)
    with pytest.raises(DBAPIError), session.begin_nested():
        session.add(
            EvidenceRecord(
                order_id=sold.id, kind="sale", occasion="again", facts={}, sha256="a" * 64, at=record.at
            )
        )
        session.flush()


def test_an_order_that_is_not_confirmed_owes_nothing(session: Session) -> None:
    order = steps.pending()
    with session.begin_nested():
        orders.add_note(session, order, "", sales.BAKER)
    assert steps.owed("jobs.evidence.store") == []
