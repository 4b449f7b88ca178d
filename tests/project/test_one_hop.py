"""The server, as uvicorn runs it: one hop to a thread, and threads that keep their connections."""

import http.client
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import stripe
from django.db import connection
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.test import Client
from django.urls import path, reverse

from checkout.sandbox import faults
from checkout.sandbox.models import Fault
from project import one_hop
from project.one_hop import lane_of
from project.site import make_site
from project.urls import urlpatterns as real_urls
from tests.factories import create_learner, create_staff
from tests.project.serving import serving

pytestmark = pytest.mark.django_db(transaction=True)

slow_gate = threading.Event()


def ask_database(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return HttpResponse(f"{cursor.fetchone()[0]} {threading.current_thread().name}")


def echo(request):
    return HttpResponse(str(len(request.body)))


def wait_for_gate(request):
    slow_gate.wait(10)
    return HttpResponse("through")


def stream(request):
    return StreamingHttpResponse(b"part" for _ in range(100))


def endless(request):
    def parts():
        try:
            while True:
                yield b"x" * 65536
        finally:
            closed.set()

    return StreamingHttpResponse(parts())


def send_file(request):
    return FileResponse(open(__file__, "rb"))


def fail(request):
    raise RuntimeError("a defect")


closed = threading.Event()

urlpatterns = [
    path("ask/", ask_database),
    path("checkout/ask/", ask_database),
    path("echo/", echo),
    path("wait/", wait_for_gate),
    path("stream/", stream),
    path("endless/", endless),
    path("file/", send_file),
    path("fail/", fail),
    *real_urls,
]


@pytest.fixture
def server(settings):
    """Serve the shop, and the views above, on a free port."""
    settings.ROOT_URLCONF = __name__
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    settings.REQUEST_THREADS = {
        "pages": 2,
        "gateway": 1,
        "webhooks": 1,
        "sandbox": 1,
        "sandbox api": 1,
    }
    slow_gate.clear()
    closed.clear()
    with serving(make_site()) as address:
        yield address
        slow_gate.set()


def get(server, path, **options):
    with requests.Session() as browser:
        return browser.get(server + path, timeout=15, **options)


def test_threads_keep_their_connections_and_are_as_many_as_configured(server):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: get(server, "/ask/").text, range(80)))

    seen = {tuple(answer.split()) for answer in answers}
    assert len(seen) == 2
    assert len({pid for pid, _ in seen}) == 2


def test_what_waits_for_a_gateway_holds_up_no_page(server):
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(get, server, "/wait/") for _ in range(2)]
        time.sleep(0.3)
        thread = get(server, "/checkout/ask/").text.split()[1]
        slow_gate.set()
        assert [answer.result().text for answer in waiting] == ["through"] * 2
    assert thread.startswith("gateway")


@pytest.mark.parametrize(
    ("url", "lane"),
    [
        ("/", "pages"),
        ("/courses/a/", "pages"),
        ("/accounts/login/", "pages"),
        ("/accounts/google/login/callback/", "gateway"),
        ("/accounts/oidc/sso/login/", "gateway"),
        ("/orders/abc/", "gateway"),
        ("/orders/abc/check/", "gateway"),
        ("/orders/abc/status/", "pages"),
        ("/checkout/", "gateway"),
        ("/webhooks/stripe/", "webhooks"),
        ("/orders/", "pages"),
        ("/sandbox/v1/checkout/sessions", "sandbox api"),
        ("/sandbox/pay/cs_test_1/", "sandbox"),
        ("/admin/checkout/order/1/refund/", "gateway"),
        ("/admin/checkout/payment/1/check/", "gateway"),
        ("/admin/checkout/order/1/change/", "pages"),
        ("/sandbox/controls/", "sandbox"),
    ],
)
def test_lanes_keep_apart_who_would_wait_for_each_other(url, lane):
    assert lane_of(url) == lane


def test_pages_and_files_and_streams_arrive_whole(server):
    assert "<h1>" in get(server, "/").text
    assert get(server, "/stream/").content == b"part" * 100
    with open(__file__, "rb") as here:
        assert get(server, "/file/").content == here.read()
    assert get(server, "/static/css/base.css").headers["Content-Type"].startswith("text/css")


