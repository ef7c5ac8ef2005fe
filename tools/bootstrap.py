"""From a bare Python to all that the shop needs: virtual environment, locked packages, system libraries.

    python3 -m tools.bootstrap run        prepare, then start everything      (make run)
    python3 -m tools.bootstrap test ...   prepare, then run the tests         (make test)
    python3 -m tools.bootstrap            prepare only

Standard library only. A second time it only compares a stamp: no network, well under a second.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tools import system
from tools.console import Trouble, complain, say

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "prepared.json"
LOCK_FILE = ROOT / "requirements-dev.txt"
UV_BLOCK = r"^uv==(\S+) \\\n(?: +--hash=\S+(?: \\)?\n)+"
SYSTEM_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


def main(arguments: list[str]) -> int:
    task, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    try:
        with _one_at_a_time():
            prepare(task, rest)
    except Trouble as trouble:
        complain(str(trouble))
        return 1
    except KeyboardInterrupt:
        complain("Stopped.")
        return 130
    command = {"run": ["tools.run"], "test": ["tools.testenv", "--", "pytest"]}.get(task)
    if command:
        sys.stdout.flush()
        os.chdir(ROOT)
        os.execv(PYTHON, [str(PYTHON), "-m", *command, *rest])  # the keyboard's signals reach it directly
    return 0


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two shells that start at once take turns."""
    try:
        (ROOT / "var").mkdir(exist_ok=True)
        with (ROOT / "var" / "prepare.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except PermissionError as error:
        raise Trouble(
            f"The folder {ROOT} must be writable for the user who starts ({error.filename} is not)."
        ) from None


def prepare(task: str, rest: list[str]) -> None:
    """Make everything ready for a task; refuses with one sentence that says what a person has to do."""
    _environment()
    without_browser = any("not browser" in argument for argument in rest)
    system.provide(
        system.needs(
            PYTHON,
            with_browser=task == "test" and not without_browser,
            with_redis=not os.environ.get("TEST_REDIS_URL" if task == "test" else "REDIS_URL"),
        )
    )


def _environment() -> None:
    wanted = {
        "lock": hashlib.sha256(LOCK_FILE.read_bytes()).hexdigest(),
        "folder": str(VENV),
    }
    known: dict[str, str] = {}
    with contextlib.suppress(OSError, ValueError):
        known = json.loads(STAMP.read_text())
    alive = _works(PYTHON)
    if alive and known == wanted:
        return
    if VENV.is_symlink():
        # What it leads to is somebody else's: neither removed nor installed into.
        raise Trouble(f"{VENV} is a link; remove it or make it a folder.")
    if VENV.exists() and (not alive or known.get("folder", str(VENV)) != str(VENV)):
        say("The virtual environment was made for another place or Python: making it again ...")
        shutil.rmtree(VENV)
    if not VENV.exists():
        say("Making a virtual environment in .venv ...")
        _make()
    STAMP.unlink(missing_ok=True)
    say("Installing the locked Python packages (about a minute the first time) ...")
    _uv()
    _sync()
    STAMP.write_text(json.dumps(wanted))


def _works(python: Path) -> bool:
    """A venv is dead when its Python was removed, too old when it was made by another."""
    if not python.exists():
        return False
    code = "import sys; sys.exit(sys.version_info < (3, 11))"
    try:
        return subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _make() -> None:
    if importlib.util.find_spec("ensurepip") is None:  # Debian ships it apart
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        package = f"python{version}-venv"
        need = system.Need("pip", "the virtual environment", lambda: _ensurepip(), (package,))
        system.provide([need])
    done = subprocess.run(
        [sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        raise Trouble(f"Python could not make a virtual environment: {_last(done.stdout + done.stderr)}")


def _ensurepip() -> bool:
    code = "import ensurepip"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def _uv() -> None:
    """The uv that the lock file names, checked against its hashes there."""
    block = re.search(UV_BLOCK, LOCK_FILE.read_text(), re.MULTILINE)
    if block is None:
        raise Trouble(f"{LOCK_FILE.name} names no uv: run `git checkout {LOCK_FILE.name}`.")
    uv = VENV / "bin" / "uv"
    if uv.exists() and f"uv {block[1]} " in f"{_output([uv, '--version'])} ":
        return
    if _output([PYTHON, "-m", "pip", "--version"]) == "":
        _attempt([PYTHON, "-m", "ensurepip"], {}, "pip")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as pinned:
        pinned.write(block[0])
        pinned.flush()
        command: list[str | Path] = [
            PYTHON,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--only-binary=:all:",
        ]
        fallback = {"PIP_CERT": SYSTEM_CERTIFICATES}
        _attempt([*command, "--require-hashes", "--no-deps", "-r", pinned.name], fallback, "uv")


def _sync() -> None:
    command: list[str | Path] = [
        VENV / "bin" / "uv",
        "pip",
        "sync",
        "--quiet",
        "--python",
        PYTHON,
        "--require-hashes",
        LOCK_FILE,
    ]
    _attempt(command, {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"}, "the Python packages")


def _attempt(command: list[str | Path], when_certificates_fail: dict[str, str], what: str) -> None:
    """Run a download; behind a proxy with its own certificates a second time with those of the system."""
    env = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    if "PIP_INDEX_URL" in env:
        env.setdefault("UV_DEFAULT_INDEX", env["PIP_INDEX_URL"])
    for extra in ({}, when_certificates_fail):
        done = subprocess.run(
            [str(part) for part in command],
            env=env | extra,
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
        if done.returncode == 0:
            return
        if "certificate" not in done.stderr.lower() or not Path(SYSTEM_CERTIFICATES).exists():
            break
    log = ROOT / "var" / "prepare.log"
    log.write_text(done.stdout + done.stderr)
    raise Trouble(
        f"Could not install {what}: {_last(done.stderr or done.stdout)}\n"
        f"Is the network there? Everything it said is in {log}; then start again."
    )


def _output(command: list[str | Path]) -> str:
    try:
        return subprocess.run(
            [str(c) for c in command], capture_output=True, text=True, check=False
        ).stdout.strip()
    except OSError:
        return ""


def _last(text: str) -> str:
    """The telling line: the first that says error, else the last."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return next(
        (line for line in lines if "error" in line.lower()), lines[-1] if lines else "no reason given"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
