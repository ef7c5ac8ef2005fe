"""kill -9 anywhere: nothing is lost, and nothing repeated that a person would notice."""

from __future__ import annotations

import pytest

from bakery.infra import outbox, queue
from bakery.infra.db import db
from bakery.infra.transaction import transaction
from tests.factories.catalog import make_cake
from tests.factories.orders import OrderFactory, OrderLineFactory
from tests.factories.shop import ShopFactory
from tests.faults.world import World

pytestmark = pytest.mark.faults
MAILBOX, BAKER = "laila@saffron.test", "+61491570157"


def confirmed_order() -> int:
    """An order with a cake, and what its confirmation owes."""
    ShopFactory(alert_phone=BAKER)
    order = OrderFactory(confirmed=True, contact_email=MAILBOX, has_cake=True)
    OrderLineFactory(
        order_row=order, variant=make_cake(), message="Happy 40th Laila", is_cake=True, position=0
    )
    return order.id


def owe(job: str, order_id: int, on: str = queue.DEFAULT) -> None:
    with transaction() as session:
        outbox.owe(session, f"jobs.orders.{job}", order_id, on=on, key=f"order:{order_id}:{job}")
    db.session.rollback()


def test_a_worker_killed_while_the_mail_server_thinks(world: World) -> None:
    world.sandbox.fault("smtp", "slow", seconds=1, times=1)
    owe("send_confirmation", confirmed_order())
    world.wait(world.provider_has_it)
    world.kill("default")
    world.start("default")
    world.finish()
    assert len(world.sandbox.mails(MAILBOX)) == 1
    assert world.messages() == [("email", "order_confirmation", "SENT")]


def test_a_worker_killed_between_the_providers_yes_and_our_note_of_it(world: World) -> None:
    world.sandbox.fault("twilio", "slow", seconds=1, times=1)
    owe("send_staff_sms", confirmed_order(), on=queue.URGENT)
    world.wait(world.provider_has_it)
    world.kill("urgent")
    world.wait(lambda: len(world.sandbox.sms(BAKER)) == 1)
    world.start("urgent")
    world.finish()
    assert len(world.sandbox.sms(BAKER)) == 1
    assert world.messages() == [("sms", "cake_alert", "SENT")]


def test_the_job_alone_killed_under_a_living_worker(world: World) -> None:
    world.sandbox.fault("twilio", "slow", seconds=1, times=1)
    owe("send_staff_sms", confirmed_order(), on=queue.URGENT)
    world.wait(world.provider_has_it)
    world.kill_horse("urgent")
    world.wait(lambda: len(world.sandbox.sms(BAKER)) == 1)
    world.finish()
    assert len(world.sandbox.sms(BAKER)) == 1


def test_a_web_process_killed_between_commit_and_bell(world: World) -> None:
    order_id = confirmed_order()
    script = (
        "import os; from jobs.app import get_app; from bakery.infra import outbox;"
        "from bakery.infra.transaction import transaction, after_commit\n"
        "with get_app().app_context(), transaction() as session:\n"
        "    after_commit(session, lambda: os.kill(os.getpid(), 9))\n"
        f"    outbox.owe(session, 'jobs.orders.send_confirmation', {order_id})\n"
    )
    assert world.run("-c", script, log="web").wait() == -9
    assert queue.waiting(queue.DEFAULT) == set()
    assert world.owed() == [("jobs.orders.send_confirmation", 0, None)]
    world.finish()
    assert len(world.sandbox.mails(MAILBOX)) == 1


def test_a_bell_rung_many_times_and_late(world: World) -> None:
    order_id = confirmed_order()
    owe("send_confirmation", order_id)
    owe("send_staff_sms", order_id, on=queue.URGENT)
    for _ in range(4):
        for row_id in (1, 2):
            outbox.ring(row_id, queue.DEFAULT)
            outbox.ring(row_id, queue.URGENT)
    world.finish()
    for row_id in (1, 2):
        outbox.ring(row_id, queue.URGENT)
    world.wait(lambda: not queue.waiting(queue.URGENT) | queue.waiting(queue.DEFAULT))
    assert len(world.sandbox.mails(MAILBOX)) == 1
    assert len(world.sandbox.sms(BAKER)) == 1
