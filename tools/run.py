"""`make run`: the whole shop on one machine, until Ctrl-C."""

import argparse
import contextlib
import fcntl
import http.client
import os
import secrets
import shutil
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tools import leftovers, ports, settings
from tools.console import Trouble, complain, say
from tools.outside import check_database, check_redis
from tools.postgres import Postgres, forget
from tools.prepared import Prepared
from tools.processes import Program
from tools.redis_server import Redis
from tools.supervisor import Stopped, Supervisor

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
READY_SECONDS = 180
LOGINS = ("owner", "manager", "baker", "counter", "customer")
LARGEST_LOG = 10_000_000
KEPT_AT_RESET = {"run.lock", "prepare.lock", "testenv.json"}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.run", description="Run the whole shop on this machine."
    )
    parser.add_argument("--reset", action="store_true", help="forget all data kept under var/ instead")
    args = parser.parse_args()
    try:
        with _alone():
            return reset() if args.reset else run()
    except Trouble as trouble:
        complain(str(trouble))
        return 1
    except (Stopped, KeyboardInterrupt):
        return 0
    except OSError as error:  # no space, no permission, no such user: the system's own sentence says it
        complain(f"This machine did not let us: {error}.")
        return 1


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One launcher a checkout. The kernel lets go of the lock however the launcher ends."""
    VAR.mkdir(exist_ok=True)
    with (VAR / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            pid, _, url = lock.read().strip().partition(" ")
            raise Trouble(
                f"The shop is already running at {url or 'an address it is still choosing'} (process {pid}). "
                f"Stop it with Ctrl-C where it was started, or with `kill {pid}`."
            ) from None
        yield


def _announce(url: str) -> None:
    (VAR / "run.lock").write_text(f"{os.getpid()} {url}\n")


def reset() -> int:
    """Delete what embedded servers, sandbox and shop keep here. A real database is not touched."""
    leftovers.end(VAR / "children.json")
    forget(VAR / "postgres")
    for entry in VAR.iterdir():
        if entry.name in KEPT_AT_RESET:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    say("Forgotten. The next `make run` starts afresh.")
    return 0


def run() -> int:
    started = time.monotonic()
    env = settings.given(ROOT)
    port = settings.port(env)
    _announce(f"http://{ports.HOST}:{port}")
    if leftovers.end(VAR / "children.json"):
        say("Ended what an earlier start had left behind.")
    _check_port(port)
    (VAR / "log").mkdir(exist_ok=True)
    env[leftovers.MARK] = secrets.token_hex(8)
    supervisor = Supervisor(leftovers.Note(VAR / "children.json", env[leftovers.MARK]))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: _wish_to_stop(supervisor))
    try:
        supervisor.guard(env, _log("guardian"))
        _start(supervisor, env, port, started)
        while True:
            supervisor.watch()
    except (Stopped, BrokenPipeError):
        with contextlib.suppress(OSError):
            say("\nStopping ...")
        return 0
    finally:
        supervisor.stop()


def _wish_to_stop(supervisor: Supervisor) -> None:
    supervisor.wanted_stop += 1


def _check_port(port: int) -> None:
    if port < 1024 and os.geteuid() != 0 and not ports.is_free(port):
        raise Trouble(
            f"Port {port} is not for ordinary users: choose one above 1023, as in `make run PORT=8000`."
        )
    if not ports.is_free(port):
        other = next(
            (p for p in range(port + 1, min(port + 100, 65536)) if ports.is_free(p)), ports.any_free()
        )
        raise Trouble(
            f"Port {port} is used by another program: choose another, as in `make run PORT={other}`."
        )


def _log(name: str) -> Path:
    """Where a server writes; begun again when it has grown large."""
    file = VAR / "log" / f"{name}.log"
    with contextlib.suppress(OSError):
        if file.stat().st_size > LARGEST_LOG:
            file.replace(file.with_suffix(".old"))
    return file


def _start(supervisor: Supervisor, given: dict[str, str], port: int, started: float) -> None:
    remembered = ports.Remembered(VAR / "ports.json")
    servers = _servers(supervisor, given, remembered)
    sandbox = settings.sandbox_for(given, remembered)
    env = settings.compose(given, VAR, {name: server.url for name, server in servers.items()}, port, sandbox)
    postgres = servers.get("DATABASE_URL")
    _prepare(supervisor, env, Prepared(postgres if isinstance(postgres, Postgres) else None, ROOT))
    processes = dict(_procfile())
    if sandbox:
        supervisor.add(Program("sandbox", settings.sandbox_command(env, VAR, sandbox), env, ROOT))
    # The web first and alone: six processes that load at once would all be late.
    supervisor.add(_process("web", processes.pop("web"), env))
    ready = Readiness(port)
    if not supervisor.wait_until(ready, READY_SECONDS):
        raise Trouble(f"The shop did not get ready within {READY_SECONDS} s; /readyz says: {ready.said}")
    for name, command in processes.items():
        supervisor.add(_process(name, command, env))
    supervisor.wait_until(lambda: False, 0.5)  # what cannot start at all says so before the welcome
    supervisor.opened = True
    _welcome(env, sandbox, time.monotonic() - started)


def _process(name: str, command: str, env: dict[str, str]) -> Program:
    return Program(name, ["/bin/sh", "-c", f"exec {command}"], env, ROOT)


def _prepare(supervisor: Supervisor, env: dict[str, str], prepared: Prepared) -> None:
    """Migrate the database and fill an empty one with the demo shop."""
    if prepared.already():
        return
    for name, arguments in (("migrate", ["db", "upgrade"]), ("seed", ["seed-demo", "--if-empty"])):
        code = supervisor.finish(Program(name, [sys.executable, "-m", "flask", *arguments], env, ROOT))
        if code != 0:
            raise Trouble(
                f"`flask {' '.join(arguments)}` failed with exit code {code}, for the reason above."
            )
    prepared.remember()


def _servers(
    supervisor: Supervisor, given: dict[str, str], remembered: ports.Remembered
) -> dict[str, Postgres | Redis]:
    """Start what has no URL; make sure that what has one answers."""
    servers: dict[str, Postgres | Redis] = {}
    if given.get("DATABASE_URL"):
        check_database(given["DATABASE_URL"])
    else:
        servers["DATABASE_URL"] = Postgres(VAR / "postgres", _log("postgres"), remembered)
    if given.get("REDIS_URL"):
        check_redis(given["REDIS_URL"])
    else:
        servers["REDIS_URL"] = Redis(VAR / "redis", _log("redis"), remembered)
    children = []
    for server in servers.values():
        server.prepare()
        children.append(supervisor.add(server.program(), server=True))
    for server, child in zip(servers.values(), children, strict=True):
        server.wait(child.process)
    return servers


def _procfile() -> list[tuple[str, str]]:
    """The processes a host would start; `release` has already happened."""
    lines = (line.strip() for line in (ROOT / "Procfile").read_text().splitlines())
    pairs = [line.partition(":") for line in lines if line and not line.startswith("#")]
    return [(name.strip(), command.strip()) for name, _, command in pairs if name.strip() != "release"]


class Readiness:
    """Asks /readyz now and then, and remembers what it said last."""

    def __init__(self, port: int) -> None:
        self.url, self.said, self.next = f"http://{ports.HOST}:{port}/readyz", "nothing", 0.0
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through a proxy

    def __call__(self) -> bool:
        if time.monotonic() < self.next:
            return False
        try:
            with self.opener.open(self.url, timeout=2) as reply:
                return bool(reply.status == 200)
        except urllib.error.HTTPError as error:
            machine = error.headers.get_content_type() == "application/json"
            self.said = (
                error.read(2000).decode(errors="replace").strip() if machine else f"status {error.code}"
            )
        except (OSError, http.client.HTTPException):
            pass
        self.next = time.monotonic() + 0.4
        return False


def _welcome(env: dict[str, str], sandbox: settings.Sandbox | None, seconds: float) -> None:
    base = env["BASE_URL"].rstrip("/")
    lines = [("Shop", base + "/"), ("Back office", base + "/admin"), ("Kitchen", base + "/kitchen")]
    if sandbox:
        lines += [("Inbox", f"{sandbox.url}/inbox"), ("Stripe", f"{sandbox.url}/stripe")]
    say(f"\nThe shop is open ({seconds:.0f} s).\n")
    for name, address in lines:
        say(f"  {name:<12} {address}")
    say(f"\n  Demo logins: {' '.join(f'{login}@saffron.test' for login in LOGINS)}")
    say(f"  Password of all of them: {env['DEMO_PASSWORD']}")
    if sandbox:
        say("  Test card: 4242 4242 4242 4242, any date to come, any CVC")
    say("\n  Ctrl-C stops everything.\n")


if __name__ == "__main__":
    sys.exit(main())
