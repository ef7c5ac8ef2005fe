"""Flask-Mailman's SMTP backend against a mail server that behaves and misbehaves."""

from __future__ import annotations

import pytest

from bakery.integrations.mail.port import Attachment, Mail, MailFailed
from bakery.integrations.mail.smtp import Server, SmtpMailer
from sandbox.server import Sandbox

SENDER = "Saffron & Crumb <shop@saffron.test>"
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40


def mail(**changes: object) -> Mail:
    values = {
        "to": "laila@saffron.test",
        "subject": "Ihre Torte, 8″ – bestätigt",
        "text": "Grüße\n",
        "html": "<p>Grüße</p>",
        "message_id": "<abc@saffron.test>",
    }
    return Mail(**values | changes)


@pytest.fixture
def mailer(world: Sandbox) -> SmtpMailer:
    return SmtpMailer(f"smtp://127.0.0.1:{world.smtp_port}", SENDER)


def test_text_html_and_attachment_arrive_as_they_were(world: Sandbox, mailer: SmtpMailer) -> None:
    mailer.send(mail(attachments=[Attachment("R-000123.pdf", "application/pdf", PDF)]))
    [got] = world.mails("laila@saffron.test")
    assert got["subject"] == "Ihre Torte, 8″ – bestätigt"
    assert "Grüße" in got["text"] and "Grüße" in got["html"]
    assert got["message_id"] == "<abc@saffron.test>"
    assert world.attachment(got, "R-000123.pdf") == PDF


def test_a_picture_stands_inside_the_html_and_beside_it_stands_none(
    world: Sandbox, mailer: SmtpMailer
) -> None:
    png = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
    mailer.send(
        mail(
            html='<img src="cid:cake" alt="">', attachments=[Attachment("cake.png", "image/png", png, "cake")]
        )
    )
    [got] = world.mails("laila@saffron.test")
    assert got["headers"]["Content-Type"].startswith("multipart/related")
    assert "Grüße" in got["text"] and "cid:cake" in got["html"]
    assert [(each["name"], each["type"]) for each in got["attachments"]] == [("cake.png", "image/png")]
    assert world.attachment(got, "cake.png") == png


def test_a_line_break_in_a_name_makes_no_header(world: Sandbox, mailer: SmtpMailer) -> None:
    mailer.send(mail(subject="Order for Eve\r\nBcc: everybody@saffron.test"))
    assert world.mails("everybody@saffron.test") == []
    [got] = world.mails("laila@saffron.test")
    assert "Bcc: everybody@saffron.test" in got["subject"]


def test_the_same_message_twice_is_one_mail_in_the_box(world: Sandbox, mailer: SmtpMailer) -> None:
    world.fault("smtp", "lost_answer", times=1)
    with pytest.raises(MailFailed) as failed:
        mailer.send(mail())
    assert not failed.value.permanent
    mailer.send(mail())
    [got] = world.mails("laila@saffron.test")
    assert got["deliveries"] == 2


@pytest.mark.parametrize(
    ("mode", "permanent"), [("refuse", False), ("temporary", False), ("permanent", True)]
)
def test_failures_say_whether_trying_again_helps(
    world: Sandbox, mailer: SmtpMailer, mode: str, permanent: bool
) -> None:
    world.fault("smtp", mode, times=1)
    with pytest.raises(MailFailed) as failed:
        mailer.send(mail())
    assert failed.value.permanent is permanent
    assert "laila" not in str(failed.value)
    mailer.send(mail())
    assert len(world.mails("laila@saffron.test")) == 1


def test_a_server_that_is_not_there_is_a_passing_failure() -> None:
    with pytest.raises(MailFailed) as failed:
        SmtpMailer("smtp://127.0.0.1:9", SENDER).send(mail())
    assert not failed.value.permanent


@pytest.mark.parametrize(
    ("url", "starttls", "wrapped", "port"),
    [
        ("smtp://127.0.0.1:8025", False, False, 8025),
        ("smtp://mail.saffron.test", False, False, 25),
        ("smtp://mail.saffron.test:587", True, False, 587),
        ("smtp://shop%40saffron.test:p%2Fw@mail.saffron.test:2525", True, False, 2525),
        ("smtps://shop:pw@mail.saffron.test", False, True, 465),
    ],
)
def test_a_password_never_travels_without_tls(url: str, starttls: bool, wrapped: bool, port: int) -> None:
    server = Server.from_url(url)
    assert (server.starttls, server.wrapped, server.port) == (starttls, wrapped, port)
    assert "p/w" not in repr(server)


def test_user_and_password_are_unquoted() -> None:
    server = Server.from_url("smtp://shop%40saffron.test:p%2Fw@mail.saffron.test:2525")
    assert (server.username, server.password) == ("shop@saffron.test", "p/w")
