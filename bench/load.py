"""Load from a second process: wrk where it is installed, else a plain client on the standard library."""

from __future__ import annotations

import http.client
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from itertools import count
from urllib.parse import urlsplit

CONNECTIONS = 8
_visitors = count(1)


def requests_per_second(url: str, headers: dict[str, str], seconds: float, expect: int) -> float:
    """How many answers a second came. Raises RuntimeError when any was not the expected status."""
    _check(url, headers, expect)
    if shutil.which("wrk"):
        return _wrk(url, headers, seconds)
    return _plain(url, headers, seconds)


def posts_per_second(url: str, bodies: Sequence[bytes], seconds: float) -> float:
    """How many JSON bodies a second were answered, in turns over as many connections as pages have."""
    answered = [0] * CONNECTIONS
    until = time.monotonic() + seconds

    def run(index: int) -> None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        while time.monotonic() < until:
            _post(connection, url, bodies[answered[index] % len(bodies)])
            answered[index] += 1

    _run_all(run)
    return sum(answered) / seconds


def milliseconds(url: str, bodies: Sequence[bytes]) -> list[float]:
    """How long each JSON body took, one after the other on one connection."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    took = []
    for body in bodies:
        begun = time.perf_counter()
        _post(connection, url, body)
        took.append((time.perf_counter() - begun) * 1000)
    return took


def _post(connection: http.client.HTTPConnection, url: str, body: bytes) -> None:
    # Each comes from another address: one visitor may not ask so often.
    visitor = next(_visitors)
    headers = {
        "Content-Type": "application/json",
        "X-Forwarded-For": f"10.{visitor >> 16 & 255}.{visitor >> 8 & 255}.{visitor & 255}",
    }
    connection.request("POST", urlsplit(url).path, body, headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{url} answered {answer.status}, not 200")


def _check(url: str, headers: dict[str, str], expect: int) -> None:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    connection.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""), headers=headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status != expect:
        raise RuntimeError(f"{url} answered {answer.status}, not {expect}")


def _wrk(url: str, headers: dict[str, str], seconds: float) -> float:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s"]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    out = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out and "304" not in out and not headers.get("If-None-Match"):
        raise RuntimeError(out)
    found = re.search(r"Requests/sec:\s*([\d.]+)", out)
    return float(found[1]) if found else 0.0


def _plain(url: str, headers: dict[str, str], seconds: float) -> float:
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    counts = [0] * CONNECTIONS
    until = time.monotonic() + seconds

    def run(index: int) -> None:
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        while time.monotonic() < until:
            connection.request("GET", path, headers=headers)
            connection.getresponse().read()
            counts[index] += 1

    _run_all(run)
    return sum(counts) / seconds


def _run_all(run: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=run, args=(i,)) for i in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
