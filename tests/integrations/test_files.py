"""One store, a folder or a bucket."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bakery.integrations.files.port import FileMissing, Files, FilesUnavailable
from bakery.integrations.files.store import BadKey, ObjectFiles

DATA = bytes(range(256)) * 10


class Bucket(BaseHTTPRequestHandler):
    """As much of S3 as one file needs."""

    objects: dict[str, tuple[str, bytes]] = {}

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        self.objects[self.path] = (self.headers.get("Content-Type", ""), data)
        self._answer(200, b"")

    def do_GET(self) -> None:
        if self.path not in self.objects:
            return self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        return self._answer(200, self.objects[self.path][1])

    do_HEAD = do_GET

    def do_DELETE(self) -> None:
        self.objects.pop(self.path, None)
        self._answer(204, b"")

    def do_POST(self) -> None:
        """Several at once (`?delete`): how obstore deletes even one."""
        wanted = self.rfile.read(int(self.headers["Content-Length"])).decode()
        keys = re.findall(r"<Key>([^<]*)</Key>", wanted)
        for key in keys:
            self.objects.pop(f"/bakery/{key}", None)
        done = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        self._answer(200, f"<DeleteResult>{done}</DeleteResult>".encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"abc"')
        self.send_header("Last-Modified", "Sat, 21 Nov 2026 03:00:00 GMT")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectFiles]:
    Bucket.objects.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "ap-southeast-2",
    }.items():
        monkeypatch.setenv(name, value)
    yield ObjectFiles("s3://bakery/shop", Path("/"))
    server.shutdown()
    server.server_close()


def check_store(files: ObjectFiles) -> None:
    assert not files.exists("receipts/R-000001.pdf")
    with pytest.raises(FileMissing):
        files.get("receipts/R-000001.pdf")
    files.put("receipts/R-000001.pdf", DATA, content_type="application/pdf")
    assert files.exists("receipts/R-000001.pdf")
    assert files.get("receipts/R-000001.pdf") == DATA
    files.put("receipts/R-000001.pdf", b"newer", content_type="application/pdf")
    assert files.get("receipts/R-000001.pdf") == b"newer"
    files.put("receipts/passing.pdf", b"soon gone", content_type="application/pdf")
    for _ in range(2):
        files.delete("receipts/passing.pdf")
        assert not files.exists("receipts/passing.pdf")


def test_a_folder_keeps_files(folder: Path) -> None:
    check_store(ObjectFiles(str(folder), Path("/")))
    assert (folder / "receipts" / "R-000001.pdf").read_bytes() == b"newer"


def test_a_relative_folder_lies_in_the_project_wherever_the_process_started(tmp_path: Path) -> None:
    ObjectFiles("var/media", tmp_path).put("a.txt", b"a", content_type="text/plain")
    assert (tmp_path / "var" / "media" / "a.txt").read_bytes() == b"a"


def test_a_bucket_keeps_files_under_its_prefix_with_their_type(bucket: ObjectFiles) -> None:
    check_store(bucket)
    assert list(Bucket.objects) == ["/bakery/shop/receipts/R-000001.pdf"]
    assert Bucket.objects["/bakery/shop/receipts/R-000001.pdf"][0] == "application/pdf"


def check_away(files: Files) -> None:
    for verb in (files.get, files.exists, files.delete):
        with pytest.raises(FilesUnavailable):
            verb("a.txt")
    with pytest.raises(FilesUnavailable):
        files.put("a.txt", DATA, content_type="text/plain")


def test_a_bucket_that_is_away_says_so_on_every_verb(
    bucket: ObjectFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    check_away(bucket)


def test_a_folder_that_cannot_be_made_says_so_on_every_verb(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "file").write_bytes(b"")
    check_away(ObjectFiles(str(folder / "file" / "media"), Path("/")))


@pytest.mark.parametrize(
    "key",
    [
        "../secret",
        "a/../../secret",
        "/etc/passwd",
        "a//b",
        "./a",
        "",
        "a\\..\\b",
        "a\x00b",
        "C:/secret",
        "a/",
        "a#b",
        "x" * 401,
    ],
)
def test_a_key_that_climbs_out_is_refused_by_every_verb(folder: Path, key: str) -> None:
    files = ObjectFiles(str(folder), Path("/"))
    for verb in (
        files.get,
        files.exists,
        files.delete,
        lambda name: files.put(name, b"", content_type="text/plain"),
    ):
        with pytest.raises(BadKey):
            verb(key)
