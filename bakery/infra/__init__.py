"""Database, transaction, queue, outbox, page cache, headers and logging."""
