"""What the shop asks of a file store (a folder or a bucket)."""

from __future__ import annotations

from typing import Protocol


class FileMissing(Exception):
    """No file under that key."""


class FilesUnavailable(Exception):
    """The store did not answer, or refused: a file that was to be written may be there, or not."""


class Files(Protocol):
    """Keys are relative paths with forward slashes; anything that climbs out is refused. Every verb may raise
    FilesUnavailable.
    """

    def put(self, key: str, data: bytes, *, content_type: str) -> None: ...

    def get(self, key: str) -> bytes: ...

    def exists(self, key: str) -> bool: ...

    def delete(self, key: str) -> None: ...
