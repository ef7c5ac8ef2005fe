"""Stands in for the flask command: says what it was asked; the seed counts its calls in the database."""

import importlib
import os
import sys

print("flask was asked for", " ".join(sys.argv[1:]))
if sys.argv[1] == "seed-demo":
    psycopg = importlib.import_module("psycopg")  # most of this process's time
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("create table if not exists calls (said text)")
        connection.execute("insert into calls values ('seed')")
        connection.execute("create table if not exists alembic_version as select '0001' as version_num")
        print(f"seed {connection.execute('select count(*) from calls').fetchone()[0]}")
