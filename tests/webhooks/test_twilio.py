"""What Twilio says is believed only when Twilio signed it."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.integrations.adapters import Adapters
from bakery.messages import services
from bakery.messages.drafts import Sms
from bakery.messages.models import Message, MessageStatus, StaffAlert
from bakery.people import consents
from bakery.people.models import Consent, ConsentChannel

PHONE = "+61491570156"
GENUINE = {"X-Twilio-Signature": "genuine"}


def sent(outside: Adapters) -> int:
    draft = Sms(to=PHONE, template="cake_alert", subject_ref="order:1", body="CAKE #1")
    services.deliver_sms(draft, outside.sms)
    return 1


def tell(client: FlaskClient, session: Session, status: str, headers: dict[str, str] = GENUINE, **more: str):
    message = session.scalars(select(Message)).one()
    form = {"MessageSid": message.provider_id or "", "MessageStatus": status} | more
    url = f"/webhooks/twilio/status?message={message.id}"
    answer = client.post(url, data=form, headers=headers)
    session.expire_all()
    return answer


def test_delivered_is_noted(client: FlaskClient, session: Session, outside: Adapters) -> None:
    sent(outside)
    assert tell(client, session, "delivered").status_code == 204
    assert session.scalars(select(Message.status)).one() == MessageStatus.DELIVERED


def test_undelivered_is_noted_with_the_reason(
    client: FlaskClient, session: Session, outside: Adapters
) -> None:
    sent(outside)
    tell(client, session, "undelivered", ErrorCode="30003", ErrorMessage="Unreachable handset")
    message = session.scalars(select(Message)).one()
    assert (message.status, message.error) == (MessageStatus.FAILED, "Unreachable handset (Twilio 30003)")


def test_steps_on_the_way_and_strange_messages_change_nothing(
    client: FlaskClient, session: Session, outside: Adapters
) -> None:
    sent(outside)
    assert tell(client, session, "sending").status_code == 204
    for query in ("", "?message=999", "?message=x"):
        form = {"MessageSid": "SM9", "MessageStatus": "failed"}
        assert client.post(f"/webhooks/twilio/status{query}", data=form, headers=GENUINE).status_code == 204
    assert session.scalars(select(Message.status)).one() == MessageStatus.SENT


def test_a_flood_of_forged_reports_counts_once_a_minute(client: FlaskClient, session: Session) -> None:
    for _ in range(5):
        assert client.post("/webhooks/twilio/status", headers={"X-Twilio-Signature": "x"}).status_code == 400
    assert session.scalars(select(StaffAlert)).one().times == 1


def test_a_forged_report_is_refused_changes_nothing_and_raises_an_alert(
    client: FlaskClient, session: Session, outside: Adapters
) -> None:
    sent(outside)
    assert tell(client, session, "failed", headers={"X-Twilio-Signature": "forged"}).status_code == 400
    assert tell(client, session, "failed", headers={}).status_code == 400
    assert session.scalars(select(Message.status)).one() == MessageStatus.SENT
    assert session.scalars(select(StaffAlert.kind)).all() == ["bad_signature"]


def write(client: FlaskClient, text: str, **more: str):
    form = {"From": PHONE, "To": "+61491570006", "Body": text, "MessageSid": "SM1"} | more
    return client.post("/webhooks/twilio/inbound", data=form, headers=GENUINE)


def test_stop_ends_marketing_by_sms_at_once(client: FlaskClient, session: Session) -> None:
    consents.enter(session, ConsentChannel.SMS, PHONE, True, wording="Yes", source="checkout")
    session.commit()
    answer = write(client, " stop. ")
    assert answer.status_code == 200 and answer.text.endswith("<Response/>")
    assert not consents.has_consented(session, ConsentChannel.SMS, PHONE)
    write(client, "STOP")
    words = session.scalars(select(Consent.wording).order_by(Consent.id)).all()
    assert words == ["Yes", "stop."]


def test_other_words_leave_consent_alone(client: FlaskClient, session: Session) -> None:
    consents.enter(session, ConsentChannel.SMS, PHONE, True, wording="Yes", source="checkout")
    session.commit()
    write(client, "Please don't stop baking")
    assert consents.has_consented(session, ConsentChannel.SMS, PHONE)


def test_a_forged_stop_is_refused(client: FlaskClient, session: Session) -> None:
    answer = client.post("/webhooks/twilio/inbound", data={"From": PHONE, "Body": "STOP"})
    assert answer.status_code == 400
    assert session.scalars(select(Consent)).all() == []
