"""SMS: accepted, sent, delivered or not, with signed callbacks, and answers by the customer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

from sandbox import twilio_rules, webhooks
from sandbox.clock import rfc2822
from sandbox.faults import Fault
from sandbox.ids import twilio_sid
from sandbox.twilio_rules import TwilioError
from sandbox.world import World

STOP_WORDS = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE"}
START_WORDS = {"START", "YES", "UNSTOP"}
FINAL_ERRORS = {"failed": (30008, "Unknown error"), "undelivered": (30003, "Unreachable destination handset")}
CALLBACK_WAITS = (1.0, 5.0, 30.0)
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)


def sign(url: str, params: dict[str, str], token: str) -> str:
    """X-Twilio-Signature: HMAC-SHA1 over the address and the sorted parameters."""
    text = url + "".join(name + params[name] for name in sorted(params))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def segments(body: str) -> int:
    """How many SMS the text takes; one letter outside the phone alphabet makes them shorter."""
    plain = all(letter in GSM for letter in body)
    units = len(body) if plain else len(body.encode("utf-16-be")) // 2
    single, joined = (160, 153) if plain else (70, 67)
    return 1 if units <= single else math.ceil(units / joined)


class Messages:
    """The life of messages. States: queued → sent → delivered, or failed / undelivered."""

    def __init__(self, world: World) -> None:
        self.world, self.store = world, world.store
        world.scheduler.kinds["sms"] = self._step
        world.scheduler.kinds["sms_callback"] = self._call_back

    def create(self, account: str, form: dict[str, str], fault: Fault | None = None) -> dict[str, Any]:
        """Accept a message, or refuse it with Twilio's code."""
        self._check(form)
        body = self._build(account, form, "outbound-api", "queued")
        outcome = fault.mode if fault and fault.mode in FINAL_ERRORS else self.world.settings.sms_status
        with self.store.transaction():
            self.store.add(
                body,
                "sms",
                self.world.now(),
                {"callback": form.get("StatusCallback", ""), "outcome": outcome},
            )
            self.world.scheduler.after(self.world.settings.sms_step_seconds, "sms", body["sid"])
        return body

    def _check(self, form: dict[str, str]) -> None:
        twilio_rules.check(form)
        if form["To"].strip() in self.store.note("unsubscribed", []):
            raise TwilioError(21610, "Attempt to send to unsubscribed recipient")

    def _build(self, account: str, form: dict[str, str], direction: str, status: str) -> dict[str, Any]:
        sid, now = twilio_sid("SM"), rfc2822(self.world.clock.time())
        text, path = form.get("Body", ""), f"/2010-04-01/Accounts/{account}/Messages/{sid}"
        return {
            "account_sid": account,
            "api_version": "2010-04-01",
            "body": text,
            "date_created": now,
            "date_sent": None,
            "date_updated": now,
            "direction": direction,
            "error_code": None,
            "error_message": None,
            "from": form.get("From") or None,
            "messaging_service_sid": form.get("MessagingServiceSid") or None,
            "num_media": "0",
            "num_segments": str(segments(text)),
            "price": None,
            "price_unit": "AUD",
            "sid": sid,
            "status": status,
            "subresource_uris": {"media": f"{path}/Media.json"},
            "to": form["To"],
            "uri": f"{path}.json",
        }

    def _step(self, sid: str) -> None:
        """queued → sent → the outcome; each step is told to the shop."""
        with self.store.transaction():
            message = self.store.get(sid, "sms")
            if message is None:
                return
            private = self.store.private(sid)
            outcome, now = private.get("outcome", "delivered"), rfc2822(self.world.clock.time())
            status = "sent" if message["status"] == "queued" and outcome != "failed" else outcome
            message |= {"status": status, "date_updated": now, "date_sent": message["date_sent"] or now}
            if status in FINAL_ERRORS:
                message["error_code"], message["error_message"] = FINAL_ERRORS[status]
            self.store.save(message)
            if private.get("callback"):
                payload = self._callback_params(message)
                self._owe_call(private["callback"], payload, 0, 0.0)
            if status == "sent" and outcome != "sent":
                self.world.scheduler.after(self.world.settings.sms_step_seconds, "sms", sid)

    def _callback_params(self, message: dict[str, Any]) -> dict[str, str]:
        params = {
            "AccountSid": message["account_sid"],
            "ApiVersion": "2010-04-01",
            "From": message["from"] or "",
            "MessageSid": message["sid"],
            "MessageStatus": message["status"],
            "SmsSid": message["sid"],
            "SmsStatus": message["status"],
            "To": message["to"],
        }
        if message["error_code"]:
            params |= {"ErrorCode": str(message["error_code"]), "ErrorMessage": message["error_message"]}
        return params

    def inbound(self, account: str, sender: str, to: str, text: str) -> dict[str, Any]:
        """The customer writes to the shop. STOP and its kin unsubscribe the number, START brings it back."""
        word, unsubscribed = text.strip().upper(), set(self.store.note("unsubscribed", []))
        kind = "STOP" if word in STOP_WORDS else "START" if word in START_WORDS else ""
        unsubscribed = (
            unsubscribed | {sender} if kind == "STOP" else unsubscribed - {sender} if kind else unsubscribed
        )
        message = self._build(account, {"From": sender, "To": to, "Body": text}, "inbound", "received")
        message["date_sent"] = message["date_created"]
        url = self.store.note("sms_inbound_url", self.world.settings.sms_inbound_url)
        with self.store.transaction():
            self.store.set_note("unsubscribed", sorted(unsubscribed))
            self.store.add(message, "sms", self.world.now())
            if url:
                payload = {
                    "AccountSid": account,
                    "ApiVersion": "2010-04-01",
                    "Body": text,
                    "From": sender,
                    "To": to,
                    "MessageSid": message["sid"],
                    "SmsMessageSid": message["sid"],
                    "SmsSid": message["sid"],
                    "SmsStatus": "received",
                    "NumMedia": "0",
                    "NumSegments": message["num_segments"],
                } | ({"OptOutType": kind} if kind else {})
                self._owe_call(url, payload, 0, 0.0)
        return message

    def _owe_call(self, url: str, params: dict[str, str], tries: int, wait: float) -> None:
        self.world.scheduler.after(wait, "sms_callback", json.dumps([url, params, tries]))

    @property
    def token(self) -> str:
        """The token that signs: the one set, else the one that the shop used last."""
        return self.world.settings.twilio_token or self.store.note("twilio_token", "sandbox")

    def _call_back(self, ref: str) -> None:
        url, params, tries = json.loads(ref)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": sign(url, params, self.token),
            "User-Agent": "TwilioProxy/1.1",
        }
        try:
            body = urlencode(params).encode()
            status, _ = webhooks.post(url, body, headers, self.world.settings.webhook_timeout)
            note = str(status)
        except (OSError, HTTPException, ValueError) as error:
            status, note = 0, type(error).__name__
        with self.store.transaction():
            sid = params["MessageSid"]
            if self.store.get(sid) is None:
                return
            done = self.store.private(sid).get("callbacks", [])
            self.store.set_private(
                sid, callbacks=[*done, {"url": url, "status": params["SmsStatus"], "answer": note}]
            )
            if not 200 <= status < 400 and tries < len(CALLBACK_WAITS):
                self._owe_call(url, params, tries + 1, CALLBACK_WAITS[tries])
