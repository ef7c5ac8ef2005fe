"""Drafts: whose they are, which page may overwrite, and what becomes of their pictures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bakery.core import clock, ids
from bakery.core.errors import Invalid
from bakery.custom_cakes import drafts
from bakery.custom_cakes.draft_models import CakeDraft, CakeUpload
from bakery.custom_cakes.drafts import AlreadySent, ChangedElsewhere, DraftOwner, Typed
from bakery.custom_cakes.models import RequestPicture
from bakery.custom_cakes.services import submit_request
from bakery.custom_cakes.uploads import CleanPicture, StoredPicture
from bakery.infra.models import JobRun
from bakery.integrations.adapters import Adapters, adapters
from bakery.integrations.files.port import Files
from jobs.cake_drafts import forget
from tests.custom_cakes.requests import NOW, row, sending
from tests.factories.people import UserFactory
from tests.factories.shop import make_open_shop
from tests.fakes.files import FakeFiles

PICTURE = CleanPicture(b"pixels", 4, 3, "JPEG")


@pytest.fixture(autouse=True)
def open_shop(session: Session) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(session, capacity_minutes=400)
        yield


def typed(words: str = "a cake", page: str = "page-one", version: int = 0, **more: Any) -> Typed:
    return Typed({"note": words}, None, page, version, more.pop("submit_key", "") or ids.new_secret(), **more)


def begun(user_id: int | None = None, subject: str = "new", **more: Any) -> DraftOwner:
    """A new browser that has typed something."""
    token = drafts.save_draft(DraftOwner(user_id=user_id), subject, typed(**more))
    assert token
    return DraftOwner(ids.digest(token), user_id)


def words(session: Session, owner: DraftOwner, subject: str = "new") -> str | None:
    found = drafts.find_draft(session, owner, subject)
    return found.typed["note"] if found else None


def files() -> FakeFiles:
    store: Files = adapters().files
    assert isinstance(store, FakeFiles)
    return store


def test_only_the_digest_of_the_token_is_kept_and_only_the_token_opens_it(session: Session) -> None:
    owner = begun()
    assert words(session, owner) == "a cake"
    stored = session.scalars(select(CakeDraft.token_digest)).one()
    assert stored == owner.token_digest
    for stranger in (DraftOwner(), DraftOwner(ids.digest(stored)), DraftOwner("0" * 64), DraftOwner("", 7)):
        assert drafts.find_draft(session, stranger, "new") is None


def test_a_token_that_no_draft_has_is_never_taken_over(session: Session) -> None:
    planted = ids.new_secret()
    token = drafts.save_draft(DraftOwner(ids.digest(planted)), "new", typed())
    assert token and token != planted
    assert words(session, DraftOwner(ids.digest(planted))) is None


def test_what_a_person_typed_signed_in_is_theirs_on_every_device_and_gone_for_who_signs_out(
    session: Session,
) -> None:
    laila, omar = UserFactory(), UserFactory()
    owner = begun(laila.id)
    assert words(session, DraftOwner(user_id=laila.id)) == "a cake"
    assert words(session, DraftOwner(owner.token_digest)) is None
    assert words(session, DraftOwner(owner.token_digest, omar.id)) is None
    # The next one at this computer begins their own, under a token of their own.
    assert drafts.save_draft(DraftOwner(owner.token_digest, omar.id), "new", typed("omar's")) is not None
    assert words(session, owner) == "a cake"


def test_a_guests_draft_becomes_that_of_the_person_who_signs_in(session: Session) -> None:
    owner, laila = begun(), UserFactory()
    both = DraftOwner(owner.token_digest, laila.id)
    drafts.save_draft(both, "new", typed("mine now", version=1))
    assert words(session, DraftOwner(user_id=laila.id)) == "mine now"


def test_another_tab_with_an_older_version_is_refused_until_its_customer_has_decided(
    session: Session,
) -> None:
    owner = begun(words="first", page="one")
    drafts.save_draft(owner, "new", typed("by two", "two", version=1))
    with pytest.raises(ChangedElsewhere):
        drafts.save_draft(owner, "new", typed("by one", "one", version=1))
    assert words(session, owner) == "by two"
    drafts.save_draft(owner, "new", typed("by one", "one", version=1, anyway=True))
    assert words(session, owner) == "by one"
    with pytest.raises(ChangedElsewhere):
        drafts.save_draft(owner, "new", typed("by two again", "two", version=2))


def test_a_tab_that_missed_its_own_last_answer_goes_on(session: Session) -> None:
    owner = begun(words="first", page="one")
    for count in range(3):
        drafts.save_draft(owner, "new", typed(f"change {count}", "one", version=1))
    assert words(session, owner) == "change 2"


def test_drafts_about_different_things_live_beside_each_other(session: Session) -> None:
    owner = begun()
    assert drafts.save_draft(owner, "edit:7", typed("changed")) is None
    assert (words(session, owner), words(session, owner, "edit:7")) == ("a cake", "changed")


def test_a_sent_draft_is_gone_with_its_request_and_cannot_be_sent_again(session: Session) -> None:
    owner = begun(submit_key="k" * 32)
    drafts.add_pictures(owner, "new", "page-one", [PICTURE], files())
    draft = drafts.find_draft(session, owner, "new")
    assert draft
    request_id = submit_request(
        sending("k" * 32, pictures=draft.stored, draft_id=draft.id, rights_stated=True, sms_agreed=True)
    )
    assert drafts.find_draft(session, owner, "new") is None
    assert session.scalars(select(CakeUpload)).all() == []
    sent = row(request_id)
    assert sent.rights_stated_at and sent.rights_stated_at >= NOW and sent.sms_agreed
    with pytest.raises(AlreadySent) as refusal:
        drafts.save_draft(owner, "new", typed(submit_key="k" * 32, sending=True))
    assert refusal.value.number == sent.number
    # But whoever goes on typing begins a new one.
    token = drafts.save_draft(owner, "new", typed("the next", submit_key="k" * 32))
    found = drafts.find_draft(session, DraftOwner(ids.digest(token or "")), "new")
    assert found and found.submit_key != "k" * 32


def test_six_pictures_and_no_more(session: Session) -> None:
    owner = begun()
    drafts.add_pictures(owner, "new", "page-one", [PICTURE] * 5, files())
    with pytest.raises(Invalid, match="would be 7"):
        drafts.add_pictures(owner, "new", "page-one", [PICTURE] * 2, files())
    drafts.add_pictures(owner, "new", "page-one", [PICTURE], files())
    assert len(files().files) == 6


def test_nobody_takes_a_picture_out_of_anothers_draft(session: Session) -> None:
    mine, theirs = begun(), begun()
    drafts.add_pictures(theirs, "new", "page-one", [PICTURE], files())
    upload = session.scalars(select(CakeUpload.id)).one()
    drafts.remove_picture(mine, "new", "page-one", upload)
    draft = drafts.find_draft(session, theirs, "new")
    assert draft and len(draft.pictures) == 1


def test_the_clean_up_forgets_old_drafts_and_the_pictures_that_nobody_has(session: Session) -> None:
    old, fresh = begun(), begun()
    for owner in (old, fresh):
        drafts.add_pictures(owner, "new", "page-one", [PICTURE, PICTURE], files())
    taken_out = session.scalars(select(CakeUpload.id).order_by(CakeUpload.id.desc())).first()
    drafts.remove_picture(fresh, "new", "page-one", taken_out or 0)
    stale = clock.now() - timedelta(days=30, minutes=1)
    session.execute(
        update(CakeDraft).where(CakeDraft.token_digest == old.token_digest).values(updated_at=stale)
    )
    session.commit()
    forget()
    session.expire_all()
    assert session.get_one(JobRun, "forget_cake_drafts").detail == "1 drafts, 3 pictures"
    assert words(session, fresh) == "a cake" and words(session, old) is None
    assert len(files().files) == 1
    # Once more, or much later than it should have run: nothing is left to do.
    forget()
    session.expire_all()
    assert session.get_one(JobRun, "forget_cake_drafts").detail == "0 drafts, 0 pictures"


def test_a_file_that_a_request_or_another_draft_has_stays(session: Session) -> None:
    shared = StoredPicture("custom-cakes/shared.webp", 4, 3, 6)
    files().put(shared.key, b"pixels", content_type="image/webp")
    request_id = submit_request(sending(pictures=(shared,)))
    first, second = begun(pictures=(shared,)), begun(pictures=(shared,))
    drafts.discard(first, "new")
    forget()
    assert files().exists(shared.key)
    session.execute(RequestPicture.__table__.delete().where(RequestPicture.request_id == request_id))
    session.commit()
    forget()
    assert files().exists(shared.key), "the second draft still shows it"
    drafts.discard(second, "new")
    forget()
    assert not files().exists(shared.key)


class Killed(BaseException):
    """The process ends here."""


def test_a_clean_up_that_is_killed_after_the_file_is_finished_by_the_next_one(
    session: Session, outside: Adapters
) -> None:
    owner = begun()
    drafts.add_pictures(owner, "new", "page-one", [PICTURE, PICTURE], files())
    drafts.discard(owner, "new")

    class Dying(FakeFiles):
        def delete(self, key: str) -> None:
            store.delete(key)
            raise Killed

    store = files()
    object.__setattr__(outside, "files", Dying())
    with pytest.raises(Killed):
        forget()
    object.__setattr__(outside, "files", store)
    assert len(store.files) == 1 and len(session.scalars(select(CakeUpload)).all()) == 2
    forget()
    session.expire_all()
    assert store.files == {} and session.scalars(select(CakeUpload)).all() == []


def test_an_upload_that_broke_off_is_cleared_once_it_can_no_longer_come(session: Session) -> None:
    owner = begun()

    class Broken(FakeFiles):
        def put(self, key: str, data: bytes, *, content_type: str) -> None:
            raise Killed

    with pytest.raises(Killed):
        drafts.add_pictures(owner, "new", "page-one", [PICTURE], Broken())
    draft = drafts.find_draft(session, owner, "new")
    assert draft and draft.pictures == ()
    forget()
    assert len(session.scalars(select(CakeUpload)).all()) == 1, "it may still be on its way"
    with clock.travel(NOW + timedelta(minutes=11)):
        forget()
        assert session.scalars(select(CakeUpload)).all() == []
