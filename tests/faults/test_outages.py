"""Redis, mail or SMS away for a while, or for good: everything arrives once, or fails visibly with a retry."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bakery.infra import outbox, queue
from bakery.infra.db import db
from bakery.infra.models import JobRun
from bakery.messages.models import StaffAlert
from tests.faults.test_killed_workers import BAKER, MAILBOX, confirmed_order, owe
from tests.faults.world import World

pytestmark = pytest.mark.faults
STAFF = "alerts@saffron.test"


def owe_both() -> None:
    order_id = confirmed_order()
    owe("send_confirmation", order_id)
    owe("send_staff_sms", order_id, on=queue.URGENT)


def test_redis_stopped_while_an_order_is_confirmed(world: World) -> None:
    """The shop's own scheduler, started without a Redis, finds what nobody rang for."""
    world.stop_redis()
    owe_both()
    assert [attempts for _, attempts, _ in world.owed()] == [0, 0]
    scheduler = world.run("-m", "jobs.schedule", log="scheduler")
    world.workers["scheduler"] = scheduler
    try:
        world.start_redis()
        world.wait(world.all_done, seconds=45)
    finally:
        world.kill("scheduler")
    assert len(world.sandbox.mails(MAILBOX)) == 1
    assert len(world.sandbox.sms(BAKER)) == 1
    assert all(world.workers[name].poll() is None for name in world.workers), "the workers waited for Redis"
    assert db.session.get_one(JobRun, "sweep_outbox").ok


def test_mail_and_sms_failing_for_a_while(world: World) -> None:
    world.sandbox.fault("smtp", "temporary", times=1)
    world.sandbox.fault("smtp", "lost_answer", times=1)
    world.sandbox.fault("twilio", "error", times=1, match="POST *")
    world.sandbox.fault("twilio", "lost_answer", times=1, match="POST *")
    owe_both()
    world.finish()
    assert len(world.sandbox.mails(MAILBOX)) == 1
    assert len(world.sandbox.sms(BAKER)) == 1
    assert sorted(world.messages()) == [
        ("email", "order_confirmation", "SENT"),
        ("sms", "cake_alert", "SENT"),
    ]


def test_twilio_away_for_good_reaches_the_baker_by_mail_and_can_be_tried_again(world: World) -> None:
    world.sandbox.fault("twilio", "error")
    owe("send_staff_sms", confirmed_order(), on=queue.URGENT)
    world.finish(rounds=2 * outbox.MAX_ATTEMPTS)
    [mail] = world.sandbox.mails(STAFF)
    assert "CAKE #" in mail["text"] and "Happy 40th Laila" in mail["text"]
    assert world.sandbox.sms(BAKER) == []
    assert ("sms", "cake_alert", "FAILED") in world.messages()
    assert db.session.scalars(select(StaffAlert.kind)).all() == ["message_failed"]
    world.sandbox.clear_faults()
    told = world.app.test_cli_runner().invoke(args=["outbox", "status"])
    assert told.exit_code == 2 and "1 given up" in told.output
    again = world.app.test_cli_runner().invoke(args=["outbox", "retry"])
    assert (again.exit_code, again.output) == (0, "1 will be tried again.\n")
    world.finish()
    assert len(world.sandbox.sms(BAKER)) == 1
    assert len(world.sandbox.mails(STAFF)) == 1
    assert ("sms", "cake_alert", "SENT") in world.messages()


def test_a_mailbox_that_does_not_exist_is_told_to_the_staff(world: World) -> None:
    world.sandbox.fault("smtp", "permanent", match=MAILBOX)
    owe("send_confirmation", confirmed_order())
    world.finish()
    assert world.sandbox.mails(MAILBOX) == []
    [alert] = world.sandbox.mails(STAFF)
    assert "was not delivered" in alert["text"]
    assert ("email", "order_confirmation", "FAILED") in world.messages()
