"""What is kept: found by an index, undone as a whole, owed only when it was written."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.clock import Clock
from sandbox.scheduler import Scheduler
from sandbox.schema import INDEXED
from sandbox.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(str(tmp_path))
    yield store
    store.close()


@pytest.fixture
def scheduler(store: Store) -> Iterator[Scheduler]:
    scheduler = Scheduler(store, Clock(), 4)
    scheduler.start()
    yield scheduler
    scheduler.stop()


def add(store: Store, key: str, created: int = 1, **fields: object) -> None:
    store.add({"id": key, "object": "refund", **fields}, "refund", created)


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, field) for kind, fields in INDEXED.items() for field in fields]
)
def test_every_filter_of_a_list_reads_only_what_fits(store: Store, kind: str, field: str) -> None:
    where, values = store._where(kind, {field: "x"})
    plan = store.rows(
        f"EXPLAIN QUERY PLAN SELECT body {where} ORDER BY created DESC, seq DESC LIMIT 10", *values
    )
    words = " ".join(row["detail"] for row in plan)
    assert "SEARCH objects USING INDEX by_" in words
    assert "SCAN" not in words and "TEMP B-TREE" not in words


def test_a_page_by_time_reads_only_what_fits(store: Store) -> None:
    where, values = store._where("refund", {})
    plan = store.rows(
        f"EXPLAIN QUERY PLAN SELECT body {where} AND created >= 5 ORDER BY created DESC, seq DESC", *values
    )
    assert "objects_by_time (kind=? AND created>?)" in plan[0]["detail"]


def test_objects_are_found_by_one_value_or_several_newest_first(store: Store) -> None:
    for number, charge in enumerate(("a", "b", "a", "c")):
        add(store, f"re_{number}", number, charge=charge, amount=number)
    assert [each["id"] for each in store.find("refund", charge="a")] == ["re_2", "re_0"]
    assert [each["id"] for each in store.find("refund", charge=["a", "c"])] == ["re_3", "re_2", "re_0"]
    assert [each["id"] for each in store.find("refund", amount=1)] == ["re_1"]
    assert (store.count("refund", charge="a"), store.count("refund"), store.count("charge")) == (2, 4, 0)
    with pytest.raises(ValueError, match="no name"):
        store.find("refund'; DROP TABLE objects; --")


def test_what_failed_left_nothing_not_even_a_note(store: Store) -> None:
    store.set_note("clock", 1)
    with pytest.raises(RuntimeError), store.transaction():
        store.set_note("clock", 2)
        add(store, "re_1")
        raise RuntimeError
    assert (store.note("clock"), store.all("refund")) == (1, [])
    assert store.note("unknown", "default") == "default"


def wait_for_nothing(scheduler: Scheduler) -> None:
    scheduler.catch_up(("later",), 5)


def test_a_task_is_owed_only_when_its_work_was_written(store: Store, scheduler: Scheduler) -> None:
    done: list[str] = []
    scheduler.kinds = {"say": done.append}
    with pytest.raises(RuntimeError), store.transaction():
        scheduler.after(0, "say", "undone")
        raise RuntimeError
    with store.transaction():
        scheduler.after(0, "say", "written")
        assert done == []
    wait_for_nothing(scheduler)
    assert done == ["written"]


def test_a_forgotten_task_is_not_done_and_one_owed_twice_is_done_once(
    store: Store, scheduler: Scheduler
) -> None:
    done: list[str] = []
    scheduler.kinds = {"say": done.append, "later": done.append}
    due = scheduler.clock.time() + 0.3
    for _ in range(3):
        scheduler.once(due, "say", "once")
    scheduler.at(due, "say", "forgotten")
    scheduler.forget("say", "forgotten")
    time.sleep(0.4)
    wait_for_nothing(scheduler)
    assert done == ["once"]


def test_a_failed_task_is_noted_and_the_rest_goes_on(
    store: Store, scheduler: Scheduler, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []
    scheduler.kinds = {"say": done.append, "break": lambda _: 1 / 0}  # type: ignore[dict-item]
    scheduler.after(0, "break", "it")
    scheduler.after(0, "say", "after")
    wait_for_nothing(scheduler)
    assert done == ["after"]
    assert "could not do task break it" in caplog.text
