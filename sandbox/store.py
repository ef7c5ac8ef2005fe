"""Everything the sandbox remembers, in one SQLite file, so that a restart forgets nothing.

One connection behind one lock: a request is one transaction, its objects, events, owed
deliveries and idempotent answer are there together or not at all.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    created INTEGER NOT NULL, body TEXT NOT NULL, private TEXT NOT NULL DEFAULT '{}');
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, seq);
CREATE TABLE IF NOT EXISTS tasks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, due REAL NOT NULL, kind TEXT NOT NULL, ref TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS tasks_by_due ON tasks (due);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, url TEXT NOT NULL, state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, note TEXT NOT NULL DEFAULT '', log TEXT NOT NULL DEFAULT '[]');
CREATE INDEX IF NOT EXISTS deliveries_by_event ON deliveries (event);
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, endpoint TEXT NOT NULL, fingerprint TEXT NOT NULL, status INTEGER NOT NULL,
    body TEXT NOT NULL, request TEXT NOT NULL, created REAL NOT NULL);
CREATE TABLE IF NOT EXISTS mails (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, message_id TEXT NOT NULL UNIQUE,
    sender TEXT NOT NULL, recipients TEXT NOT NULL, deliveries INTEGER NOT NULL DEFAULT 1,
    received REAL NOT NULL, raw BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
TABLES = ("objects", "tasks", "deliveries", "idempotency", "mails", "notes")


class Store:
    """SQLite with a lock. Every method may be called from any thread."""

    def __init__(self, folder: str) -> None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        self._after_commit: list[Any] = []
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
                self._after_commit = []
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
            for table in TABLES:
                self.run(f"DELETE FROM {table}")

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
        """Every object of a kind, newest first."""
        found = self.rows("SELECT body FROM objects WHERE kind = ? ORDER BY seq DESC LIMIT ?", kind, limit)
        return [json.loads(row["body"]) for row in found]

    # Notes: small named values (faults, addresses set by the control API).

    def note(self, name: str, default: Any = None) -> Any:
        row = self.row("SELECT value FROM notes WHERE name = ?", name)
        return json.loads(row["value"]) if row else default

    def set_note(self, name: str, value: Any) -> None:
        self.run("INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)", name, json.dumps(value))
