"""SMS through Twilio's SDK, its callbacks, and the customer's answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from sandbox.server import Sandbox
from tests.sandbox.conftest import ACCOUNT, TOKEN, Shop

BAKER, SHOP = "+61491570156", "+61491570006"


def send(twilio: Client, **changes: Any) -> Any:
    return twilio.messages.create(**{"to": BAKER, "from_": SHOP, "body": "CAKE #SA-1 8″ Walnut"} | changes)


def test_a_message_is_queued_sent_and_delivered(twilio: Client, box: Sandbox) -> None:
    sent = send(twilio)
    assert (sent.status, sent.to, sent.from_, sent.direction) == ("queued", BAKER, SHOP, "outbound-api")
    assert sent.sid.startswith("SM")
    box.settle()
    done = twilio.messages(sent.sid).fetch()
    assert (done.status, done.error_code, done.body) == ("delivered", None, "CAKE #SA-1 8″ Walnut")
    assert abs(done.date_sent - datetime.now(UTC)) < timedelta(seconds=10)


def test_every_step_is_called_back_and_signed(twilio: Client, box: Sandbox, shop: Shop) -> None:
    url = shop.url("/webhooks/twilio/status?order=1")
    sent = send(twilio, status_callback=url)
    box.settle()
    assert [each.form["MessageStatus"] for each in shop.received] == ["sent", "delivered"]
    for each in shop.received:
        assert each.form["MessageSid"] == sent.sid
        signature = each.headers["X-Twilio-Signature"]
        assert RequestValidator(TOKEN).validate(url, each.form, signature)
        assert not RequestValidator(TOKEN).validate(url, each.form | {"MessageStatus": "failed"}, signature)
    assert [each["answer"] for each in box.sms()[0]["callbacks"]] == ["200", "200"]


def test_a_callback_that_is_not_taken_comes_again(twilio: Client, box: Sandbox, shop: Shop) -> None:
    shop.answers = [500]
    send(twilio, status_callback=shop.url("/status"))
    box.settle(within=3)
    assert sorted(each.form["MessageStatus"] for each in shop.received) == ["delivered", "sent", "sent"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"to": "+15005550001"}, 21211),
        ({"to": "0491 570 156"}, 21211),
        ({"to": "+15005550004"}, 21610),
        ({"to": "+15005550009"}, 21614),
        ({"from_": "+15005550001"}, 21212),
        ({"from_": "+15005550008"}, 21611),
        ({"body": ""}, 21602),
        ({"body": "   "}, 21602),
        ({"body": "x" * 1601}, 21617),
        ({"status_callback": "nowhere"}, 21609),
    ],
)
def test_what_twilio_refuses_is_refused_with_its_code(
    twilio: Client, box: Sandbox, changes: dict[str, str], code: int
) -> None:
    with pytest.raises(TwilioRestException) as refused:
        send(twilio, **changes)
    assert (refused.value.status, refused.value.code) == (400, code)
    assert box.sms() == []


def test_requests_without_a_token_or_for_another_account_are_refused(box: Sandbox) -> None:
    url = f"{box.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    form = {"To": BAKER, "From": SHOP, "Body": "x"}
    assert requests.post(url, data=form, timeout=5).json()["code"] == 20003
    assert requests.post(url, data=form, auth=(ACCOUNT, ""), timeout=5).status_code == 401
    assert requests.post(url, data=form, auth=("AC" + "2" * 32, "t"), timeout=5).status_code == 404
    box.settings.twilio_token = "the-only-one"
    try:
        assert requests.post(url, data=form, auth=(ACCOUNT, "another"), timeout=5).status_code == 401
        assert requests.post(url, data=form, auth=(ACCOUNT, "the-only-one"), timeout=5).status_code == 201
    finally:
        box.settings.twilio_token = ""


@pytest.mark.parametrize(
    ("body", "segments"), [("x" * 160, 1), ("x" * 161, 2), ("8″ " + "x" * 67, 1), ("8″ " + "x" * 68, 2)]
)
def test_long_and_curly_texts_take_more_segments(twilio: Client, body: str, segments: int) -> None:
    assert int(send(twilio, body=body).num_segments) == segments


def test_the_list_tells_whether_a_message_got_out(twilio: Client, box: Sandbox) -> None:
    first, second = send(twilio), send(twilio, to="+61491570157")
    box.settle()
    assert [each.sid for each in twilio.messages.list()] == [second.sid, first.sid]
    assert [each.sid for each in twilio.messages.list(to=BAKER)] == [first.sid]
    now = datetime.now(UTC)
    assert len(twilio.messages.list(date_sent_after=now - timedelta(hours=1))) == 2
    assert twilio.messages.list(date_sent_after=now + timedelta(days=2)) == []
    assert len(twilio.messages.list(date_sent=now.date())) == 2
    assert twilio.messages.list(to=BAKER, date_sent_before=now - timedelta(days=2)) == []
    box.move_clock(86_400)
    assert len(twilio.messages.list(date_sent_before=now + timedelta(hours=1))) == 2


def test_long_lists_come_in_pages(twilio: Client) -> None:
    sent = [send(twilio, body=str(number)).sid for number in range(7)]
    assert [each.sid for each in twilio.messages.stream(page_size=3)] == sent[::-1]


def test_stop_unsubscribes_and_start_brings_back(twilio: Client, box: Sandbox, shop: Shop) -> None:
    box.sms_inbound_target(shop.url("/webhooks/twilio/inbound"))
    send(twilio)
    box.settle()
    box.reply(BAKER, "Stop", to=SHOP)
    box.settle()
    [got] = shop.received
    assert (got.form["From"], got.form["To"], got.form["Body"]) == (BAKER, SHOP, "Stop")
    assert got.form["OptOutType"] == "STOP"
    url = shop.url("/webhooks/twilio/inbound")
    assert RequestValidator(TOKEN).validate(url, got.form, got.headers["X-Twilio-Signature"])
    with pytest.raises(TwilioRestException) as refused:
        send(twilio)
    assert refused.value.code == 21610
    box.reply(BAKER, "START", to=SHOP)
    assert send(twilio).sid


def test_the_inbox_has_a_button_to_reply(
    twilio: Client, box: Sandbox, shop: Shop, browser: requests.Session
) -> None:
    box.sms_inbound_target(shop.url("/inbound"))
    send(twilio)
    assert "Reply as the customer" in browser.get(f"{box.url}/inbox").text
    browser.post(f"{box.url}/sms/reply", data={"from": BAKER, "to": SHOP, "text": "Is it ready?"})
    box.settle()
    assert [each.form["Body"] for each in shop.received] == ["Is it ready?"]
    assert "Is it ready?" in browser.get(f"{box.url}/inbox").text


@pytest.mark.parametrize(("mode", "code"), [("failed", 30008), ("undelivered", 30003)])
def test_an_accepted_message_can_fail_later(
    twilio: Client, box: Sandbox, shop: Shop, mode: str, code: int
) -> None:
    box.fault("twilio", mode, times=1)
    sent = send(twilio, status_callback=shop.url("/status"))
    assert sent.status == "queued"
    box.settle()
    failed = twilio.messages(sent.sid).fetch()
    assert (failed.status, failed.error_code) == (mode, code)
    assert shop.received[-1].form["ErrorCode"] == str(code)
    assert send(twilio).sid
    box.settle()
    assert box.sms()[0]["status"] == "delivered"


@pytest.mark.parametrize(("mode", "status"), [("error", 500), ("rate_limit", 429)])
def test_twilio_can_be_down(twilio: Client, box: Sandbox, mode: str, status: int) -> None:
    box.fault("twilio", mode, times=1)
    with pytest.raises(TwilioRestException) as failed:
        send(twilio)
    assert failed.value.status == status
    assert box.sms() == []


@pytest.mark.parametrize(("mode", "left"), [("timeout", 0), ("lost_answer", 1)])
def test_a_lost_connection_may_or_may_not_have_sent_the_message(
    twilio: Client, box: Sandbox, mode: str, left: int
) -> None:
    box.fault("twilio", mode, seconds=0.1, times=1)
    with pytest.raises(requests.ConnectionError):
        send(twilio)
    assert len(twilio.messages.list(to=BAKER)) == left
