"""Faults on demand: what goes wrong, with which service, for how long."""

from __future__ import annotations

import fnmatch
import itertools
import random
import threading
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.clock import Clock
from sandbox.store import Store

# What may be asked for. `lost_answer` is the nasty one: the work is done, the caller never hears of it.
MODES: dict[str, dict[str, str]] = {
    "stripe": {
        "error": "answers 500 (or the status given) without doing anything",
        "rate_limit": "answers 429 without doing anything",
        "timeout": "waits N seconds, then drops the connection without doing anything",
        "slow": "waits N seconds, then answers as usual",
        "lost_answer": "does the work, then drops the connection instead of answering",
    },
    "twilio": {
        "error": "answers 500 (or the status given), nothing is sent",
        "rate_limit": "answers 429 (code 20429), nothing is sent",
        "timeout": "waits N seconds, then drops the connection, nothing is sent",
        "slow": "waits N seconds, then answers as usual",
        "lost_answer": "sends the message, then drops the connection instead of answering",
        "failed": "accepts the message, which then fails (error 30008)",
        "undelivered": "accepts the message, which then is undelivered (error 30003)",
    },
    "smtp": {
        "refuse": "closes every connection at once",
        "temporary": "answers 451 to the message: try again later",
        "permanent": "answers 550 to every recipient",
        "slow": "waits N seconds before taking the message",
        "lost_answer": "keeps the message, then drops the connection instead of saying so",
    },
    "webhooks": {
        "drop": "never delivers the event (resend it by hand)",
        "delay": "delivers N seconds later",
        "duplicate": "delivers every event twice, or as many copies as asked for",
        "hold": "keeps events back until they are released, in any order",
    },
}


class BadFault(ValueError):
    """The fault that was asked for does not exist; the message says which do."""


@dataclass
class Fault:
    id: int
    service: str
    mode: str
    times: int | None = None  # how many requests or events it still hits; None: all of them
    until: float | None = None  # when it ends by itself
    seconds: float = 0.0  # for slow, timeout and delay
    status: int = 500
    copies: int = 2
    match: str = "*"  # a pattern on "POST /v1/refunds", an event type, or a recipient
    share: float = 1.0  # of what comes along, drawn by lot; `seed` and the number of the draw decide
    seed: int = 0
    drawn: int = 0  # how many came along so far
    struck: int = 0  # how many of them it hit

    def strikes(self) -> bool:
        """Is this one hit? It is counted either way."""
        self.drawn += 1
        lot = random.Random(f"{self.seed} {self.service} {self.mode} {self.drawn}").random()
        hit = self.share >= 1 or lot < self.share
        if hit:
            self.struck += 1
            self.times = None if self.times is None else self.times - 1
        return hit


class Faults:
    """The faults in force. They are kept over a restart; how far their lots were drawn is not."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store, self.clock = store, clock
        self._lock = threading.Lock()
        self._known = [Fault(**each) for each in store.note("faults", [])]
        self._numbers = itertools.count(max((fault.id for fault in self._known), default=0) + 1)

    def active(self) -> list[Fault]:
        now = self.clock.time()
        return [
            fault
            for fault in list(self._known)
            if (fault.until is None or fault.until > now) and fault.times != 0
        ]

    def _keep(self, faults: list[Fault]) -> None:
        self._known = faults
        self.store.set_note("faults", [asdict(fault) for fault in faults])

    def add(self, service: str, mode: str, **options: Any) -> Fault:
        """Refuses an unknown service, mode or option. `last` (seconds) becomes an end time."""
        if mode not in MODES.get(service, {}):
            known = ", ".join(f"{name}: {'/'.join(modes)}" for name, modes in MODES.items())
            raise BadFault(f"There is no fault {service}/{mode}. Known: {known}.")
        fault = Fault(next(self._numbers), service, mode)
        for name, value in options.items():
            if value is not None:
                self._set(fault, name, value)
        with self.store.transaction(), self._lock:
            self._keep([*self.active(), fault])
        return fault

    def _set(self, fault: Fault, name: str, value: Any) -> None:
        kinds = {"times": int, "seconds": float, "last": float, "status": int, "copies": int, "match": str}
        kinds |= {"share": float, "seed": int}
        if name not in kinds:
            raise BadFault(f"A fault has no option {name}; it has {', '.join(kinds)}.")
        try:
            value = kinds[name](value)
        except (TypeError, ValueError) as error:
            raise BadFault(f"{name} must be a number, not {value!r}.") from error
        if name == "match":
            fault.match = value or "*"
        elif name == "share" and not 0 < value <= 1:
            raise BadFault("share must lie above 0 and at most at 1.")
        elif not 0 <= value <= 1_000_000:
            raise BadFault(f"{name} must lie between 0 and 1000000.")
        elif name == "last":
            fault.until = self.clock.time() + value
        else:
            setattr(fault, name, value)

    def clear(self, service: str | None = None, number: int | None = None) -> None:
        """End one fault, all of a service, or all."""
        with self.store.transaction(), self._lock:
            self._keep(
                [
                    fault
                    for fault in self.active()
                    if (service and fault.service != service) or (number is not None and fault.id != number)
                ]
            )

    def forget(self) -> None:
        """With the file emptied, none is in force."""
        with self._lock:
            self._known = []

    def hit(self, service: str, subject: str, modes: tuple[str, ...] = ()) -> Fault | None:
        """The first fault in force that strikes this subject; it is counted as used once."""
        if not self._known:
            return None
        # The store first, as everywhere: whoever holds it may be on the way here.
        with self.store.transaction(), self._lock:
            for fault in self.active():
                wanted = fault.service == service and (not modes or fault.mode in modes)
                if wanted and fnmatch.fnmatch(subject, fault.match) and fault.strikes():
                    if fault.times is not None:
                        self._keep(self.active())
                    return fault
        return None
