"""Load from a second process: wrk where it is installed, else a plain client on the standard library."""

from __future__ import annotations

import http.client
import re
import shutil
import subprocess
import threading
import time
from urllib.parse import urlsplit

CONNECTIONS = 8


def requests_per_second(url: str, headers: dict[str, str], seconds: float, expect: int) -> float:
    """How many answers a second came. Raises RuntimeError when any was not the expected status."""
    _check(url, headers, expect)
    if shutil.which("wrk"):
        return _wrk(url, headers, seconds)
    return _plain(url, headers, seconds)


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

    threads = [threading.Thread(target=run, args=(i,)) for i in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds
