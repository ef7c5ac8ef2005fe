"""Adding a card without buying anything."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.errors import Unavailable
from bakery.infra.db import db
from bakery.payments import card_queries, services
from bakery.payments.card_models import CardSetup
from bakery.payments.models import EventOutcome
from bakery.payments.operations.tries import FROM_ONE_PLACE, OF_ACCOUNT, PAUSE, TooManyTries
from bakery.people.models import User
from tests.factories.shop import ShopFactory
from tests.fakes.gateway import FakeGateway
from tests.fakes.gateway_customers import failed_setup_body, setup_body
from tests.payments import cards, steps

COMPLETED, EXPIRED = "checkout.session.completed", "checkout.session.expired"
FAILED = "setup_intent.setup_failed"


@pytest.fixture
def user(session: Session) -> User:
    ShopFactory()
    return cards.somebody()


def begin(user: User, gateway: FakeGateway) -> CardSetup:
    services.start_card_setup(cards.payer(user), gateway, steps.BASE)
    return latest()


def latest() -> CardSetup:
    db.session.expire_all()
    return db.session.query(CardSetup).order_by(CardSetup.id.desc()).first()


def work() -> None:
    cards.work("jobs.cards.keep_set_up_card")


def test_a_card_that_is_typed_there_comes_on_the_list(user: User, gateway: FakeGateway) -> None:
    setup = begin(user, gateway)
    assert card_queries.setup_is_done(db.session(), user.id, setup.id) is False
    body = gateway.finish_setup(str(setup.session_id))
    assert steps.tell(COMPLETED, body) == EventOutcome.APPLIED
    work()
    assert [card.last_four for card in cards.cards_of(user)] == ["4242"]
    assert card_queries.setup_is_done(db.session(), user.id, setup.id) is True
    assert card_queries.setup_is_done(db.session(), cards.somebody().id, setup.id) is None
    assert [(each.granted, each.wording_version) for each in cards.consents()] == [(True, "add-1")]
    assert steps.alerts() == []


def test_the_event_told_again_and_the_job_run_again_change_nothing(user: User, gateway: FakeGateway) -> None:
    setup = begin(user, gateway)
    body = gateway.finish_setup(str(setup.session_id))
    for _ in range(2):
        steps.tell(COMPLETED, body)
        services.keep_set_up_card(setup.id, gateway)
    assert len(cards.cards_of(user)) == 1


def test_a_second_press_leads_to_the_same_page_and_a_closed_one_to_another(
    user: User, gateway: FakeGateway
) -> None:
    first = services.start_card_setup(cards.payer(user), gateway, steps.BASE)
    assert services.start_card_setup(cards.payer(user), gateway, steps.BASE) == first
    gateway.expire_card_setup(str(latest().session_id))
    assert services.start_card_setup(cards.payer(user), gateway, steps.BASE) != first


def test_killed_before_our_record_the_event_finds_its_page(user: User, gateway: FakeGateway) -> None:
    services.customer_of_user(user.id, gateway)

    def die() -> None:
        raise RuntimeError("killed")

    gateway.interrupt = die
    with pytest.raises(RuntimeError):
        begin(user, gateway)
    [session_id] = gateway.setups
    body = gateway.finish_setup(session_id)
    assert steps.tell(COMPLETED, body) == EventOutcome.APPLIED
    work()
    assert len(cards.cards_of(user)) == 1


def test_an_event_that_never_comes_is_made_good_by_asking(user: User, gateway: FakeGateway) -> None:
    setup = begin(user, gateway)
    gateway.finish_setup(str(setup.session_id))
    assert services.follow_card_setups(gateway) == 0
    with clock.travel(clock.now() + timedelta(minutes=5)):
        assert services.follow_card_setups(gateway) == 1
    assert len(cards.cards_of(user)) == 1


def test_a_page_that_closed_is_over(user: User, gateway: FakeGateway) -> None:
    setup = begin(user, gateway)
    page = gateway.expire_card_setup(str(setup.session_id))
    body = setup_body(gateway.setups[page.id][0], page)
    assert steps.tell(EXPIRED, body) == EventOutcome.APPLIED
    assert latest().state == "EXPIRED"
    assert steps.tell(EXPIRED, body) == EventOutcome.IGNORED


def test_stripe_away_is_said_and_the_next_press_finishes_the_same_page(
    user: User, gateway: FakeGateway
) -> None:
    services.customer_of_user(user.id, gateway)
    gateway.away = True
    with pytest.raises(Unavailable):
        begin(user, gateway)
    gateway.away = False
    begin(user, gateway)
    assert db.session.query(CardSetup).count() == 1


def test_a_page_for_a_card_that_is_not_ours_is_nobodys_money(session: Session) -> None:
    body = {"id": "cs_other", "mode": "setup", "payment_status": "no_payment_required", "metadata": {}}
    assert steps.tell(COMPLETED, body) == EventOutcome.IGNORED
    assert steps.alerts() == []


def failed_body(setup: CardSetup, gateway: FakeGateway) -> dict[str, object]:
    request, page = gateway.setups[str(setup.session_id)]
    return failed_setup_body(request, page)


def refuse(setup: CardSetup, gateway: FakeGateway, times: int = 1) -> None:
    """So many cards are refused on its page."""
    for _ in range(times):
        assert steps.tell(FAILED, failed_body(setup, gateway)) == EventOutcome.APPLIED


def test_many_refused_cards_close_the_page_and_pause_the_account(user: User, gateway: FakeGateway) -> None:
    setup = begin(user, gateway)
    refuse(setup, gateway, OF_ACCOUNT - 1)
    assert services.start_card_setup(cards.payer(user), gateway, steps.BASE) == setup.url
    assert steps.alerts() == [] and latest().refused_cards == OF_ACCOUNT - 1
    refuse(setup, gateway)
    cards.work("jobs.cards.close_card_setup")
    assert gateway.setups[str(setup.session_id)][1].status == "expired"
    assert latest().state == "EXPIRED"
    with pytest.raises(TooManyTries, match="paused adding cards here until .* Nothing was charged"):
        begin(user, gateway)
    [alert] = steps.alerts("card_testing")
    assert f"account {user.id}" in alert.text
    begin(cards.somebody(), gateway)
    with clock.travel(clock.now() + PAUSE + timedelta(minutes=1)):
        assert begin(user, gateway).id != setup.id


def test_a_refused_card_that_is_told_twice_counts_once(user: User, gateway: FakeGateway) -> None:
    setup = begin(user, gateway)
    for _ in range(2):
        steps.tell(FAILED, failed_body(setup, gateway), "evt_refused")
    assert latest().refused_cards == 1


def test_refused_cards_on_one_page_after_the_other_count_together(user: User, gateway: FakeGateway) -> None:
    first = begin(user, gateway)
    refuse(first, gateway, OF_ACCOUNT - 1)
    gateway.expire_card_setup(str(first.session_id))
    refuse(begin(user, gateway), gateway)
    with pytest.raises(TooManyTries):
        begin(user, gateway)


def test_one_connection_counts_for_many_accounts_and_for_orders(
    session: Session, gateway: FakeGateway
) -> None:
    for _ in range(FROM_ONE_PLACE // 4):
        refuse(begin(cards.somebody(), gateway), gateway, 4)
    order = steps.pending()
    with pytest.raises(TooManyTries):
        services.start_checkout(order.id, gateway, steps.BASE, payer=cards.from_place(cards.IP))
    with pytest.raises(TooManyTries):
        begin(cards.somebody(), gateway)
    [alert] = steps.alerts("card_testing")
    assert cards.IP in alert.text
    # The page on which the last one was refused is closed.
    assert steps.owed("jobs.cards.close_card_setup") == [[latest().id]]


def test_a_card_that_was_saved_before_its_page_is_closed_is_kept(user: User, gateway: FakeGateway) -> None:
    setup = begin(user, gateway)
    refuse(setup, gateway, OF_ACCOUNT)
    gateway.finish_setup(str(setup.session_id))
    cards.work("jobs.cards.close_card_setup")
    assert [card.last_four for card in cards.cards_of(user)] == ["4242"]


def test_a_refused_card_of_nobodys_page_is_nobodys(session: Session) -> None:
    assert steps.tell(FAILED, {"id": "seti_other", "object": "setup_intent"}) == EventOutcome.IGNORED
