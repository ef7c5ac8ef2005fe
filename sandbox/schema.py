"""The tables of the sandbox's file, and which fields of which objects can be found without looking at all."""

from __future__ import annotations

TABLES = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    created INTEGER NOT NULL, body TEXT NOT NULL, private TEXT NOT NULL DEFAULT '{}');
CREATE INDEX IF NOT EXISTS objects_by_time ON objects (kind, created, seq);
CREATE TABLE IF NOT EXISTS tasks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, due REAL NOT NULL, kind TEXT NOT NULL, ref TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS tasks_by_due ON tasks (due);
CREATE INDEX IF NOT EXISTS tasks_by_ref ON tasks (kind, ref);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, url TEXT NOT NULL, state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, note TEXT NOT NULL DEFAULT '', log TEXT NOT NULL DEFAULT '[]');
CREATE INDEX IF NOT EXISTS deliveries_by_event ON deliveries (event);
CREATE INDEX IF NOT EXISTS deliveries_by_state ON deliveries (state);
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, endpoint TEXT NOT NULL, fingerprint TEXT NOT NULL, status INTEGER NOT NULL,
    body TEXT NOT NULL, request TEXT NOT NULL, created REAL NOT NULL);
CREATE INDEX IF NOT EXISTS idempotency_by_age ON idempotency (created);
CREATE TABLE IF NOT EXISTS mails (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, message_id TEXT NOT NULL UNIQUE,
    sender TEXT NOT NULL, recipients TEXT NOT NULL, deliveries INTEGER NOT NULL DEFAULT 1,
    received REAL NOT NULL, raw BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS files (id TEXT PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS funds (
    currency TEXT NOT NULL, available_on INTEGER NOT NULL, net INTEGER NOT NULL,
    PRIMARY KEY (currency, available_on));
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
EMPTIED = ("objects", "tasks", "deliveries", "idempotency", "mails", "files", "funds", "notes")

# The filters of Stripe's lists. A list by any other field still works, but reads all objects of its kind.
INDEXED: dict[str, tuple[str, ...]] = {
    "balance_transaction": ("source", "type", "status"),
    "charge": ("payment_intent", "customer"),
    "checkout.session": ("payment_intent", "customer", "payment_link", "status"),
    "customer": ("email",),
    "dispute": ("charge", "payment_intent", "status"),
    "event": ("type", "data.object.id"),
    "payment_intent": ("customer",),
    "payment_link": ("url",),
    "payment_method": ("customer",),
    "price": ("product",),
    "radar.early_fraud_warning": ("charge", "payment_intent"),
    "refund": ("charge", "payment_intent", "status"),
    "setup_intent": ("customer", "payment_method"),
}


def _name(kind: str, field: str) -> str:
    return f"by_{kind}_{field}".replace(".", "_")


def indices() -> str:
    """SQLite keeps each up to date by itself: an index over what stands in the JSON, for one kind only."""
    return "".join(
        f"CREATE INDEX IF NOT EXISTS {_name(kind, field)} "
        f"ON objects (json_extract(body, '$.{field}'), created, seq) WHERE kind = '{kind}';\n"
        for kind, fields in INDEXED.items()
        for field in fields
    )


def index_for(kind: str, fields: list[str]) -> str:
    """The index to read by: that of the first field that has one, else the one by time."""
    known = INDEXED.get(kind, ())
    return next((_name(kind, field) for field in fields if field in known), "objects_by_time")


SCHEMA = "DROP INDEX IF EXISTS objects_by_kind;" + TABLES + indices()  # that one was of an older file
