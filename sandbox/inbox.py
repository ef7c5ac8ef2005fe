"""The inbox: every mail and SMS that the shop sent, for people and for tests."""

from __future__ import annotations

import email
import email.policy
import json
import mimetypes
import re
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from sandbox.world import World

blueprint = Blueprint("inbox", __name__)
# The mail's own page: nothing runs, nothing is sent, pictures and inline styles show as in a mail program.
MAIL_CSP = "; ".join(
    (
        "sandbox",
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src * data:",
        "font-src *",
        "frame-ancestors 'self'",
    )
)


def _world() -> World:
    world: World = current_app.extensions["world"]
    return world


def mails() -> list[Any]:
    return _world().store.rows("SELECT * FROM mails ORDER BY seq DESC")


def _parsed(row: Any) -> EmailMessage:
    message = email.message_from_bytes(row["raw"], policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _body(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part else None


def _files(message: EmailMessage) -> list[EmailMessage]:
    """Attachments and inline pictures, in order."""
    return [
        part
        for part in message.walk()
        if isinstance(part, EmailMessage)
        and not part.is_multipart()
        and (part.get_filename() or part["Content-ID"] or part.get_content_disposition() == "attachment")
    ]


def _bytes(part: EmailMessage) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _name(part: EmailMessage, place: int) -> str:
    ending = mimetypes.guess_extension(part.get_content_type()) or ""
    return part.get_filename() or f"part-{place}{ending}"


def mail_summary(row: Any) -> dict[str, Any]:
    """A mail as JSON: what the tests look at."""
    message = _parsed(row)
    return {
        "id": row["id"],
        "kind": "mail",
        "message_id": row["message_id"],
        "from": str(message["From"] or row["sender"]),
        "to": json.loads(row["recipients"]),
        "subject": str(message["Subject"] or ""),
        "text": _body(message, "plain"),
        "html": _body(message, "html"),
        "deliveries": row["deliveries"],
        "received": row["received"],
        "headers": {name: str(value) for name, value in message.items()},
        "attachments": [
            {
                "name": _name(part, place),
                "type": part.get_content_type(),
                "size": len(_bytes(part)),
                "url": f"/inbox/{row['id']}/files/{place}",
            }
            for place, part in enumerate(_files(message))
        ],
    }


def sms_list() -> list[dict[str, Any]]:
    store = _world().store
    return [
        each | {"kind": "sms", "callbacks": store.private(each["sid"]).get("callbacks", [])}
        for each in store.all("sms")
    ]


def _entries() -> list[dict[str, Any]]:
    """Mails and SMS together, newest first; `q` and `kind` narrow them down."""
    entries = [mail_summary(row) for row in mails()]
    entries += [
        each | {"received": parsedate_to_datetime(each["date_created"]).timestamp()} for each in sms_list()
    ]
    kind, wanted = request.args.get("kind"), request.args.get("q", "").strip().lower()
    entries = [
        each
        for each in entries
        if (not kind or each["kind"] == kind)
        and (
            not wanted
            or wanted
            in json.dumps([each["to"], each.get("subject"), each.get("text"), each.get("body")]).lower()
        )
    ]
    return sorted(entries, key=lambda each: float(each["received"]), reverse=True)


@blueprint.get("/inbox")
def index() -> ResponseReturnValue:
    return render_template(
        "inbox.html", entries=_entries(), unsubscribed=_world().store.note("unsubscribed", [])
    )


@blueprint.get("/inbox.json")
def as_json() -> Response:
    entries = _entries()
    return jsonify(
        {
            "mails": [each for each in entries if each["kind"] == "mail"],
            "sms": [each for each in entries if each["kind"] == "sms"],
        }
    )


def _row(key: str) -> Any:
    return _world().store.row("SELECT * FROM mails WHERE id = ?", key) or abort(404, "There is no such mail.")


@blueprint.get("/inbox/<key>")
def mail(key: str) -> ResponseReturnValue:
    row = _row(key)
    return render_template(
        "mail.html",
        mail=mail_summary(row),
        tab=request.args.get("show", "html"),
        source=row["raw"].decode("utf-8", "replace"),
    )


@blueprint.get("/inbox/<key>.json")
def mail_json(key: str) -> Response:
    return jsonify(mail_summary(_row(key)))


@blueprint.get("/inbox/<key>/html")
def mail_html(key: str) -> Response:
    """The HTML part for the frame, with its inline pictures, under a policy that lets nothing run."""
    row = _row(key)
    message = _parsed(row)
    html = _body(message, "html") or abort(404, "This mail has no HTML part.")
    for place, part in enumerate(_files(message)):
        name = str(part["Content-ID"] or "").strip("<>")
        if name:
            html = re.sub(rf"cid:{re.escape(name)}", f"/inbox/{key}/files/{place}", html)
    return Response(
        html, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": MAIL_CSP}
    )


@blueprint.get("/inbox/<key>/files/<int:place>")
def mail_file(key: str, place: int) -> Response:
    files = _files(_parsed(_row(key)))
    if place >= len(files):
        abort(404, "This mail has no such attachment.")
    part = files[place]
    response = Response(_bytes(part), content_type=part.get_content_type())
    inline = part.get_content_maintype() == "image" and part.get_content_subtype() != "svg+xml"
    disposition = "inline" if inline and part["Content-ID"] else "attachment"
    response.headers.set("Content-Disposition", disposition, filename=_name(part, place))
    return response


@blueprint.post("/inbox/clear")
def clear() -> ResponseReturnValue:
    with _world().store.transaction():
        _world().store.run("DELETE FROM mails")
        _world().store.run("DELETE FROM objects WHERE kind = 'sms'")
    return redirect("/inbox", 303)
