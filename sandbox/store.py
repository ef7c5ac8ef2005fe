"""Everything the sandbox remembers, in one SQLite file, so that a restart forgets nothing.

One connection behind one lock: a request is one transaction, its objects, events, owed
deliveries and idempotent answer are there together or not at all.
"""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.schema import EMPTIED, SCHEMA, index_for

PLAIN = re.compile(r"[a-z0-9_.]+")


class Store:
    """SQLite with a lock. Every method may be called from any thread."""

    def __init__(self, folder: str) -> None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        self._after_commit: list[Any] = []
        self._notes: dict[str, Any] = {}  # those that were asked for, or changed, since the start
        self._db = sqlite3.connect(
            Path(folder) / "sandbox.sqlite3", check_same_thread=False, isolation_level=None
        )
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Nested use joins the outer transaction; an exception undoes all of it."""
        with self._lock:
            if self._depth:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            self._depth, self._after_commit = 1, []
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                self._after_commit, self._notes = [], {}
                raise
            finally:
                self._depth = 0
            calls, self._after_commit = self._after_commit, []
        for call in calls:
            call()

    def after_commit(self, call: Any) -> None:
        """Run `call` once the open transaction is safely written (at once when there is none)."""
        with self._lock:
            if self._depth:
                self._after_commit.append(call)
                return
        call()

    def run(self, sql: str, *values: Any) -> sqlite3.Cursor:
        with self._lock:
            return self._db.execute(sql, values)

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        with self._lock:
            found: sqlite3.Row | None = self._db.execute(sql, values).fetchone()
            return found

    def clear(self) -> None:
        with self.transaction():
            for table in EMPTIED:
                self.run(f"DELETE FROM {table}")
            self._notes = {}

    # Objects: Stripe's and Twilio's resources as JSON, plus a private half that no API answer shows.

    def add(
        self, body: dict[str, Any], kind: str, created: int, private: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        key = body.get("id") or body["sid"]
        self.run(
            "INSERT INTO objects (id, kind, created, body, private) VALUES (?, ?, ?, ?, ?)",
            key,
            kind,
            created,
            json.dumps(body),
            json.dumps(private or {}),
        )
        return body

    def save(self, body: dict[str, Any]) -> dict[str, Any]:
        self.run("UPDATE objects SET body = ? WHERE id = ?", json.dumps(body), body.get("id") or body["sid"])
        return body

    def get(self, key: str, kind: str | None = None) -> dict[str, Any] | None:
        row = self.row("SELECT kind, body FROM objects WHERE id = ?", key)
        if row is None or (kind and row["kind"] != kind):
            return None
        body: dict[str, Any] = json.loads(row["body"])
        return body

    def private(self, key: str) -> dict[str, Any]:
        row = self.row("SELECT private FROM objects WHERE id = ?", key)
        found: dict[str, Any] = json.loads(row["private"]) if row else {}
        return found

    def set_private(self, key: str, **values: Any) -> None:
        self.run("UPDATE objects SET private = ? WHERE id = ?", json.dumps(self.private(key) | values), key)

    def all(self, kind: str, limit: int = -1) -> list[dict[str, Any]]:
        """Every object of a kind, newest first. For a few of them ask `find`: this reads them all."""
        return self.select(kind, {}, limit=limit)

    def find(self, kind: str, **fields: Any) -> list[dict[str, Any]]:
        """The objects of a kind with these values, newest first, by an index (`schema.INDEXED`)."""
        return self.select(kind, fields)

    def count(self, kind: str, **fields: Any) -> int:
        where, values = self._where(kind, fields)
        row = self.row(f"SELECT count(*) AS n {where}", *values)
        return int(row["n"]) if row else 0

    def select(
        self,
        kind: str,
        fields: dict[str, Any],
        more: tuple[Sequence[str], Sequence[Any]] = ((), ()),
        order: str = "DESC",
        limit: int = -1,
    ) -> list[dict[str, Any]]:
        """`fields` maps JSON paths to a value, or to a list of which one must fit; `more` is further SQL."""
        where, values = self._where(kind, fields)
        where = " AND ".join((where, *more[0]))
        sql = f"SELECT body {where} ORDER BY created {order}, seq {order} LIMIT ?"
        return [json.loads(row["body"]) for row in self.rows(sql, *values, *more[1], limit)]

    def _where(self, kind: str, fields: dict[str, Any]) -> tuple[str, list[Any]]:
        # The kind is written out: SQLite uses a partial index only when it can read the condition.
        where = f"FROM objects INDEXED BY {index_for(kind, list(fields))} WHERE kind = '{_plain(kind)}'"
        values: list[Any] = []
        for path, wanted in fields.items():
            options = wanted if isinstance(wanted, list) else [wanted]
            marks = "= ?" if len(options) == 1 else f"IN ({','.join('?' * len(options))})"
            where += f" AND json_extract(body, '$.{_plain(path)}') {marks}"
            values += options
        return where, values

    # Notes: small named values (faults, addresses set by the control API).

    def note(self, name: str, default: Any = None) -> Any:
        with self._lock:
            if name not in self._notes:
                row = self.row("SELECT value FROM notes WHERE name = ?", name)
                self._notes[name] = row and row["value"]
            text = self._notes[name]
        return default if text is None else json.loads(text)

    def set_note(self, name: str, value: Any) -> None:
        with self._lock:
            text = json.dumps(value)
            self.run("INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)", name, text)
            self._notes[name] = text

    def drop_note(self, name: str) -> None:
        with self._lock:
            self.run("DELETE FROM notes WHERE name = ?", name)
            self._notes.pop(name, None)


def _plain(name: str) -> str:
    """A kind or a path that may be written into SQL. Both come from the sandbox's own code, or are refused."""
    if not PLAIN.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a kind or a field")
    return name
