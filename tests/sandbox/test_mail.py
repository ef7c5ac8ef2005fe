"""The mail server and the inbox."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from typing import Any

import pytest
import requests
from bs4 import BeautifulSoup

from sandbox.server import Sandbox

PDF = b"%PDF-1.7\r\n\x00\xff\n.\nend"


def letter(number: int = 1, **changes: str) -> EmailMessage:
    message = EmailMessage()
    headers = {
        "From": "Saffron & Crumb <shop@saffron.test>",
        "To": "Laila <laila@saffron.test>",
        "Subject": "Your order is confirmed – thank you",
        "Message-ID": f"<{number}@saffron.test>",
    }
    for name, value in (headers | changes).items():
        message[name] = value
    message.set_content("Thank you, Laila.\n")
    message.add_alternative("<h1>Thank you</h1><script>alert(1)</script><img src='cid:logo'>", subtype="html")
    message.get_payload()[1].add_related(b"\x89PNG", "image", "png", cid="<logo>")
    message.add_attachment(PDF, maintype="application", subtype="pdf", filename="reçu 1.pdf")
    return message


def post(box: Sandbox, message: EmailMessage, to: list[str] | None = None) -> None:
    with smtplib.SMTP("127.0.0.1", box.smtp_port, timeout=5) as server:
        server.send_message(message, to_addrs=to)


def test_a_mail_is_kept_with_all_its_parts(box: Sandbox, browser: requests.Session) -> None:
    post(box, letter())
    [mail] = box.mails(to="laila@saffron.test")
    assert mail["subject"] == "Your order is confirmed – thank you"
    assert mail["from"] == "Saffron & Crumb <shop@saffron.test>"
    assert mail["text"] == "Thank you, Laila.\n"
    assert mail["html"].startswith("<h1>Thank you</h1>")
    assert mail["deliveries"] == 1
    assert [each["name"] for each in mail["attachments"]] == ["part-0.png", "reçu 1.pdf"]
    assert box.attachment(mail, "reçu 1.pdf") == PDF
    listed = browser.get(f"{box.url}/inbox.json").json()
    assert [each["id"] for each in listed["mails"]] == [mail["id"]]
    assert browser.get(f"{box.url}/inbox/{mail['id']}.json").json() == mail
    file = browser.get(f"{box.url}{mail['attachments'][1]['url']}")
    assert file.headers["Content-Type"] == "application/pdf"
    assert file.headers["Content-Disposition"].startswith("attachment")


def test_the_same_mail_twice_is_shown_once_and_counted(box: Sandbox) -> None:
    post(box, letter(1))
    post(box, letter(1))
    post(box, letter(2))
    assert [each["deliveries"] for each in box.mails()] == [1, 2]


def test_mails_without_an_id_are_all_different(box: Sandbox) -> None:
    for _ in range(2):
        message = letter()
        del message["Message-ID"]
        post(box, message)
    assert len(box.mails()) == 2


def test_every_recipient_is_named_also_hidden_ones(box: Sandbox) -> None:
    post(box, letter(), ["laila@saffron.test", "hidden@saffron.test"])
    post(box, letter(), ["late@saffron.test"])
    [mail] = box.mails()
    assert mail["to"] == ["laila@saffron.test", "hidden@saffron.test", "late@saffron.test"]


def test_a_mail_is_shown_where_nothing_in_it_can_run(box: Sandbox, browser: requests.Session) -> None:
    post(box, letter())
    [mail] = box.mails()
    page = BeautifulSoup(browser.get(f"{box.url}/inbox/{mail['id']}").text, "html.parser")
    frame = page.iframe
    assert frame["src"] == f"/inbox/{mail['id']}/html"
    assert frame.has_attr("sandbox") and not frame["sandbox"], "nothing is allowed in the frame"
    inside = browser.get(f"{box.url}{frame['src']}")
    policy = inside.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox;") and "default-src 'none'" in policy
    picture = BeautifulSoup(inside.text, "html.parser").img["src"]
    assert browser.get(f"{box.url}{picture}").content == b"\x89PNG"
    text = browser.get(f"{box.url}/inbox/{mail['id']}?show=text")
    assert "Thank you, Laila." in text.text and "<iframe" not in text.text
    assert "Message-ID" in browser.get(f"{box.url}/inbox/{mail['id']}?show=source").text


def test_a_bare_or_broken_mail_is_kept_too(box: Sandbox, browser: requests.Session) -> None:
    with smtplib.SMTP("127.0.0.1", box.smtp_port, timeout=5) as server:
        server.sendmail("a@saffron.test", ["b@saffron.test"], b"no headers at all \xff\xfe")
        server.sendmail("a@saffron.test", ["b@saffron.test"], b"Subject: =?utf-8?b?broken?=\r\n\r\nhi")
    assert len(box.mails()) == 2
    for mail in box.mails():
        for show in ("html", "text", "source"):
            assert browser.get(f"{box.url}/inbox/{mail['id']}?show={show}").status_code == 200


def test_a_large_attachment_fits(box: Sandbox) -> None:
    message = letter()
    message.add_attachment(b"x" * 3_000_000, maintype="image", subtype="jpeg", filename="cake.jpg")
    post(box, message)
    assert box.mails()[0]["attachments"][-1]["size"] == 3_000_000


def test_a_password_is_taken_and_not_needed(box: Sandbox) -> None:
    with smtplib.SMTP("127.0.0.1", box.smtp_port, timeout=5) as server:
        server.login("anybody", "anything")
        server.send_message(letter())
    assert len(box.mails()) == 1


@pytest.mark.parametrize(
    ("mode", "error", "kept"),
    [
        ("refuse", (smtplib.SMTPServerDisconnected, ConnectionError), 0),
        ("temporary", smtplib.SMTPDataError, 0),
        ("permanent", smtplib.SMTPRecipientsRefused, 0),
        ("lost_answer", smtplib.SMTPServerDisconnected, 1),
    ],
)
def test_the_mail_server_fails_on_demand_and_then_works(
    box: Sandbox, mode: str, error: Any, kept: int
) -> None:
    box.fault("smtp", mode, times=1)
    with pytest.raises(error) as failed:
        post(box, letter(1))
    code = {"temporary": 451, "permanent": 550}.get(mode)
    if code:
        assert str(code) in str(failed.value)
    assert len(box.mails()) == kept
    post(box, letter(1))
    assert [each["deliveries"] for each in box.mails()] == [kept + 1]


def test_a_fault_can_be_for_one_recipient(box: Sandbox) -> None:
    box.fault("smtp", "permanent", match="*@bounce.test")
    post(box, letter(1))
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        post(box, letter(2), ["nobody@bounce.test"])
    assert len(box.mails()) == 1


def test_the_inbox_finds_and_forgets(box: Sandbox, browser: requests.Session) -> None:
    post(box, letter(1))
    post(box, letter(2, Subject="Something else"))
    found = browser.get(f"{box.url}/inbox", params={"q": "confirmed"}).text
    assert "Your order is confirmed" in found and "Something else" not in found
    assert browser.get(f"{box.url}/inbox.json", params={"kind": "sms"}).json()["mails"] == []
    browser.post(f"{box.url}/inbox/clear")
    assert box.mails() == []
    assert "Nothing here yet" in browser.get(f"{box.url}/inbox").text
