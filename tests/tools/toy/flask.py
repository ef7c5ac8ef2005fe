"""Stands in for the flask command: notes what it was asked, and keeps a row in the database."""

import os
import sys

import psycopg

with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    connection.execute("create table if not exists calls (said text)")
    connection.execute("insert into calls values (%s)", [" ".join(sys.argv[1:])])
    calls = [row[0] for row in connection.execute("select said from calls")]
print(f"{len(calls)} calls so far, the last one {calls[-1]!r}")
