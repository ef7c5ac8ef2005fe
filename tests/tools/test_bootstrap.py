"""From a bare machine: what is missing is installed, or asked for in one sentence."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.tools.conftest import ROOT
from tools import bootstrap, system
from tools.console import Trouble
from tools.system import Need


def script(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def test_an_old_python_gets_one_sentence(tmp_path: Path) -> None:
    script(tmp_path, "python3", 'case "$1" in --version) echo Python 3.8.1;; *) exit 1;; esac')
    done = subprocess.run(
        [ROOT / "tools/prepare"],
        cwd=ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("This needs Python 3.11 or newer on the PATH (found: Python 3.8.1).")
    assert done.stderr.count("\n") == 1


def test_a_newer_python_beside_an_old_one_is_found(tmp_path: Path) -> None:
    script(tmp_path, "python3", "exit 1")
    script(tmp_path, "python3.12", 'case "$1" in -c) exit 0;; *) echo "$@";; esac')
    done = subprocess.run(
        [ROOT / "tools/prepare", "run"],
        cwd=ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "-m tools.bootstrap run\n"


def test_the_lock_file_names_the_uv_that_is_installed_with_its_hashes() -> None:
    block = re.search(bootstrap.UV_BLOCK, bootstrap.LOCK_FILE.read_text(), re.MULTILINE)
    assert block is not None
    lines = block[0].splitlines()
    assert lines[0].startswith("uv==")
    assert len(lines) > 3
    assert all(line.strip().startswith("--hash=sha256:") for line in lines[1:])


class Machine:
    """A machine whose apt-get notes what it is asked, and needs `update` before it finds anything."""

    def __init__(self, folder: Path, updates: bool = True) -> None:
        self.folder = folder
        self.log = folder / "asked"
        listed = folder / "listed"
        update = f"touch '{listed}'" if updates else "exit 100"
        lines = [
            f"echo $1 >> '{self.log}'",
            f"if [ $1 = update ]; then {update}; exit; fi",
            f"[ -e '{listed}' ] || {{ echo 'E: Unable to locate package' >&2; exit 100; }}",
            f"touch '{folder / 'installed'}'",
        ]
        script(folder, "apt-get", "\n".join(lines))

    def need(self) -> Need:
        return Need("Cake", "dessert", (self.folder / "installed").exists, ("libcake", "libicing"))


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(system, "TOOLS_PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(system, "APT_ENV", {"PATH": "/usr/bin:/bin"})
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return Machine(tmp_path)


def test_what_is_missing_is_installed_after_an_update_where_that_is_needed(machine: Machine) -> None:
    system.provide([machine.need()])
    assert machine.log.read_text().split() == ["install", "update", "install"]
    system.provide([machine.need()])
    assert machine.log.read_text().split() == ["install", "update", "install"]


def test_an_installation_that_fails_says_why_and_what_to_do(machine: Machine) -> None:
    Machine(machine.folder, updates=False)
    with pytest.raises(Trouble) as caught:
        system.provide([machine.need()])
    assert str(caught.value) == (
        "apt-get could not install libcake libicing (E: Unable to locate package): "
        "install them by hand and start again."
    )


def test_who_may_not_install_is_told_the_one_command(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    script(machine.folder, "sudo", "exit 1")
    with pytest.raises(Trouble) as caught:
        system.provide([machine.need()])
    assert str(caught.value) == (
        "This machine lacks Cake for dessert: run `sudo apt-get install -y libcake libicing` and start again."
    )
    assert not machine.log.exists()


def test_sudo_without_a_question_is_used(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    script(machine.folder, "sudo", 'shift; exec "$@"')
    system.provide([machine.need()])
    assert (machine.folder / "installed").exists()


def test_a_machine_without_apt_is_told_what_is_missing(machine: Machine) -> None:
    (machine.folder / "apt-get").unlink()
    system_path = system.TOOLS_PATH
    system.TOOLS_PATH = str(machine.folder)
    try:
        with pytest.raises(Trouble, match="lacks Cake for dessert: install it with your package manager"):
            system.provide([machine.need()])
    finally:
        system.TOOLS_PATH = system_path


@pytest.mark.parametrize("leads_somewhere", [True, False])
def test_an_environment_that_is_a_link_is_left_alone_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leads_somewhere: bool
) -> None:
    there, link = tmp_path / "somebody-elses", tmp_path / ".venv"
    if leads_somewhere:
        there.mkdir()
        (there / "kept").touch()
    link.symlink_to(there)
    monkeypatch.setattr(bootstrap, "VENV", link)
    monkeypatch.setattr(bootstrap, "PYTHON", link / "bin" / "python")
    monkeypatch.setattr(bootstrap, "STAMP", link / "prepared.json")
    with pytest.raises(Trouble, match=r"\.venv is a link; remove it or make it a folder\."):
        bootstrap._environment()
    assert link.is_symlink() and (there / "kept").exists() == leads_somewhere
