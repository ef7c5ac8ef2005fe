"""Copies of pages: who gets them, and the moment they are dropped. Real commits, a real listener."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest
from flask import Flask, Response, request, session
from flask.testing import FlaskClient

from bakery.infra import htmx
from bakery.infra.changes import Changes
from bakery.infra.pagecache import MAX_BYTES, PageCache, keep


class FakeChanges(Changes):
    """Counters that a test advances by hand."""

    def __init__(self) -> None:
        super().__init__("postgresql://nowhere")
        self.live = True

    def start(self) -> None:
        pass

    def tell(self, topic: str) -> None:
        self._counts[topic] += 1


class Site:
    """A tiny app behind a page cache, that counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.text = "bread " * 200
        self.changes = FakeChanges()
        self.app = Flask(__name__)
        self.app.secret_key = "x" * 40
        self.app.add_url_rule("/shared", view_func=self.shared)
        self.app.add_url_rule("/own", view_func=self.own)
        self.app.add_url_rule("/leaky", view_func=self.leaky)
        self.app.add_url_rule("/plain", view_func=self.plain)
        self.app.add_url_rule("/both", view_func=self.both)
        self.app.wsgi_app = PageCache(self.app.wsgi_app, self.changes)  # type: ignore[method-assign]

    def shared(self) -> Response:
        self.asked += 1
        session.get("x")  # as extensions do
        return keep(Response(self.text, mimetype="text/html"), topics=("shop",), seconds=60)

    def own(self) -> Response:
        self.asked += 1
        response = keep(Response("for you"), topics=("kitchen", "people"), seconds=60, private=True)
        return response.make_conditional(request)

    def leaky(self) -> Response:
        self.asked += 1
        session["x"] = self.asked
        return keep(Response("with a cookie"), topics=("shop",), seconds=60)

    def plain(self) -> Response:
        self.asked += 1
        return Response("never kept")

    def both(self) -> Response:
        self.asked += 1
        if htmx.wants_json():
            return Response("{}", mimetype="application/json")
        return keep(Response("<p>a page</p>", mimetype="text/html"), topics=("shop",), seconds=60)

    def client(self) -> FlaskClient:
        return self.app.test_client(use_cookies=False)


@pytest.fixture
def site() -> Site:
    return Site()


def test_a_machine_that_asks_for_json_never_gets_the_kept_page(site: Site) -> None:
    people = ("text/html,application/xhtml+xml,*/*;q=0.8", "*/*", "", "application/json;q=0.5,text/html")
    for accept in people:
        assert site.client().get("/both", headers={"Accept": accept}).mimetype == "text/html"
    assert site.asked == 1, "people share one copy, however their browsers say it"
    for accept in ("application/json", "application/json, text/html;q=0.9", "application/json"):
        assert site.client().get("/both", headers={"Accept": accept}).mimetype == "application/json"
    assert site.asked == 4, "the machine's answer was not kept: its view did not ask for that"
    assert site.client().get("/both").mimetype == "text/html" and site.asked == 4


def test_one_copy_serves_everybody_and_names_no_cookie(site: Site) -> None:
    answers = [site.client().get("/shared", headers={"Cookie": f"who={n}"}) for n in range(3)]
    assert site.asked == 1
    assert {a.data for a in answers} == {site.text.encode()}
    for answer in answers:
        assert "Set-Cookie" not in answer.headers and "Cookie" not in answer.headers["Vary"]
        assert "X-Keep" not in answer.headers
        assert answer.headers["Cache-Control"] == "public, no-cache"


def test_a_copy_goes_with_its_topic_and_stays_with_another(site: Site) -> None:
    client = site.client()
    client.get("/shared")
    site.changes.tell("kitchen")
    client.get("/shared")
    assert site.asked == 1
    site.text = "new bread"
    site.changes.tell("shop")
    assert client.get("/shared").text == "new bread"
    assert site.asked == 2


def test_what_changes_while_a_page_is_made_outdates_its_copy_at_once(site: Site) -> None:
    def shared_and_then_some() -> Response:
        response = site.shared()
        site.changes.tell("shop")
        return response

    site.app.view_functions["shared"] = shared_and_then_some
    site.client().get("/shared")
    site.client().get("/shared")
    assert site.asked == 2


def test_nothing_is_served_from_copies_while_changes_are_not_heard(site: Site) -> None:
    client = site.client()
    client.get("/shared")
    site.changes.live = False
    client.get("/shared")
    client.get("/shared")
    assert site.asked == 3


