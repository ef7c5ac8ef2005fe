"""Servers that the person named: do they answer? Asked first, so that a typing error gets a sentence."""

import importlib
import re

from tools.console import Trouble


def check_database(url: str) -> None:
    """Refuses a DATABASE_URL behind which no Postgres lets us in."""
    psycopg = importlib.import_module("psycopg")  # slow, and needed by nobody who uses the embedded server
    try:
        psycopg.connect(
            re.sub(r"^postgres(ql)?(\+psycopg)?://", "postgresql://", url), connect_timeout=10
        ).close()
    except psycopg.Error as error:
        raise Trouble(f"DATABASE_URL is set, but the database does not let us in: {_line(error)}") from None


def check_redis(url: str) -> None:
    """Refuses a REDIS_URL behind which no Redis lets us in."""
    redis = importlib.import_module("redis")  # likewise
    try:
        client = redis.Redis.from_url(url, socket_connect_timeout=10)
        client.ping()
        client.close()
    except (redis.RedisError, ValueError) as error:
        raise Trouble(f"REDIS_URL is set, but Redis does not let us in: {_line(error)}") from None


def _line(error: Exception) -> str:
    """One line; neither library repeats the URL's password in it."""
    return " ".join(str(error).split())
