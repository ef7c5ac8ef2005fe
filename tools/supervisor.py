"""Keep a set of programs running, show what they say, restart what dies, and stop everything together.

Own code, not honcho's Manager (docs/decisions/0002): that one neither restarts a program nor ends its children
when it is killed itself. One thread only: the kernel's promise to end a child with its parent is bound to the
thread that started it.
"""

import contextlib
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tools import leftovers
from tools.console import Trouble, say
from tools.processes import Program

COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)
MANY_DEATHS, WITHIN_SECONDS = 5, 60
MANY_BEFORE_OPEN = 3  # what never ran will hardly run the next time
LONGEST_LINE = 64 * 1024


class Stopped(Exception):
    """The person asked to stop."""


class Child:
    """One program, and how it has been doing."""

    def __init__(self, program: Program, server: bool, colour: int) -> None:
        self.program, self.server, self.colour = program, server, colour
        self.process = program.start()
        self.rest = b""
        self.deaths: list[float] = []
        self.restart_at: float | None = None

    @property
    def name(self) -> str:
        return self.program.name


class Supervisor:
    """Starts, watches, stops. `wanted_stop` is set by signal handlers; every wait looks at it."""

    def __init__(self, note: leftovers.Note, width: int = 14) -> None:
        self.note, self.width = note, width
        self.children: list[Child] = []
        self.selector = selectors.DefaultSelector()
        self.wanted_stop = 0
        self.opened = False
        self.coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self.guardian: subprocess.Popen[bytes] | None = None
        self._lifeline = -1

    def guard(self, env: dict[str, str], log: Path) -> None:
        """Start the process that ends everything should we die without a chance to do it."""
        read_end, self._lifeline = os.pipe()
        with log.open("ab") as output:
            self.guardian = subprocess.Popen(
                [sys.executable, "-m", "tools.leftovers", str(self.note.file)],
                cwd=Path(__file__).parent.parent,
                env=env,
                stdin=read_end,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        os.close(read_end)

    def add(self, program: Program, server: bool = False) -> Child:
        child = Child(program, server, COLOURS[len(self.children) % len(COLOURS)])
        self.children.append(child)
        self._adopt(child)
        return child

    def _restart(self, child: Child) -> None:
        child.process, child.restart_at = child.program.start(), None
        self._adopt(child)

    def _adopt(self, child: Child) -> None:
        self.note.add(child.name, child.process.pid, child.program.stop_signal, child.server)
        if output := child.process.stdout:
            os.set_blocking(output.fileno(), False)
            self.selector.register(output, selectors.EVENT_READ, child)

    def finish(self, program: Program) -> int:
        """Run something that ends by itself, and show what it says; returns its exit code."""
        child = self.add(program)
        while child.process.poll() is None:
            self.pump()
        self.pump(0)
        self.children.remove(child)
        self.note.children.pop(program.name)
        return child.process.returncode

    def wait_until(self, done: Callable[[], bool], seconds: float) -> bool:
        """Watch over everything until something is true."""
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                return False
            self.watch()
        return True

    def watch(self) -> None:
        """One round: show output, notice deaths, restart what is due."""
        self.pump()
        for child in self.children:
            if child.restart_at is not None:
                if time.monotonic() >= child.restart_at:
                    self._restart(child)
            elif child.process.poll() is not None:
                self.pump(0)
                self._died(child, child.process.returncode)

    def _died(self, child: Child, code: int) -> None:
        now = time.monotonic()
        self._end_rest_of(child)
        child.deaths = [*(then for then in child.deaths if now - then < WITHIN_SECONDS), now]
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        if len(child.deaths) >= (MANY_DEATHS if self.opened else MANY_BEFORE_OPEN):
            where = (
                f"; its last words are in {child.program.log}"
                if child.program.log
                else ", for the reason above"
            )
            raise Trouble(f"{child.name} keeps ending {how}{where}. Everything is stopped.")
        pause = 2.0 ** (len(child.deaths) - 1) - 1
        child.restart_at = now + pause
        say(f"{child.name} ended {how}; starting it again{f' in {pause:.0f} s' if pause else ''}.")

    def _end_rest_of(self, child: Child) -> None:
        """A worker killed by -9 leaves the process that does its job; two must not do it side by side."""
        pid, start, stop_signal, server = self.note.children[child.name]
        if not server:
            leftovers.end_sessions([(pid, start, stop_signal, server)], self.note.launch, seconds=1)

    def pump(self, seconds: float = 0.2) -> None:
        """Show what the programs said; raises Stopped when the person asked for it."""
        if self.wanted_stop:
            raise Stopped
        self._pump(seconds)

    def _pump(self, seconds: float) -> None:
        for key, _events in self.selector.select(seconds):
            try:
                data = os.read(key.fd, 65536)
            except BlockingIOError:
                continue
            if not data:
                self.selector.unregister(key.fileobj)
                key.fileobj.close()  # type: ignore[union-attr]
            self._show(key.data, data)

    def _show(self, child: Child, data: bytes) -> None:
        *lines, child.rest = (child.rest + data).split(b"\n")
        if child.rest and (not data or len(child.rest) > LONGEST_LINE):
            lines, child.rest = [*lines, child.rest], b""
        prefix = f"{child.name:<{self.width}} | "
        if self.coloured:
            prefix = f"\033[{child.colour}m{prefix}\033[0m"
        try:
            for line in lines:
                sys.stdout.write(prefix + line.decode(errors="replace") + "\n")
            sys.stdout.flush()
        except OSError:  # whoever read us is gone: nobody is there to work for
            self.wanted_stop += 1

    def stop(self) -> None:
        """Everything down, servers last, within ten seconds whatever they do."""
        for servers, patience in ((False, 4.0), (True, 2.5)):
            noted = [entry for entry in self.note.children.values() if entry[3] == servers]
            leftovers.end_sessions(noted, self.note.launch, patience, self._while_stopping)
        for child in self.children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(0.5)
        self.note.forget()
        if self.guardian:
            os.close(self._lifeline)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.guardian.wait(2)

    def _while_stopping(self) -> None:
        self._pump(0)
        for child in self.children:
            child.process.poll()
