"""The server, as uvicorn runs it: one hop to a thread, and threads that keep their connections."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

import pytest
import requests
import stripe
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper
from django.test import Client
from django.urls import reverse

from checkout.sandbox import faults
from checkout.sandbox.models import Fault
from project import lanes, one_hop
from project.one_hop import lane_of
from project.site import make_site
from tests.factories import create_learner, create_staff
from tests.project import odd_views
from tests.project.serving import serving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(settings):
    """Serve the shop, and the views above, on a free port."""
    settings.ROOT_URLCONF = odd_views.__name__
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    settings.REQUEST_THREADS = {
        "pages": 2,
        "gateway": 1,
        "webhooks": 1,
        "sandbox": 1,
        "sandbox api": 1,
    }
    odd_views.slow_gate.clear()
    odd_views.order_of_service.clear()
    with serving(make_site()) as address:
        yield address
        odd_views.slow_gate.set()


def get(server, path, **options):
    with requests.Session() as browser:
        return browser.get(server + path, timeout=15, **options)


def test_threads_keep_their_connections_and_are_as_many_as_configured(server):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: get(server, "/ask/").text, range(80)))

    seen = {tuple(answer.split()) for answer in answers}
    assert len(seen) == 2
    assert len({pid for pid, _ in seen}) == 2


def end_connections(server):
    """Have PostgreSQL hang up on the threads, as when it is started again."""
    pids = {int(get(server, "/ask/").text.split()[0]) for _ in range(20)}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s) AS pid", [list(pids)]
        )


def test_a_connection_that_was_lost_costs_no_request(server):
    end_connections(server)

    assert [get(server, "/ask/").status_code for _ in range(20)] == [200] * 20


def test_a_connection_is_not_asked_whether_it_lives_while_nothing_says_otherwise(
    server, monkeypatch
):
    get(server, "/ask/"), get(server, "/ask/")
    asked = []
    monkeypatch.setattr(DatabaseWrapper, "is_usable", lambda _: asked.append(1) or True)

    assert [get(server, "/ask/").status_code for _ in range(10)] == [200] * 10
    assert not asked


def test_what_waits_for_a_gateway_holds_up_no_page(server):
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(get, server, "/wait/") for _ in range(2)]
        time.sleep(0.3)
        thread = get(server, "/checkout/ask/").text.split()[1]
        odd_views.slow_gate.set()
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


def test_a_full_pool_asks_to_come_back(server, monkeypatch):
    monkeypatch.setattr(lanes, "MAX_WAITING", 2)
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(get, server, "/wait/") for _ in range(2)]
        time.sleep(0.3)
        refused = get(server, "/ask/")
        odd_views.slow_gate.set()
        assert [answer.result().status_code for answer in waiting] == [200, 200]

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
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


def send_only(server, path):
    """Ask for something, and read nothing of the answer."""
    host, port = server.removeprefix("http://").split(":")
    wire = socket.create_connection((host, int(port)), timeout=15)
    wire.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    return wire


def test_who_reads_slowly_holds_no_thread(server):
    """A thread makes a part of a stream, and does not wait for it to travel."""
    readers = [send_only(server, "/endless/") for _ in range(6)]
    for reader in readers:
        assert reader.recv(12) == b"HTTP/1.1 200"

    assert get(server, "/ask/").status_code == 200
    for reader in readers:
        reader.close()


def test_requests_are_served_in_the_order_in_which_they_came(server):
    with ThreadPoolExecutor(2) as pool:
        held = [pool.submit(get, server, "/wait/") for _ in range(2)]
        for _ in held:
            assert odd_views.waiting.acquire(timeout=10)
        wires = []
        for number in range(8):
            wires.append(send_only(server, f"/turn/{number}/"))
            time.sleep(0.05)
        odd_views.slow_gate.set()
        assert [answer.result().status_code for answer in held] == [200, 200]
    for wire in wires:
        assert wire.recv(12) == b"HTTP/1.1 200"
        wire.close()

    # Two threads take them. Either may dawdle, but each serves in order: no three come backwards.
    served = odd_views.order_of_service
    assert len(served) == 8
    assert not [each for each in combinations(served, 3) if each == tuple(sorted(each)[::-1])]


def test_who_leaves_while_waiting_takes_no_place(server, monkeypatch):
    monkeypatch.setattr(lanes, "MAX_WAITING", 4)
    for _ in range(20):
        send_only(server, "/ask/").close()
    until = time.monotonic() + 10
    while get(server, "/ask/").status_code != 200:
        assert time.monotonic() < until
