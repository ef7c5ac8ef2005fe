"""A file store in memory."""

from __future__ import annotations

from bakery.integrations.files.port import FileMissing


class FakeFiles:
    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def put(self, key: str, data: bytes, *, content_type: str) -> None:
        self.files[key] = data

    def get(self, key: str) -> bytes:
        try:
            return self.files[key]
        except KeyError:
            raise FileMissing(key) from None

    def exists(self, key: str) -> bool:
        return key in self.files

    def delete(self, key: str) -> None:
        self.files.pop(key, None)
