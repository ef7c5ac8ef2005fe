"""The shop's signing key: made once, sealed, replaced, and said clearly when it does not open."""

from __future__ import annotations

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.infra import sealing
from bakery.infra.db import db
from bakery.integrations.adapters import Adapters
from bakery.messages.models import StaffAlert
from bakery.payments import receipts
from bakery.payments.papers import keys
from bakery.payments.papers.models import SigningKey
from bakery.payments.papers.verify import Verdict, verify
from tests.factories.shop import ShopFactory
from tests.receipts.sales import sold


@pytest.fixture
def other_secret(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The operator has put another SECRET_KEY in place."""

    def change() -> None:
        changed = dataclasses.replace(app.config["SETTINGS"], secret_key="another-secret-" * 3)
        monkeypatch.setitem(app.config, "SETTINGS", changed)

    return change


def rows(session: Session) -> list[SigningKey]:
    session.expire_all()
    return list(session.scalars(select(SigningKey).order_by(SigningKey.id)))


def test_it_is_made_when_first_needed_and_lies_sealed_in_the_database(session: Session) -> None:
    ShopFactory()
    assert rows(session) == []
    first = keys.signer()
    assert keys.signer() == first
    [row] = rows(session)
    assert row.in_use and row.retired_at is None
    assert first.name == "Saffron & Crumb Pty Ltd"
    # Neither the key nor its hexadecimal or base64 shows through.
    assert first.private_key[40:80].hex() not in row.sealed_key
    assert sealing.unseal(row.sealed_key, keys.PURPOSE) == first.private_key
    with pytest.raises(sealing.Unsealable):
        sealing.unseal(row.sealed_key, "something else")


@pytest.mark.concurrency
def test_of_many_who_make_it_at_once_one_does(app: Flask, real_database: None) -> None:
    ShopFactory()
    db.session.remove()
    start = threading.Barrier(4)

    def one(_: int) -> int:
        with app.app_context():
            start.wait(10)
            try:
                return keys.signer().key_id
            finally:
                db.session.remove()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(one, range(4)))) == 1
    assert len(rows(db.session())) == 1


@pytest.mark.concurrency
def test_two_who_rotate_at_once_leave_one_in_use(app: Flask, real_database: None) -> None:
    ShopFactory()
    keys.signer()
    db.session.remove()
    start = threading.Barrier(2)

    def one(_: int) -> str:
        with app.app_context():
            start.wait(10)
            try:
                return keys.rotate()
            finally:
                db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, range(2)))
    assert [row.in_use for row in rows(db.session())].count(True) == 1


def test_after_a_rotation_old_papers_are_known_and_printed_again_with_their_own_key(
    app: Flask, session: Session, outside: Adapters
) -> None:
    ShopFactory()
    order = sold()
    first = receipts.get_pdf(order.id, outside.files)
    result = app.test_cli_runner().invoke(args=["signing", "rotate"])
    assert result.exit_code == 0, result.output
    former, now = rows(session)
    assert former.retired_at is not None and now.fingerprint[:16] in result.output
    outside.files.files.clear()
    assert receipts.get_pdf(order.id, outside.files) == first
    other = receipts.get_pdf(sold().id, outside.files)
    assert [verify(session, pdf.data).verdict for pdf in (first, other)] == [Verdict.KEPT] * 2
    assert keys.signer().key_id == now.id


def test_a_changed_secret_key_is_said_clearly_and_a_new_key_gets_things_going(
    app: Flask, session: Session, outside: Adapters, other_secret: Any
) -> None:
    ShopFactory()
    before = receipts.get_pdf(sold().id, outside.files)
    other_secret()
    order = sold()
    with pytest.raises(keys.KeyLocked) as refused:
        receipts.get_pdf(order.id, outside.files)
    # Strangers read the one, those who run the shop the other.
    assert "SECRET_KEY" not in refused.value.message
    assert "SECRET_KEY" in str(refused.value) and "flask signing rotate" in str(refused.value)
    [alert] = session.scalars(select(StaffAlert).where(StaffAlert.kind == "signing_key"))
    assert "flask signing rotate" in alert.text
    # What was printed before is there, and known.
    assert verify(session, before.data).verdict == Verdict.KEPT
    keys.rotate()
    assert receipts.get_pdf(order.id, outside.files).name == "R-000002.pdf"


def test_a_paper_whose_file_and_key_are_both_gone_is_printed_with_the_new_one(
    session: Session, outside: Adapters, other_secret: Any
) -> None:
    ShopFactory()
    order = sold()
    first = receipts.get_pdf(order.id, outside.files)
    other_secret()
    keys.rotate()
    outside.files.files.clear()
    again = receipts.get_pdf(order.id, outside.files)
    assert again.data != first.data
    found = verify(session, again.data)
    assert (found.verdict, found.label) == (Verdict.SIGNED, "R-000001")


def test_rotating_before_the_shop_is_set_up_says_so(app: Flask, session: Session) -> None:
    result = app.test_cli_runner().invoke(args=["signing", "rotate"])
    assert result.exit_code == 1
    assert "not been set up" in result.output
