"""A file store in memory."""

from __future__ import annotations

from bakery.integrations.files.port import FileMissing, FilesUnavailable


class FakeFiles:
    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        # What every verb raises; None while the store answers.
        self.failing: FilesUnavailable | None = None

    def put(self, key: str, data: bytes, *, content_type: str) -> None:
        self._answer()
        self.files[key] = data

    def get(self, key: str) -> bytes:
        self._answer()
        try:
            return self.files[key]
        except KeyError:
            raise FileMissing(key) from None

    def exists(self, key: str) -> bool:
        self._answer()
        return key in self.files

    def delete(self, key: str) -> None:
        self._answer()
        self.files.pop(key, None)

    def _answer(self) -> None:
        if self.failing:
            raise self.failing
