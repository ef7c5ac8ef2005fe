"""`make run` in every situation that a person can bring it into."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

import pytest

from tests.tools.conftest import PATIENCE, Toy, pids_in, until
from tools import processes

pytestmark = pytest.mark.faults


def test_a_first_start_prepares_everything_and_says_where_it_is(open_toy: Toy) -> None:
    toy, said = open_toy, open_toy.said(0)
    password = (toy.folder / "var/demo-password").read_text().strip()
    for words in (
        toy.url + "/admin",
        toy.url + "/kitchen",
        "/inbox",
        "/stripe",
        "owner@saffron.test",
        password,
    ):
        assert words in said
    assert said.index("db upgrade") < said.index("seed-demo --if-empty") < said.index("The shop is open")
    assert f"--webhook-url {toy.url}/webhooks/stripe" in said
    assert "DATABASE_URL=postgresql://" in toy.get()
    assert (toy.folder / "var/demo-password").stat().st_mode & 0o077 == 0
    assert toy.launches[0].poll() is None


def test_a_second_start_beside_the_first_says_where_that_is_and_harms_nothing(open_toy: Toy) -> None:
    toy, first = open_toy, open_toy.launches[0]
    before = toy.everything()
    second = toy.launch()
    assert second.wait(PATIENCE) == 1
    assert toy.said().strip() == (
        f"The shop is already running at {toy.url} (process {first.pid}). "
        f"Stop it with Ctrl-C where it was started, or with `kill {first.pid}`."
    )
    reset = toy.launch("--reset")
    assert reset.wait(PATIENCE) == 1
    assert "already running" in toy.said()
    assert toy.get()
    assert toy.everything() == before


def test_ctrl_c_stops_all_within_ten_seconds_and_a_later_start_keeps_the_data(toy: Toy) -> None:
    (toy.folder / "stubborn").touch()
    process = toy.open()
    settings = toy.get()
    assert toy.stop(process) < 10
    assert process.returncode == 0
    assert toy.everything() == []
    assert "Traceback" not in toy.said()
    (toy.folder / "stubborn").unlink()
    toy.stop(toy.open())
    assert "flask was asked" not in toy.said()  # the same migrations, the same database: nothing to ask
    (toy.folder / "migrations" / "0002.py").write_text("")
    toy.stop(toy.open())
    assert "seed 2" in toy.said()
    toy.launch("--reset").wait(PATIENCE)
    assert sorted(entry.name for entry in (toy.folder / "var").iterdir()) == ["run.lock"]
    toy.open()
    assert "seed 1" in toy.said()
    assert "SECRET_KEY" in settings and settings.split("SECRET_KEY=")[1] not in toy.get()


def test_kill_9_of_the_launcher_ends_everything_and_the_next_start_is_clean(toy: Toy) -> None:
    toy.open().kill()
    until(lambda: toy.everything() == [])
    toy.open()
    assert "flask was asked" not in toy.said()  # the database is as it was


def test_kill_9_of_launcher_and_guardian_is_tidied_up_by_the_next_start(toy: Toy) -> None:
    (toy.folder / "stubborn").touch()  # the kernel's own SIGTERM to the worker shall not be what ends it
    process = toy.open()
    worker, horse = pids_in(toy.said(), "worker")[0], pids_in(toy.said(), "horse")[0]
    guardian = [pid for pid in toy.everything() if b"tools.leftovers" in command_of(pid)]
    processes.send([*guardian, process.pid], signal.SIGKILL)
    process.wait()
    assert processes.started(worker) and processes.started(horse)
    toy.open()
    assert "Ended what an earlier start had left behind." in toy.said()
    assert processes.started(worker) is None
    assert processes.started(horse) is None


def test_kill_9_while_postgres_runs_leaves_a_lock_that_stops_nobody(toy: Toy) -> None:
    """After a power cut the number in the lock file may be that of somebody else's process."""
    toy.stop(toy.open())
    lock = next(iter((toy.folder / "var").rglob("PG_VERSION"))).with_name("postmaster.pid")
    lock.write_text(f"{os.getpid()}\n{lock.parent}\n1\n5432\n\n127.0.0.1\n")
    toy.open()
    assert "flask was asked" not in toy.said()  # the database is as it was


