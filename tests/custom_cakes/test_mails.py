"""What customers and staff are written about a request: one mail each, true when it goes, with a link that opens it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.custom_cakes import decisions, offers, services
from bakery.infra.transaction import transaction
from bakery.integrations.adapters import Adapters
from bakery.integrations.mail.port import Mail
from bakery.orders import operations as orders
from bakery.orders.services import expire_order
from bakery.orders.states import PaymentStatus
from bakery.shop.models import Shop
from jobs import cake_mails
from tests.custom_cakes.deliveries import BAKERY, CUSTOMER, approved, deliver, mails_to
from tests.custom_cakes.designs import design, tier
from tests.custom_cakes.requests import NOW, approval, row, sent, staff
from tests.factories.people import UserFactory
from tests.factories.shop import make_open_shop


@pytest.fixture(autouse=True)
def open_shop(session: Session) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(session, capacity_minutes=400)
        yield


def both(mail: Mail) -> tuple[str, str]:
    return mail.text, mail.html.replace("&amp;", "&")


def test_the_first_mail_says_what_arrived_and_leads_to_the_request(
    session: Session, outside: Adapters
) -> None:
    request = row(sent())
    deliver(session)
    (mail,) = mails_to(outside)
    assert request.number in mail.subject
    link = f"http://localhost/custom-cakes/{request.number}?key={request.secret}"
    for body in both(mail):
        assert link in body
        assert "round cake, 20 cm across, in buttercream (Rose)" in body
        assert "Saturday 5 December 2026" in body
        assert "there is nothing to pay" in body


def test_the_bakery_is_told_of_a_wish_and_what_to_mind_without_the_customers_key(
    session: Session, outside: Adapters
) -> None:
    request = row(sent(allergies=["milk"]))
    deliver(session)
    (mail,) = mails_to(outside, BAKERY)
    assert request.number in mail.subject and "Sat 5 Dec" in mail.subject
    for body in both(mail):
        assert f"http://localhost/admin/custom-cakes/{request.number}" in body
        assert "Laila Rahimi" in body and "They avoid milk: this cake contains it." in body
        assert request.secret not in body


def test_the_bakery_hears_of_a_changed_wish_and_of_one_taken_back(
    session: Session, outside: Adapters
) -> None:
    request_id = sent()
    decisions.ask_for_changes(request_id, row(request_id).version, staff(), "Too tall")
    services.resubmit(request_id, design(inscription="Salaam"), CUSTOMER)
    deliver(session)
    services.withdraw(request_id, CUSTOMER, "We <moved> away")
    deliver(session)
    changed, back = mails_to(outside, BAKERY)
    assert "changed, waits for you" in changed.subject and "Salaam" in changed.text
    assert "called off" in back.subject and "We <moved> away" in back.text
    assert "We &lt;moved&gt; away" in back.html


def test_an_offer_says_everything_that_is_needed_to_accept_it(session: Session, outside: Adapters) -> None:
    request = row(approved())
    deliver(session)
    (mail,) = mails_to(outside)
    order_number = orders.lock_order(session, request.order_id or 0).number
    key = f"?key={request.secret}"
    assert mail.subject == f"Your cake {request.number} is approved: $240.00"
    for body in both(mail):
        for words in (
            "$240.00", "about 24 people", "Saturday 5 December 2026 at 10:00 am", "Sydney time, AEDT",
            "Monday 23 November 2026, 9:00 am", "Lovely idea!", order_number, request.number,
            f"http://localhost/custom-cakes/{request.number}/pay{key}",
            f"http://localhost/custom-cakes/{request.number}{key}", "http://localhost/terms", "version 3",
            "Contains gluten, milk, eggs, tree nuts.",
        ):  # fmt: skip
            assert words in body, words
        assert "Use the tall board." not in body, "instructions are for the kitchen"
        assert "What has changed" not in body


def test_an_offer_says_what_its_cake_has_that_the_customer_avoids(
    session: Session, outside: Adapters
) -> None:
    request_id = sent(allergies=["milk"])
    decisions.approve(approval(request_id, row(request_id).version), staff())
    deliver(session)
    (mail,) = (mail for mail in mails_to(outside) if "approved" in mail.subject)
    for body in both(mail):
        assert "You avoid milk: this cake contains it." in body


def test_an_offer_shows_the_cake_inside_the_mail(session: Session, outside: Adapters) -> None:
    approved()
    deliver(session)
    (mail,) = mails_to(outside)
    (picture,) = mail.attachments
    assert 'src="cid:cake"' in mail.html and picture.cid == "cake"
    with Image.open(io.BytesIO(picture.data)) as image:
        assert image.format == "PNG" and image.size == (560, 490)
    assert len(picture.data) < 150_000


def test_an_offer_whose_cake_cannot_be_drawn_goes_without_its_picture(
    session: Session, outside: Adapters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cake_mails, "draw_preview", lambda _design: "this is no drawing")
    approved()
    deliver(session)
    (mail,) = mails_to(outside)
    assert mail.attachments == [] and "cid:" not in mail.html and "$240.00" in mail.text


def test_a_changed_offer_says_what_changed_and_replaces_the_first(
    session: Session, outside: Adapters
) -> None:
    request_id = sent(tiers=[tier(flavour="vanilla")])
    decisions.approve(approval(request_id, row(request_id).version), staff())
    nutty = design(tiers=[tier(flavour="walnut", diameter_cm=26), tier(flavour="vanilla")])
    offers.revise(
        approval(request_id, row(request_id).version, price_cents=27_800, design=nutty),
        staff(),
        outside.gateway,
    )
    deliver(session)
    (mail,) = mails_to(outside)
    assert "our offer has changed to $278.00" in mail.subject, "the first one is never announced late"
    for body in both(mail):
        assert "contains tree nuts" in body and "Price: $240.00 → $278.00." in body
        assert "2-tier" in body and "version 2" in body


def test_an_extended_offer_says_until_when_now(session: Session, outside: Adapters) -> None:
    request_id = approved()
    deliver(session)
    decisions.extend(request_id, row(request_id).version, NOW + timedelta(days=4), staff())
    deliver(session)
    first, longer = mails_to(outside)
    assert "Monday 23 November" in first.text and "holds longer" in longer.subject
    assert "This price holds until Wednesday 25 November 2026, 9:00 am" in longer.text


def test_an_offer_sent_again_is_a_second_mail_with_the_same_words(
    session: Session, outside: Adapters
) -> None:
    request_id = approved()
    deliver(session)
    offers.send_again(request_id, row(request_id).version, staff())
    deliver(session)
    first, again = mails_to(outside)
    assert first.subject == again.subject and first.message_id != again.message_id


@pytest.mark.parametrize(
    ("decide", "words", "path"),
    [
        (decisions.reject, "cannot make", "/custom-cakes/new?copy_of={number}&key={secret}"),
        (decisions.ask_for_changes, "with a change", "/custom-cakes/{number}?key={secret}"),
    ],
)
def test_a_no_and_a_but_come_with_reason_suggestion_and_the_way_on(
    decide: Callable[..., None], words: str, path: str, session: Session, outside: Adapters
) -> None:
    request_id = sent()
    decide(request_id, row(request_id).version, staff(), "It <would> fall", "Two tiers")
    deliver(session)
    request = row(request_id)
    (mail,) = mails_to(outside)
    assert words in mail.text
    assert "It <would> fall\nWhat we could make: Two tiers" in mail.text
    assert "It &lt;would&gt; fall" in mail.html
    for body in both(mail):
        assert path.format(number=request.number, secret=request.secret) in body


def test_an_offer_that_ran_out_is_told_once_it_has_and_offers_a_copy(
    session: Session, outside: Adapters
) -> None:
    request_id = approved()
    with clock.travel(NOW + timedelta(days=3)):
        assert expire_order(row(request_id).order_id or 0)
        services.follow_orders()
        deliver(session)
    (mail,) = mails_to(outside)
    assert "has run out" in mail.subject and "copy_of=" in mail.text
    assert "not paid before" not in mail.text, "the machine's own words are not quoted"


def test_called_off_says_by_whom_and_quotes_the_bakerys_reason(session: Session, outside: Adapters) -> None:
    theirs, ours = sent(), sent()
    services.withdraw(theirs, CUSTOMER, "Changed my mind")
    offers.take_back(ours, row(ours).version, staff(), "Our oven broke")
    deliver(session)
    by_them, by_us = mails_to(outside)
    assert "You called off" in by_them.subject and "Changed my mind" not in by_them.text
    assert "was called off" in by_us.subject and "Our oven broke" in by_us.text


def test_who_called_it_off_signed_in_is_told_that_they_did(session: Session, outside: Adapters) -> None:
    customer = UserFactory(name="Laila Rahimi")
    services.withdraw(sent(user_id=customer.id), Actor(customer.id, "customer", "203.0.113.9"))
    deliver(session)
    (mail,) = mails_to(outside)
    assert "You called off" in mail.subject and "You called your cake off." in mail.text


def test_nobody_whose_money_crossed_the_end_of_the_offer_reads_that_nothing_was_charged(
    session: Session, outside: Adapters
) -> None:
    request_id = approved()
    with clock.travel(NOW + timedelta(days=3)):
        assert expire_order(row(request_id).order_id or 0)
        with transaction() as open_session:
            order = orders.lock_order(open_session, row(request_id).order_id or 0)
            orders.change_payment_status(open_session, order, PaymentStatus.PAID, reason="too late")
        services.follow_orders()
        deliver(session)
    (mail,) = mails_to(outside)
    for body in both(mail):
        assert "Nothing was charged" not in body and "What you paid goes back to your card." in body


def test_an_offer_names_what_is_charged_where_tax_comes_on_top(session: Session, outside: Adapters) -> None:
    session.get_one(Shop, 1).prices_include_tax = False
    session.commit()
    request_id = sent(sms_agreed=True)
    decisions.approve(approval(request_id, row(request_id).version), staff())
    deliver(session)
    (mail,) = mails_to(outside)
    assert mail.subject.endswith("is approved: $264.00") and "Accept and pay $264.00" in mail.text
    assert all("$240" not in words for words in (*both(mail), outside.sms.sent[0][1]))


def test_messages_reach_the_other_side_once_each(session: Session, outside: Adapters) -> None:
    request_id = sent()
    services.write_message(request_id, "Nut-free <b>?", CUSTOMER, from_staff=False)
    services.write_message(request_id, "We cannot promise.", staff(), from_staff=True)
    deliver(session)
    to_staff, to_customer = mails_to(outside, BAKERY)[1], mails_to(outside)[1]
    assert "Nut-free <b>?" in to_staff.text and "/admin/custom-cakes/CC-" in to_staff.text
    assert "Nut-free &lt;b&gt;?" in to_staff.html and "<b>?" not in to_staff.html
    assert row(request_id).secret not in to_staff.text
    assert "We cannot promise." in to_customer.text and "?key=" in to_customer.text


def test_a_deposit_is_said_with_what_is_left(session: Session, outside: Adapters) -> None:
    session.get_one(Shop, 1).deposit_percent = 30
    session.commit()
    request_id = sent(sms_agreed=True)
    decisions.approve(approval(request_id, row(request_id).version), staff())
    deliver(session)
    (mail,) = mails_to(outside)
    for body in both(mail):
        assert "$72.00" in body and "and the remaining $168.00 by Wednesday 2 December 2026" in body
        assert "$36.00 of the deposit is not given back" in body
        assert "Accept and pay $72.00" in body
    assert "$240.00. Pay $72.00 of it by Mon 23 Nov" in outside.sms.sent[0][1]