def test_a_visit_without_cookies_gets_none(server):
    """LESSONS 16."""
    assert not get(server, "/").cookies


@pytest.mark.parametrize("size", [0, 1, 1_000_000])
def test_bodies_arrive_whole(server, size):
    answer = requests.post(f"{server}/webhooks/stripe/", data=b"x" * size, timeout=15)

    assert answer.status_code == (413 if size > 512 * 1024 else 400)


def test_a_body_over_the_limit_is_refused(server, monkeypatch):
    monkeypatch.setattr(one_hop, "MAX_BODY", 1000)

    answer = requests.post(f"{server}/webhooks/stripe/", data=b"x" * 2000, timeout=15)

    assert answer.status_code == 413


def test_a_long_body_is_taken_from_staff_where_videos_are_given(server, monkeypatch):
    monkeypatch.setattr(one_hop, "MAX_BODY", 1000)
    place = f"{server}{reverse('admin:catalog_lesson_change', args=[1])}"

    def sent_by(user, url=place):
        client = Client()
        if user:
            client.force_login(user)
        cookies = {name: morsel.value for name, morsel in client.cookies.items()}
        return requests.post(url, data=b"x" * 2000, cookies=cookies, timeout=15).status_code

    assert sent_by(None) == 413
    assert sent_by(create_learner()) == 413
    assert sent_by(create_staff()) == 403  # read, and then refused for want of the form's token
    assert sent_by(create_staff(), f"{server}/webhooks/stripe/") == 413


def test_a_slow_body_holds_no_thread(server):
    host, port = server.removeprefix("http://").split(":")
    dawdlers = [socket.create_connection((host, int(port))) for _ in range(6)]
    for dawdler in dawdlers:
        dawdler.sendall(b"POST /echo/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\nx")

    assert get(server, "/ask/").status_code == 200
    for dawdler in dawdlers:
        dawdler.close()


def test_a_client_that_leaves_ends_its_stream(server):
    answer = get(server, "/endless/", stream=True)
    next(answer.iter_content(1000))
    answer.close()

    assert closed.wait(10)


def test_a_full_pool_asks_to_come_back(server, monkeypatch):
    monkeypatch.setattr(one_hop, "MAX_WAITING", 2)
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(get, server, "/wait/") for _ in range(2)]
        time.sleep(0.3)
        refused = get(server, "/ask/")
        slow_gate.set()
        assert [answer.result().status_code for answer in waiting] == [200, 200]

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert get(server, "/ask/").status_code == 200


def test_a_defect_is_a_500_and_the_next_request_is_served(server):
    assert get(server, "/fail/").status_code == 500
    assert get(server, "/ask/").status_code == 200


def test_probes_answer_any_host_before_django(server):
    for probe in ("/healthz", "/readyz"):
        answer = get(server, probe, headers={"Host": "web:8000"})
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert not answer.cookies
    assert get(server, "/", headers={"Host": "evil.example"}).status_code == 400


def test_garbage_on_the_wire_does_not_end_the_server(server):
    host, port = server.removeprefix("http://").split(":")
    for garbage in (b"\x00\xff\r\n\r\n", b"GET /%ff%fe/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"):
        with socket.create_connection((host, int(port)), timeout=5) as wire:
            wire.sendall(garbage)
            wire.recv(100)
    raw = http.client.HTTPConnection(host, int(port), timeout=10)
    raw.request("HEAD", "/")
    assert raw.getresponse().read() == b""
    raw.close()
    assert get(server, "/ask/").status_code == 200


@pytest.mark.parametrize("fault", [Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER])
def test_the_sandbox_can_hang_up_before_the_first_byte(server, fault):
    faults.switch_on("events.list", fault, times=1)
    http_client = stripe.RequestsClient(timeout=20)
    client = stripe.StripeClient(
        "sk_test_x", base_addresses={"api": f"{server}/sandbox"}, http_client=http_client
    )

    with pytest.raises(stripe.APIConnectionError, match="Remote end closed") as caught:
        client.v1.events.list()

    assert caught.value.should_retry
    assert client.v1.events.list().data == []
    http_client.close()