def test_a_browser_that_has_it_is_told_304_by_copy_and_by_page(site: Site) -> None:
    client = site.client()
    tag = client.get("/shared").headers["ETag"]
    assert tag.startswith("W/")
    for given in (tag, tag.removeprefix("W/"), f'"other", {tag}'):
        answer = client.get("/shared", headers={"If-None-Match": given})
        assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag)
    assert site.asked == 1
    site.changes.live = False
    assert client.get("/shared", headers={"If-None-Match": tag}).status_code == 304
    assert client.get("/shared", headers={"If-None-Match": '"other"'}).status_code == 200


def test_gzip_is_given_to_who_takes_it_and_caches_are_told_so(site: Site) -> None:
    client = site.client()
    for _ in range(2):
        packed = client.get("/shared", headers={"Accept-Encoding": "br, gzip"})
        plain = client.get("/shared")
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == plain.data
        assert len(packed.data) == int(packed.headers["Content-Length"]) < len(plain.data)
        assert "Content-Encoding" not in plain.headers
        assert "Accept-Encoding" in packed.headers["Vary"] and "Accept-Encoding" in plain.headers["Vary"]


def test_head_has_the_headers_and_no_body(site: Site) -> None:
    client = site.client()
    for _ in range(2):
        answer = client.head("/shared")
        assert (answer.status_code, answer.data) == (200, b"")
        assert answer.headers["Content-Length"] == str(len(site.text))
        assert "X-Keep" not in answer.headers
        client.get("/shared")


def test_a_page_that_sets_a_cookie_is_never_kept(site: Site) -> None:
    first, second = site.client().get("/leaky"), site.client().get("/leaky")
    assert site.asked == 2
    assert first.headers["Set-Cookie"] != second.headers["Set-Cookie"]


def test_posts_long_queries_and_unmarked_pages_are_not_kept(site: Site) -> None:
    client = site.client()
    for _ in range(2):
        client.get("/plain")
        client.get("/shared?" + "x" * 300)
    assert site.asked == 4


def test_a_page_of_one_person_is_answered_304_to_the_same_cookies_only(site: Site) -> None:
    client = site.client()
    mine = {"Cookie": "who=me"}
    tag = client.get("/own", headers=mine).headers["ETag"]
    assert site.asked == 1
    assert client.get("/own", headers={**mine, "If-None-Match": tag}).status_code == 304
    assert site.asked == 1, "answered without asking the app"
    assert client.get("/own", headers=mine).text == "for you"
    assert site.asked == 2, "a body is never kept for one person"
    client.get("/own", headers={"Cookie": "who=other", "If-None-Match": tag})
    assert site.asked == 3, "another person's cookies never meet this copy"
    site.changes.tell("people")
    client.get("/own", headers={**mine, "If-None-Match": tag})
    assert site.asked == 4


def test_made_up_addresses_cannot_fill_the_memory(site: Site) -> None:
    site.text = "x" * 400_000
    for number in range(100):
        site.client().get(f"/shared?q={number}")
    cache = site.app.wsgi_app
    assert isinstance(cache, PageCache)
    assert cache._bytes <= MAX_BYTES
    assert cache._bytes == sum(copy.size for copy in cache._copies.values())


@pytest.fixture
def changes(database_url: str, app: Flask) -> Iterator[Changes]:
    heard = Changes(database_url)
    heard.start()
    _until(lambda: heard.live)
    yield heard


def _until(true: Callable[[], bool], seconds: float = 10) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.01)


def test_a_change_made_by_hand_in_psql_is_heard(
    changes: Changes, database_url: str, real_database: None
) -> None:
    before = changes.version("shop")
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO category (slug, name, tagline, description, position, picture_alt) "
                           "VALUES ('heard', 'Heard', '', '', 0, '')")  # fmt: skip
        time.sleep(0.1)
        assert changes.version("shop") == before, "not before the commit"
        connection.commit()
    _until(lambda: changes.version("shop") > before)


def test_a_lost_connection_outdates_every_topic_also_those_never_heard_of(
    changes: Changes, database_url: str
) -> None:
    before = {topic: changes.version(topic) for topic in ("shop", "kitchen", "people", "never heard of")}
    with psycopg.connect(database_url, autocommit=True) as connection:
        # Only listeners of this database, so other test processes keep theirs.
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'changes' AND datname = current_database()"
        )
    _until(lambda: not changes.live or all(changes.version(t) > v for t, v in before.items()))
    _until(lambda: changes.live)
    assert all(changes.version(topic) > version for topic, version in before.items())
