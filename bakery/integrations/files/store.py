"""Files in a folder or in a bucket, by obstore: one API for both."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from bakery.integrations.files.port import FileMissing, FilesUnavailable


class BadKey(ValueError):
    """A key that is no plain relative path."""


def check_key(key: str) -> str:
    """Refuse what climbs out, hides, or means different things in a folder and in a bucket."""
    parts = key.split("/")
    if not key or any(part in ("", ".", "..") for part in parts):
        raise BadKey(f"not a relative path: {key!r}")
    if "\\" in key or ":" in key or "#" in key or any(ord(letter) < 32 for letter in key) or len(key) > 400:
        raise BadKey(f"not a plain path: {key!r}")
    return key


@contextmanager
def _answering() -> Iterator[None]:
    """A store that is away, full or not to be written fails with errors of the compiled library's own classes."""
    try:
        yield
    except FileNotFoundError:
        raise
    except Exception as error:
        raise FilesUnavailable(f"{type(error).__name__}: {error}"[:300]) from error


class ObjectFiles:
    """See port.Files. `media_url`: a folder, or `s3://bucket/prefix` (with the usual AWS variables)."""

    def __init__(self, media_url: str, root: Path) -> None:
        self._url = media_url
        self._root = root
        self._store: Any = None

    @property
    def in_bucket(self) -> bool:
        return self._url.startswith("s3://")

    def _open(self) -> tuple[Any, Any]:
        # Loaded with the first file: a compiled library that most processes never need.
        obstore = importlib.import_module("obstore")
        if self._store is None:
            stores = importlib.import_module("obstore.store")
            if self.in_bucket:
                options = {"timeout": "10s", "connect_timeout": "3s", "allow_http": True}
                retry = {"max_retries": 2, "retry_timeout": timedelta(seconds=15)}
                self._store = stores.S3Store.from_url(self._url, client_options=options, retry_config=retry)
            else:
                self._store = stores.LocalStore(self._root / self._url, mkdir=True)
        return obstore, self._store

    def put(self, key: str, data: bytes, *, content_type: str) -> None:
        """Write the whole file or nothing. Refuses a key that climbs out (BadKey)."""
        check_key(key)
        attributes = {"Content-Type": content_type} if self.in_bucket else None
        with _answering():
            obstore, store = self._open()
            obstore.put(store, key, data, attributes=attributes, use_multipart=False)

    def get(self, key: str) -> bytes:
        """The file's bytes; FileMissing when there is none. Refuses a key that climbs out (BadKey)."""
        check_key(key)
        try:
            with _answering():
                obstore, store = self._open()
                return bytes(obstore.get(store, key).bytes())
        except FileNotFoundError as error:
            raise FileMissing(key) from error

    def exists(self, key: str) -> bool:
        """Whether there is such a file. Refuses a key that climbs out (BadKey)."""
        check_key(key)
        try:
            with _answering():
                obstore, store = self._open()
                obstore.head(store, key)
        except FileNotFoundError:
            return False
        return True

    def delete(self, key: str) -> None:
        """The file is gone afterwards, also when there was none. Refuses a key that climbs out (BadKey)."""
        check_key(key)
        # A folder says that there was no such file; a bucket does not care.
        with suppress(FileNotFoundError), _answering():
            obstore, store = self._open()
            obstore.delete(store, key)