def test_a_full_port_gets_one_sentence_with_a_way_out(toy: Toy) -> None:
    with socket.create_server(("127.0.0.1", toy.port)):
        process = toy.launch()
        assert process.wait(PATIENCE) == 1
    assert toy.said().startswith(
        f"Port {toy.port} is used by another program: choose another, as in `make run PORT="
    )
    assert toy.said().count("\n") == 1
    assert toy.everything() == []


def test_a_port_that_is_none_gets_one_sentence(toy: Toy) -> None:
    assert toy.launch(PORT="eight").wait(PATIENCE) == 1
    assert (
        toy.said() == "PORT is 'eight', which is no port number: choose one such as `make run PORT=8001`.\n"
    )


def test_a_process_that_dies_comes_back_and_its_orphans_do_not_stay(open_toy: Toy) -> None:
    toy = open_toy
    worker, horse = pids_in(toy.said(0), "worker")[0], pids_in(toy.said(0), "horse")[0]
    web = pids_in(toy.said(0), "web")[0]
    processes.send([web, worker], signal.SIGKILL)
    until(lambda: len(pids_in(toy.said(0), "web is")) == 2 and len(pids_in(toy.said(0), "worker is")) == 2)
    until(toy.answers)
    assert processes.started(horse) is None
    assert "web ended by signal 9; starting it again." in toy.said(0)


def test_a_process_that_keeps_dying_stops_everything_with_a_sentence(toy: Toy) -> None:
    (toy.folder / "broken").touch()
    process = toy.launch()
    assert process.wait(PATIENCE) == 1
    assert "web cannot start: broken" in toy.said()
    assert toy.said().endswith(
        "web keeps ending with exit code 1, for the reason above. Everything is stopped.\n"
    )
    assert toy.everything() == []


def test_a_database_that_does_not_answer_gets_one_sentence(toy: Toy) -> None:
    process = toy.launch(
        DATABASE_URL="postgresql://nobody:secret@127.0.0.1:9/none", REDIS_URL="redis://127.0.0.1:9"
    )
    assert process.wait(PATIENCE) == 1
    assert toy.said().startswith("DATABASE_URL is set, but the database does not let us in: ")
    assert toy.said().count("\n") == 1
    assert "secret" not in toy.said()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a folder that Postgres's user cannot enter")
def test_a_folder_that_others_cannot_enter_stays_closed(toy: Toy) -> None:
    toy.folder.parent.chmod(0o700)
    toy.stop(toy.open())
    assert toy.folder.parent.stat().st_mode & 0o777 == 0o700
    elsewhere = (toy.folder / "var/postgres/elsewhere").read_text().strip()
    assert os.stat(elsewhere).st_mode & 0o777 == 0o700
    assert toy.launch("--reset").wait(PATIENCE) == 0
    assert not os.path.exists(elsewhere)


def test_a_lost_password_is_told_and_reset_is_the_way_out(toy: Toy) -> None:
    toy.stop(toy.open())
    (toy.folder / "var/postgres/password").unlink()
    assert toy.launch().wait(PATIENCE) == 1
    assert "has lost its password" in toy.said() and "`make reset`" in toy.said()
    assert toy.launch("--reset").wait(PATIENCE) == 0
    assert not (toy.folder / "var/postgres").exists()


def test_whoever_reads_the_output_may_leave(toy: Toy) -> None:
    """`make run | head` must not leave a shop that nobody sees."""
    command = f"'{sys.executable}' -m tools.run | head -1"
    env = {"PATH": "/usr/bin:/bin", "PORT": str(toy.port)}
    subprocess.run(
        ["sh", "-c", command], cwd=toy.folder, env=env, check=False, capture_output=True, timeout=40
    )
    until(lambda: toy.everything() == [])


def command_of(pid: int) -> bytes:
    try:
        return (processes.PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return b""
