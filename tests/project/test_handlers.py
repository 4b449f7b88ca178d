"""What the shop needs of whatever serves it: its own handler, and Django's, by one setting."""

import http.client
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from django.db import connection, connections

from project import one_hop
from project.site import make_site
from tests.project import odd_views
from tests.project.serving import running, serving

pytestmark = pytest.mark.django_db  # nothing is written: what the server sees is committed

THREADS = {"pages": 2, "gateway": 1, "webhooks": 1, "sandbox": 1, "sandbox api": 1}


@pytest.fixture(params=["one-hop", "django"])
def site(request, settings, monkeypatch):
    """The site with each handler, and with views that are odd."""
    settings.ROOT_URLCONF = odd_views.__name__
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    settings.REQUEST_THREADS = THREADS
    settings.ASGI_HANDLER = request.param
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.project.odd_views.failing_middleware"]
    if request.param == "django":  # as the settings have it (test_settings)
        monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    odd_views.slow_gate.clear()
    odd_views.closed.clear()
    while odd_views.waiting.acquire(blocking=False):
        pass
    yield make_site()
    odd_views.slow_gate.set()


@pytest.fixture
def any_server(site):
    with serving(site) as address:
        yield address


def get(server, path, **options):
    with requests.Session() as browser:
        return browser.get(server + path, timeout=15, **options)


def test_pages_and_files_and_streams_arrive_whole(any_server):
    assert "<h1>" in get(any_server, "/").text
    assert get(any_server, "/stream/").content == b"part" * 100
    here = Path(odd_views.__file__).read_bytes()
    assert get(any_server, "/file/").content == here
    assert get(any_server, "/static/css/base.css").headers["Content-Type"].startswith("text/css")


def test_a_visit_without_cookies_gets_none(any_server):
    """LESSONS 16."""
    assert not get(any_server, "/").cookies


def test_a_client_that_leaves_ends_its_stream(any_server):
    answer = get(any_server, "/endless/", stream=True)
    next(answer.iter_content(1000))
    answer.close()

    assert odd_views.closed.wait(10)


def test_a_defect_is_a_500_and_the_next_request_is_served(any_server):
    assert get(any_server, "/fail/").status_code == 500
    assert get(any_server, "/ask/").status_code == 200


def test_probes_answer_any_host_before_django(any_server):
    for probe in ("/healthz", "/readyz"):
        answer = get(any_server, probe, headers={"Host": "web:8000"})
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert not answer.cookies
    assert get(any_server, "/", headers={"Host": "evil.example"}).status_code == 400


def test_garbage_on_the_wire_does_not_end_the_server(any_server):
    host, port = any_server.removeprefix("http://").split(":")
    for garbage in (b"\x00\xff\r\n\r\n", b"GET /%ff%fe/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"):
        with socket.create_connection((host, int(port)), timeout=5) as wire:
            wire.sendall(garbage)
            wire.recv(100)
    raw = http.client.HTTPConnection(host, int(port), timeout=10)
    raw.request("HEAD", "/")
    assert raw.getresponse().read() == b""
    raw.close()
    assert get(any_server, "/ask/").status_code == 200


@pytest.mark.parametrize("site", ["one-hop"], indirect=True)
def test_body_in_chunks_is_refused_as_soon_as_it_is_too_long(any_server, monkeypatch):
    monkeypatch.setattr(one_hop, "MAX_BODY", 10_000)

    answer = requests.post(f"{any_server}/echo/", data=(b"x" * 4000 for _ in range(4)), timeout=15)

    assert (answer.status_code, answer.text) == (413, "The request is too large.")


def test_defect_of_a_middleware_is_a_500(any_server):
    assert get(any_server, "/echo/?middleware").status_code == 500
    assert get(any_server, "/echo/").status_code == 200


def test_defect_in_a_stream_cuts_it_off(any_server):
    """It cannot be a 500 any more; but nobody takes the half for the whole."""
    with pytest.raises(requests.exceptions.RequestException):
        assert not get(any_server, "/fail/in/stream/").content
    for _ in range(4):
        assert get(any_server, "/ask/").status_code == 200


def test_client_that_leaves_in_the_middle_of_its_body_is_forgotten(any_server):
    host, port = any_server.removeprefix("http://").split(":")
    for _ in range(4):
        with socket.create_connection((host, int(port))) as wire:
            wire.sendall(b"POST /echo/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\nx")

    assert get(any_server, "/ask/").status_code == 200


def test_shop_may_live_below_another_address(site):
    with serving(site, root_path="/shop") as address:
        assert get(address, "/address/").text == "/shop/"


def test_connections_to_the_database_are_few_however_many_come(any_server):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: get(any_server, "/ask/").status_code, range(60)))

    assert answers == [200] * 60
    deadline = time.monotonic() + 10
    while count_connections() > len(THREADS) + 3:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def count_connections():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_type = 'client backend'"
        )
        return cursor.fetchone()[0]


def test_stopping_loses_no_request_that_has_come(site):
    with running(site) as (server, address), ThreadPoolExecutor(12) as pool:
        answers = [pool.submit(get, address, "/wait/") for _ in range(12)]
        for _ in range(THREADS["pages"]):
            assert odd_views.waiting.acquire(timeout=10)
        time.sleep(0.5)  # the others have come, and wait for a thread
        server.should_exit = True
        time.sleep(0.3)
        odd_views.slow_gate.set()

        assert [answer.result().text for answer in answers] == ["through"] * 12

    # Of the connections that of this test is left, of the threads none; their server is about to
    # close the last.
    deadline = time.monotonic() + 10
    while count_connections() > 1 or threads_of_requests():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def threads_of_requests():
    return [one for one in threading.enumerate() if one.name.startswith(("pages", "gateway"))]


def test_file_is_sent_in_parts(any_server):
    whole = Path(odd_views.__file__).read_bytes()

    def part(asked):
        answer = get(any_server, "/part/", headers={"Range": asked, "Accept-Encoding": "identity"})
        return answer.status_code, answer.content

    assert part("bytes=0-9") == (206, whole[:10])
    assert part("bytes=100-") == (206, whole[100:])
    assert part("bytes=-5") == (206, whole[-5:])
    assert part("bytes=9999999-") == (416, b"")
    assert part(None) == (200, whole)


def test_bodies_are_read_whole(any_server):
    def read(body):
        return requests.post(f"{any_server}/echo/", data=body, timeout=15).text

    assert [read(b"x" * size) for size in (0, 1, 1_000_000)] == ["0", "1", "1000000"]
    assert read(b"x" * 5000 for _ in range(200)) == "1000000"  # in chunks, of no length beforehand
