"""The real Twilio SDK against a Twilio that behaves and misbehaves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bakery.core import clock
from bakery.integrations.sms.port import SmsFailed
from bakery.integrations.sms.twilio_sms import TwilioSms
from sandbox.server import Sandbox
from sandbox.twilio_messages import sign

ACCOUNT, TOKEN, SHOP, PHONE = "AC" + "1" * 32, "token", "+61491570006", "+61491570156"
WORDS = "CAKE #SC-7K3M-Q9 8″ Walnut 'Happy 40th Laila' Sat 14:00"


@pytest.fixture
def sender(world: Sandbox) -> TwilioSms:
    return TwilioSms(ACCOUNT, TOKEN, SHOP, world.url)


def test_a_text_arrives_from_the_shops_number(world: Sandbox, sender: TwilioSms) -> None:
    sid = sender.send(PHONE, WORDS)
    [got] = world.sms(PHONE)
    assert (got["sid"], got["body"], got["from"]) == (sid, WORDS, SHOP)


@pytest.mark.parametrize("mode", ["error", "rate_limit"])
def test_a_twilio_in_trouble_is_worth_another_try(world: Sandbox, sender: TwilioSms, mode: str) -> None:
    world.fault("twilio", mode, times=1)
    with pytest.raises(SmsFailed) as failed:
        sender.send(PHONE, WORDS)
    assert not failed.value.permanent
    assert world.sms(PHONE) == []


@pytest.mark.parametrize("number", ["+15005550001", "+15005550009", "+15005550004"])
def test_a_number_that_cannot_receive_is_refused_for_good(
    world: Sandbox, sender: TwilioSms, number: str
) -> None:
    with pytest.raises(SmsFailed) as failed:
        sender.send(number, WORDS)
    assert failed.value.permanent


def test_a_wrong_token_is_the_operators_to_mend_not_the_messages_end(world: Sandbox) -> None:
    world.fault("twilio", "error", status=401, times=1)
    with pytest.raises(SmsFailed) as failed:
        TwilioSms(ACCOUNT, "wrong", SHOP, world.url).send(PHONE, WORDS)
    assert not failed.value.permanent


def test_what_got_out_although_the_answer_was_lost_is_found(world: Sandbox, sender: TwilioSms) -> None:
    since = clock.now()
    world.fault("twilio", "lost_answer", times=1)
    with pytest.raises(SmsFailed) as failed:
        sender.send(PHONE, WORDS)
    assert not failed.value.permanent
    assert sender.find_sent(PHONE, WORDS, since) == world.sms(PHONE)[0]["sid"]


def test_other_words_other_times_and_failed_ones_are_not_taken_for_it(
    world: Sandbox, sender: TwilioSms
) -> None:
    sender.send(PHONE, WORDS)
    assert sender.find_sent(PHONE, "other words", clock.now()) is None
    assert sender.find_sent(PHONE, WORDS, clock.now() + timedelta(hours=1)) is None
    world.fault("twilio", "undelivered", times=1)
    sender.send(PHONE, "lost on the way")
    world.settle()
    assert sender.find_sent(PHONE, "lost on the way", clock.now()) is None


def test_only_the_providers_signature_counts(world: Sandbox, sender: TwilioSms) -> None:
    url, form = "https://shop.test/webhooks/twilio/status?message=7", {"MessageSid": "SM1", "To": PHONE}
    good = sign(url, form, TOKEN)
    assert sender.signed_by_provider(url, form, good)
    assert not sender.signed_by_provider(url, form | {"To": "+61491570157"}, good)
    assert not sender.signed_by_provider(url.replace("7", "8"), form, good)
    assert not sender.signed_by_provider(url, form, "")
