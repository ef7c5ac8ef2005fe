"""Mail by Flask-Mailman's SMTP backend, outside any request and with TLS that is verified."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from email.mime.image import MIMEImage
from email.utils import format_datetime, parseaddr

from flask_mailman import EmailMultiAlternatives
from flask_mailman import Mail as Mailman
from flask_mailman.backends.smtp import EmailBackend

from bakery.core import clock
from bakery.integrations.mail.port import Attachment, Mail, MailFailed
from bakery.integrations.mail.smtp import Server


class _Backend(EmailBackend):  # type: ignore[misc]
    """The stock backend asks DNS for our own name and does not verify STARTTLS."""

    connection: smtplib.SMTP | None
    hello = "localhost"

    def open(self) -> bool:
        if self.connection:
            return False
        self.connection = connection = self._connect()
        if self.use_tls:
            connection.starttls(context=ssl.create_default_context())
        if self.username:
            connection.login(self.username, self.password)
        return True

    def _connect(self) -> smtplib.SMTP:
        if not self.use_ssl:
            return smtplib.SMTP(self.host, self.port, self.hello, self.timeout)
        return smtplib.SMTP_SSL(
            self.host, self.port, local_hostname=self.hello, timeout=self.timeout, context=self.ssl_context
        )


class MailmanMailer:
    """See port.Mailer."""

    def __init__(self, server: Server, sender: str) -> None:
        self._sender = sender
        self._server = server
        self._state = Mailman().init_mail({"MAIL_DEFAULT_CHARSET": "utf-8", "MAIL_BACKEND": "smtp"})

    def send(self, mail: Mail) -> None:
        message = self._compose(mail)
        backend = _Backend(
            host=self._server.host,
            port=self._server.port,
            username=self._server.username,
            password=self._server.password,
            use_tls=self._server.starttls,
            use_ssl=self._server.wrapped,
            timeout=self._server.timeout,
            mailman=self._state,
        )
        backend.hello = parseaddr(self._sender)[1].rpartition("@")[2] or "localhost"
        try:
            backend.open()
            backend.send_messages([message])
        except (smtplib.SMTPException, OSError) as error:
            raise MailFailed(_reason(error), permanent=_permanent(error)) from error
        finally:
            # The mail has been taken (or not) by now: a quarrel about goodbye must not undo that.
            with suppress(smtplib.SMTPException, OSError):
                backend.close()

    def _compose(self, mail: Mail) -> EmailMultiAlternatives:
        headers = {
            "Message-ID": mail.message_id,
            "Date": format_datetime(clock.now()),
            "Auto-Submitted": "auto-generated",
            **mail.headers,
        }
        # A customer's name may stand in a subject: a line break in it would be a header of its own.
        subject = " ".join(mail.subject.split())
        message = EmailMultiAlternatives(subject, mail.text, self._sender, [mail.to], headers=headers)
        message.encoding = "utf-8"
        if mail.html:
            message.attach_alternative(mail.html, "text/html")
        for attachment in mail.attachments:
            if attachment.cid:
                message.attach(_inline(attachment))
                # Pictures belong to the HTML: mail programs show them there and count no attachment.
                message.mixed_subtype = "related"
            else:
                message.attach(attachment.name, attachment.data, attachment.content_type)
        return message


def _inline(picture: Attachment) -> MIMEImage:
    part = MIMEImage(picture.data, picture.content_type.partition("/")[2])
    part.add_header("Content-ID", f"<{picture.cid}>")
    part.add_header("Content-Disposition", "inline", filename=picture.name)
    return part


def _permanent(error: Exception) -> bool:
    """A 5xx about this recipient or this mail. One about us (sign-in, sender) the operator can mend."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        # Not str(error): that holds the address.
        return "; ".join(f"{code} {_text(text)}" for code, text in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _text(text: bytes | str) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else text
