"""One cake sent and saved from two places at once, each on a connection of its own; controls without the guards."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bakery.core import clock, ids
from bakery.custom_cakes import drafts, enclosures, services
from bakery.custom_cakes.draft_clearing import delete_lost_pictures
from bakery.custom_cakes.draft_models import CakeDraft, CakeUpload
from bakery.custom_cakes.drafts import AlreadySent, ChangedElsewhere, DraftOwner, Typed, find_draft
from bakery.custom_cakes.models import CustomCakeRequest
from bakery.custom_cakes.services import submit_request
from bakery.custom_cakes.uploads import CleanPicture
from bakery.infra.db import db
from tests.concurrency.race import race, together
from tests.custom_cakes.requests import NOW, sending
from tests.factories.shop import make_open_shop
from tests.fakes.files import FakeFiles

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]


@pytest.fixture(autouse=True)
def open_shop(real_database: None) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(db.session(), capacity_minutes=400)
        yield


def count(table: type) -> int:
    found = db.session().scalar(select(func.count()).select_from(table)) or 0
    db.session.rollback()
    return found


def typed(words: str, page: str, version: int, submit_key: str, **more: Any) -> Typed:
    return Typed({"note": words}, None, page, version, submit_key, **more)


def begun(submit_key: str) -> DraftOwner:
    token = drafts.save_draft(DraftOwner(), "new", typed("a cake", "one", 0, submit_key))
    return DraftOwner(ids.digest(token or ""))


def click(owner: DraftOwner, submit_key: str) -> Callable[[], object]:
    """What the send button does: save, then send what was saved."""

    def send() -> object:
        drafts.save_draft(owner, "new", typed("a cake", "one", 1, submit_key, sending=True))
        draft = find_draft(db.session(), owner, "new")
        db.session.rollback()
        assert draft is None or draft.submit_key == submit_key
        return submit_request(sending(submit_key, draft_id=draft.id if draft else None, pictures=()))

    return send


def test_two_clicks_at_once_send_one_request_and_leave_no_draft(app: Flask) -> None:
    for _ in range(5):
        key = ids.new_secret()
        owner = begun(key)
        before = count(CustomCakeRequest)
        outcomes = race(app, [click(owner, key), click(owner, key)])
        assert count(CustomCakeRequest) == before + 1
        assert all(isinstance(o, int | AlreadySent) for o in outcomes), outcomes
        assert count(CakeDraft) == 0
        _withdraw_all()


def test_the_control_two_pages_with_keys_of_their_own_send_two(app: Flask) -> None:
    jobs = [click(begun(key), key) for key in (ids.new_secret(), ids.new_secret())]
    assert all(isinstance(o, int) for o in race(app, jobs))
    assert count(CustomCakeRequest) == 2


def save(owner: DraftOwner, page: str, **more: Any) -> Callable[[], object]:
    return lambda: drafts.save_draft(owner, "new", typed(f"by {page}", page, 1, "k" * 32, **more)) or page


def test_of_two_tabs_that_save_at_once_one_is_asked_and_none_is_overwritten(app: Flask) -> None:
    for _ in range(5):
        owner = begun(ids.new_secret())
        outcomes = race(app, [save(owner, "tab-a"), save(owner, "tab-b")])
        saved = [o for o in outcomes if isinstance(o, str)]
        assert len(saved) == 1 and sum(isinstance(o, ChangedElsewhere) for o in outcomes) == 1
        draft = find_draft(db.session(), owner, "new")
        db.session.rollback()
        assert draft and draft.typed["note"] == f"by {saved[0]}"


def test_the_control_told_to_go_ahead_both_save_and_one_is_lost(app: Flask) -> None:
    owner = begun(ids.new_secret())
    jobs = [save(owner, "tab-a", anyway=True), save(owner, "tab-b", anyway=True)]
    assert all(isinstance(o, str) for o in race(app, jobs))


def test_seven_pictures_cannot_slip_in_by_two_doors(app: Flask) -> None:
    files, owner = FakeFiles(), begun(ids.new_secret())
    four = [CleanPicture(b"pixels", 4, 3, "JPEG")] * 4
    add = [lambda: drafts.add_pictures(owner, "new", "one", four, files) or "in" for _ in range(2)]
    assert [o for o in race(app, add) if o == "in"] == ["in"]
    assert count(CakeUpload) == len(files.files) == 4


def test_taking_a_picture_out_while_the_cake_is_sent_never_ends_in_a_deadlock(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    _withdraw_all()
    key = ids.new_secret()
    owner = begun(key)
    drafts.add_pictures(owner, "new", "one", [CleanPicture(b"pixels", 4, 3, "JPEG")], FakeFiles())
    draft = find_draft(db.session(), owner, "new")
    assert draft is not None
    meet = together(2)

    def taking_out(table: type) -> Any:
        # The draft is locked by now, its picture is not.
        meet()
        return update(table)

    def ending(table: type) -> Any:
        if table is CakeDraft:
            meet()
        return delete(table)

    monkeypatch.setattr(drafts, "update", taking_out)
    monkeypatch.setattr(enclosures, "delete", ending)
    wish = sending(key, draft_id=draft.id, pictures=draft.stored)
    tries: list[Exception] = []

    def submit() -> int:
        try:
            return services._submit(wish)
        except Exception as error:
            tries.append(error)
            raise

    outcomes = race(
        app,
        [lambda: drafts.remove_picture(owner, "new", "one", draft.pictures[0].id), submit],
    )
    assert tries == [] and outcomes[0] is None and isinstance(outcomes[1], int), outcomes
    assert count(CakeDraft) == 0


def test_two_clean_ups_at_once_share_the_work(app: Flask) -> None:
    files, owner = FakeFiles(), begun(ids.new_secret())
    drafts.add_pictures(owner, "new", "one", [CleanPicture(b"pixels", 4, 3, "JPEG")] * 6, files)
    drafts.discard(owner, "new")
    outcomes = race(app, [lambda: delete_lost_pictures(files), lambda: delete_lost_pictures(files)])
    assert sum(o for o in outcomes if isinstance(o, int)) == 6, outcomes
    assert files.files == {} and count(CakeUpload) == 0


def _withdraw_all() -> None:
    """Five open requests of one address are the most."""
    session: Session = db.session()
    for request in session.scalars(select(CustomCakeRequest).where(CustomCakeRequest.status != "WITHDRAWN")):
        request.status = "WITHDRAWN"
    session.commit()
