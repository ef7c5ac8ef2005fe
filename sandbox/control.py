"""A thin client of the control API, for tests and scripts. Standard library and requests only."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import requests


class ControlError(Exception):
    """The sandbox refused; `status` and `answer` say why."""

    def __init__(self, status: int, answer: dict[str, Any]) -> None:
        super().__init__(f"{status}: {answer.get('error')}")
        self.status, self.answer = status, answer


class Control:
    """`Control("http://127.0.0.1:8010").fault("stripe", "error", times=2)` and so on."""

    def __init__(self, url: str, timeout: float = 30.0) -> None:
        self.url, self._timeout = url.rstrip("/"), timeout
        self._own = threading.local()  # a connection for each thread, kept open

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        session = getattr(self._own, "session", None)
        if session is None:
            session = self._own.session = requests.Session()
            session.trust_env = False
        answer = session.request(method, f"{self.url}{path}", timeout=self._timeout, **options)
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        return self._read(answer.status_code, answer.json() if is_json else None)

    @staticmethod
    def _read(status: int, body: Any) -> Any:
        if status >= 400:
            raise ControlError(status, body or {"error": "The sandbox failed; its log says why."})
        return body

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self._ask("GET", "/_control/state")
        return found

    def reset(self) -> None:
        """Forget all objects, events, mails, SMS and faults; put the clock right."""
        self._ask("POST", "/_control/reset")

    # Faults. Options: times, last (seconds), seconds (slow, timeout, delay), status, copies, match, and for a
    # random part of what comes along share (0.02) with seed: the same seed strikes the same calls again.

    def fault(self, service: str, mode: str, **options: Any) -> dict[str, Any]:
        """Refuses what does not exist (ControlError 422)."""
        made: dict[str, Any] = self._ask(
            "POST", "/_control/faults", json={"service": service, "mode": mode, **options}
        )
        return made

    def clear_faults(self, service: str | None = None) -> None:
        self._ask("DELETE", "/_control/faults", params={"service": service} if service else {})

    # Webhooks.

    def webhook_target(self, url: str, secret: str | None = None) -> None:
        self._ask(
            "POST",
            "/_control/webhooks/target",
            json={"webhook_url": url} | ({"webhook_secret": secret} if secret else {}),
        )

    def sms_inbound_target(self, url: str) -> None:
        self._ask("POST", "/_control/webhooks/target", json={"sms_inbound_url": url})

    def release(self, order: str = "kept", match: str = "") -> int:
        """Let held events go: order `kept`, `reversed` or `random`; `match` an event type or id."""
        return int(
            self._ask("POST", "/_control/webhooks/release", json={"order": order, "match": match})["released"]
        )

    def resend(self, event: str, times: int = 1) -> None:
        self._ask("POST", f"/_control/events/{event}/resend", json={"times": times})

    def events(self, type: str | None = None, object: str | None = None) -> list[dict[str, Any]]:
        """Oldest first, each with `deliveries` (state, attempts, log)."""
        found: list[dict[str, Any]] = self._ask(
            "GET", "/_control/events", params={"type": type, "object": object}
        )["data"]
        return found

    # Stripe.

    def pay(self, session: str, card: str = "4242424242424242", **options: Any) -> dict[str, Any]:
        """Pay as a person would, or save a card in setup mode. Options: email, name, authenticate (True: the bank
        is content), save (tick the box that keeps the card), saved (a saved card's id instead of a number).
        Refuses with 402 and a `code`."""
        paid: dict[str, Any] = self._ask(
            "POST", f"/_control/sessions/{session}/pay", json={"card": card, **options}
        )
        return paid

    def expire(self, session: str) -> dict[str, Any]:
        gone: dict[str, Any] = self._ask("POST", f"/_control/sessions/{session}/expire")
        return gone

    def object(self, key: str) -> dict[str, Any]:
        found: dict[str, Any] = self._ask("GET", f"/_control/objects/{key}")
        return found

    def objects(self, kind: str = "checkout.session", **fields: str) -> list[dict[str, Any]]:
        """Newest first; kinds are Stripe's `object` names, and `sms`. `objects("refund", charge=…)` narrows."""
        found: list[dict[str, Any]] = self._ask("GET", "/_control/objects", params={"kind": kind, **fields})[
            "data"
        ]
        return found

    # Money that moves without the shop. A `payment` is the id of a payment intent, a charge or a session.

    def dashboard_refund(
        self, payment: str, amount: int | None = None, reason: str | None = None
    ) -> dict[str, Any]:
        """Somebody refunds in Stripe's own dashboard; without an amount, all that is left."""
        asked = {"payment": payment, "amount": amount, "reason": reason}
        made: dict[str, Any] = self._ask("POST", "/_control/refunds", json=asked)
        return made

    def settle_refund(self, refund: str, status: str, reason: str | None = None) -> dict[str, Any]:
        """What becomes of a refund: `succeeded`, `failed` (reason such as `lost_or_stolen_card`), `canceled`,
        `requires_action` or `pending`; its timer ends. Refuses (400) a step that no refund can make: only a
        pending one or one that requires action goes anywhere, a succeeded one can only fail later."""
        asked = {"status": status, "reason": reason}
        settled: dict[str, Any] = self._ask("POST", f"/_control/refunds/{refund}", json=asked)
        return settled

    def refunds_begin(self, status: str | None) -> None:
        """Refunds begin `pending`, `requires_action` or `succeeded` from now on and stay so until
        `settle_refund`; None: as their card would have it."""
        self._ask("POST", "/_control/refunds_begin", json={"status": status})

    def open_dispute(
        self,
        payment: str,
        reason: str = "fraudulent",
        *,
        inquiry: bool = False,
        amount: int | None = None,
    ) -> dict[str, Any]:
        """The cardholder complains to the bank. The money and a fee go at once; an inquiry only asks."""
        asked = {"payment": payment, "reason": reason, "inquiry": inquiry, "amount": amount}
        opened: dict[str, Any] = self._ask("POST", "/_control/disputes", json=asked)
        return opened

    def close_dispute(self, dispute: str, outcome: str) -> dict[str, Any]:
        """The bank decides: `won` (by the shop) or `lost`; for an inquiry `warning_closed`."""
        closed: dict[str, Any] = self._ask(
            "POST", f"/_control/disputes/{dispute}/close", json={"outcome": outcome}
        )
        return closed

    def escalate(self, inquiry: str) -> dict[str, Any]:
        """The bank makes a dispute of an inquiry: the money and a fee go, the shop may answer anew."""
        raised: dict[str, Any] = self._ask("POST", f"/_control/disputes/{inquiry}/escalate")
        return raised

    def dispute_fee_returned(self, returned: bool) -> None:
        """Whether a won dispute brings its fee back from now on (at first it does not)."""
        self._ask("POST", "/_control/dispute_fee", json={"returned": returned})

    def fraud_warning(self, payment: str, fraud_type: str | None = None) -> dict[str, Any]:
        """The bank warns early that the payment may be a fraud."""
        asked = {"payment": payment, "fraud_type": fraud_type}
        warned: dict[str, Any] = self._ask("POST", "/_control/fraud_warnings", json=asked)
        return warned

    # Mail and SMS.

    def mails(self, to: str | None = None) -> list[dict[str, Any]]:
        """Newest first: id, from, to, subject, text, html, attachments, deliveries, message_id."""
        found: list[dict[str, Any]] = self._ask("GET", "/_control/mails")["data"]
        return [each for each in found if to is None or to in each["to"]]

    def attachment(self, mail: dict[str, Any], name: str) -> bytes:
        """The bytes of a mail's attachment. Refuses a name that the mail does not carry."""
        path = next(each["url"] for each in mail["attachments"] if each["name"] == name)
        with requests.Session() as session:
            session.trust_env = False
            return session.get(f"{self.url}{path}", timeout=self._timeout).content

    def sms(self, to: str | None = None) -> list[dict[str, Any]]:
        """Newest first, inbound ones too; Twilio's fields plus `callbacks`."""
        found: list[dict[str, Any]] = self._ask("GET", "/_control/sms")["data"]
        return [each for each in found if to is None or each["to"] == to]

    def reply(self, sender: str, body: str, to: str) -> dict[str, Any]:
        """The customer `sender` writes `body` to the shop's number `to`."""
        sent: dict[str, Any] = self._ask(
            "POST", "/_control/sms/inbound", json={"from": sender, "to": to, "body": body}
        )
        return sent

    # Time.

    def move_clock(self, offset: float) -> float:
        """The sandbox's clock goes `offset` seconds ahead of the true time. Like the next two it returns the
        sandbox's time, has done all that came due by then (expiries, deadlines, refunds that settle; not
        deliveries: `settle` waits for those), and refuses to go back (ControlError 422); `reset` puts it right."""
        return float(self._ask("POST", "/_control/clock", json={"offset": offset})["now"])

    def advance(self, seconds: float) -> float:
        """The sandbox's clock goes ahead by so many seconds from where it is."""
        return float(self._ask("POST", "/_control/clock", json={"by": seconds})["now"])

    def set_clock(self, at: float | datetime) -> float:
        """The sandbox's clock goes ahead to an instant: seconds since 1970, or a datetime with its zone."""
        seconds = at.timestamp() if isinstance(at, datetime) else at
        return float(self._ask("POST", "/_control/clock", json={"at": seconds})["now"])

    def settle(self, seconds: float = 10.0, within: float = 1.5) -> None:
        """Wait until nothing is being delivered or due soon. Refuses (504) when that takes too long."""
        self._ask("POST", "/_control/settle", json={"seconds": seconds, "within": within})

    def wait_for(self, what: Callable[[], Any], seconds: float = 10.0) -> Any:
        """Ask again and again until the answer is true, and return it. Refuses with TimeoutError."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = what()
            if found:
                return found
            time.sleep(0.05)
        raise TimeoutError(f"Not within {seconds} s")
