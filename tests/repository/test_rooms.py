"""Rules that import-linter and ruff cannot see."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from bakery.infra import queue
from jobs import worker
from tests.repository.test_sizes import ROOT, tracked

SHOP = [name for name in tracked("bakery/*.py", "jobs/*.py")]
# Where a transaction may end: the one that opened it, and the read that gives its connection back.
MAY_COMMIT = {"bakery/infra/transaction.py"}
FACES = ("bakery/storefront/", "bakery/backoffice/", "bakery/kitchen/", "bakery/webhooks/")


@pytest.mark.parametrize("name", SHOP)
def test_only_the_transaction_commits(name: str) -> None:
    if name in MAY_COMMIT:
        return
    for node in ast.walk(ast.parse((ROOT / name).read_text())):
        called = node.func if isinstance(node, ast.Call) else None
        assert not (isinstance(called, ast.Attribute) and called.attr == "commit"), f"{name}:{node.lineno}"


@pytest.mark.parametrize("name", [n for n in SHOP if n.startswith(FACES)])
def test_a_face_opens_no_transaction_and_writes_no_rows(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "infra.transaction import transaction" not in text, name
    assert not re.search(r"session\.(add|add_all|delete|merge)\(", text), name


@pytest.mark.parametrize("name", [n for n in SHOP if Path(n).name in {"queries.py", "staff_queries.py"}])
def test_queries_write_nothing(name: str) -> None:
    text = (ROOT / name).read_text()
    assert not re.search(r"session\.(add|add_all|delete|merge|flush)\(|\b(insert|update|delete)\(", text), (
        name
    )


def owed_jobs() -> set[str]:
    """Every job that is named in a string, as `owe` and the scheduler do."""
    found: set[str] = set()
    for name in SHOP:
        found |= set(re.findall(r'"(jobs\.[a-z_]+\.[a-z_]+)"', (ROOT / name).read_text()))
    return found


@pytest.mark.parametrize("dotted", sorted(owed_jobs()))
def test_a_job_that_is_owed_exists(dotted: str) -> None:
    module, _, function = dotted.rpartition(".")
    assert callable(getattr(importlib.import_module(module), function))


def test_jobs_are_owed_at_all() -> None:
    assert "jobs.orders.send_confirmation" in owed_jobs()


def test_workers_load_every_job_before_they_fork() -> None:
    modules = {dotted.rpartition(".")[0] for dotted in owed_jobs()}
    assert modules <= set(worker.JOBS)


def test_every_queue_has_a_worker_on_the_host() -> None:
    lines = (ROOT / "Procfile").read_text().splitlines()
    served = {line.split()[-1] for line in lines if "jobs.worker" in line}
    assert served == set(queue.QUEUES)


def test_no_file_is_named_for_nothing() -> None:
    bags = {"utils", "helpers", "common", "misc", "manager"}
    assert [name for name in tracked("*.py") if Path(name).stem in bags] == []


def test_the_project_speaks_of_itself_alone() -> None:
    """No path of anybody's machine in what is tracked."""
    for name in tracked("*.py", "*.md", "*.html", "*.toml", "Makefile", "Procfile"):
        if name == "tests/repository/test_rooms.py":
            continue
        found = re.search(r"(?<![\w.])/(home/[a-z]+|root|work)/", (ROOT / name).read_text())
        assert not found, f"{name}: {found and found[0]}"
