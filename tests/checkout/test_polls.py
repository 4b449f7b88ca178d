"""Polls before Django: what is unchanged costs next to nothing, and what has changed is shown."""

import asyncio
import time

import pytest
import requests
from django.core.signals import request_started
from django.db import connection, transaction

from checkout import versions, watch
from checkout.models import Order
from checkout.polling import BRISK
from checkout.polls import OrderPolls
from checkout.versions import Versions, connect
from checkout.watch import Known, Watch
from project.site import make_site
from tests.checkout.conftest import HTMX
from tests.checkout.shop import create_order
from tests.project.serving import serving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order():
    """An order that no account holds, so that its reference is all that it takes."""
    order = create_order()
    Order.objects.update(user=None)
    return order


@pytest.fixture
def asked_django():
    """Collect the paths that Django is asked for."""
    paths = []

    def note(scope=None, **_):
        if scope:
            paths.append(scope["path"])

    request_started.connect(note)
    yield paths
    request_started.disconnect(note)


@pytest.fixture(params=[False, True], ids=["asked for", "watched"])
def site(request, settings, monkeypatch):
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    settings.ORDER_WATCH = request.param
    settings.REQUEST_THREADS = {"pages": 1, "gateway": 1, "webhooks": 1}
    monkeypatch.setattr(watch, "BEAT", 0.3)
    return make_site()


@pytest.fixture
def server(site):
    with serving(site) as address, requests.Session() as browser:
        yield Server(address, browser)


class Server:
    def __init__(self, address, browser):
        self.address, self.browser = address, browser

    def poll(self, order, *, version=None, waited=0, seconds=2, headers=HTMX):
        return self.browser.get(
            f"{self.address}/orders/{order.reference}/status/",
            params={"v": version or order.version, "t": int(time.time()) - waited, "s": seconds},
            headers=headers,
            timeout=10,
        )


def until(is_so):
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def watching(site, server, order, request):
    """A server whose watch has begun to hear, and knows the order."""
    if request.node.callspec.params["site"]:
        server.poll(order)
        until(lambda: site._versions.is_hearing)
    assert server.poll(order).status_code == 204
    return server


def test_unchanged_order_is_a_204_without_django(watching, order, asked_django):
    answer = watching.poll(order)

    assert (answer.status_code, answer.content, asked_django) == (204, b"", [])
    assert not answer.cookies
    assert {
        name: answer.headers.get(name)
        for name in ("Cache-Control", "X-Content-Type-Options", "Referrer-Policy", "Retry-After")
    } == {
        "Cache-Control": "no-store, private",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Retry-After": None,
    }


@pytest.mark.parametrize(
    "poll",
    [
        {"version": 77},
        {"version": "x"},
        {"waited": BRISK + 1},
        {"waited": 1000, "seconds": 5},
        {"seconds": "garbage"},
    ],
    ids=str,
)
def test_whatever_else_a_poll_says_the_page_answers(watching, order, asked_django, poll):
    answer = watching.poll(order, **poll)

    assert answer.status_code == 200
    assert len(asked_django) == 1
    assert 'id="order"' in answer.text


def test_order_that_is_none_is_for_the_page_to_explain(watching, order, asked_django):
    order.reference = "nobodyhasthisone"

    assert watching.poll(order).status_code == 200
    assert len(asked_django) == 1


def test_change_through_any_door_is_seen_by_the_next_poll(watching, order):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE checkout_order SET version = version + 1")

    until(lambda: watching.poll(order).status_code == 200)
    order.refresh_from_db()
    assert watching.poll(order).status_code == 204


def test_change_that_is_rolled_back_is_none(watching, order):
    with transaction.atomic():
        Order.objects.get().note_change()
        transaction.set_rollback(True)

    assert watching.poll(order).status_code == 204


def only_watched(test):
    return pytest.mark.parametrize("site", [True], indirect=True, ids=["watched"])(test)


@only_watched
def test_watch_asks_nobody(watching, order):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE checkout_order IN ACCESS EXCLUSIVE MODE")
        assert watching.poll(order).status_code == 204


def end_listening():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE query = 'LISTEN order_versions' AND datname = current_database()"
        )
        assert cursor.fetchall() == [(True,)]


@only_watched
def test_change_while_the_watch_is_deaf_is_seen_all_the_same(site, watching, order):
    end_listening()
    Order.objects.get().note_change()

    until(lambda: watching.poll(order).status_code == 200)
    order.refresh_from_db()
    until(lambda: site._versions.is_hearing)
    assert watching.poll(order).status_code == 204
    Order.objects.get().note_change()
    until(lambda: watching.poll(order).status_code == 200)


class Pooled(Versions):
    """Behind a pooler that hands connections round: a word to oneself comes to somebody else."""

    async def execute(self, statement, values):
        return [] if "pg_notify" in statement else await super().execute(statement, values)


def test_watch_that_does_not_hear_itself_trusts_nothing_that_it_knows(order, monkeypatch):
    monkeypatch.setattr(watch, "BEAT", 0.2)

    async def hears(versions):
        watching = Watch(versions)
        try:
            for _ in range(10):
                assert await watching.of(order.reference) == order.version
                await asyncio.sleep(0.05)
            return watching.is_hearing
        finally:
            await watching.close()

    assert asyncio.run(hears(Versions()))
    assert not asyncio.run(hears(Pooled()))


def test_who_asks_while_the_connection_is_made_waits_for_it(monkeypatch):
    made = []

    async def connect_slowly():
        await asyncio.sleep(0.1)
        made.append(await connect())
        return made[-1]

    monkeypatch.setattr(versions, "connect", connect_slowly)

    async def ask_twice():
        asked = Versions()
        try:
            return await asyncio.gather(*(asked.execute("SELECT %s::int", [n]) for n in (1, 2)))
        finally:
            await asked.close()

    assert asyncio.run(ask_twice()) == [[(1,)], [(2,)]]
    assert len(made) == 1


@pytest.mark.parametrize("may_prepare", [True, False])
def test_what_all_polls_ask_is_prepared_unless_a_pooler_forbids_it(order, settings, may_prepare):
    settings.PREPARED_STATEMENTS = may_prepare

    async def prepared():
        versions = Versions()
        try:
            for _ in range(4):
                assert await versions.of(order.reference) == order.version
            sql = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s"
            return await versions.execute(sql, ["%checkout_order%"])
        finally:
            await versions.close()

    assert asyncio.run(prepared()) == [(int(may_prepare),)]


def test_what_was_told_meanwhile_is_newer_than_the_answer():
    known = Known()
    known.expect("a")

    assert (known.learn("a", 2), known.learn("a", 1), known.get("a")) == (2, 2, 2)
    assert (known.learn("b", 5), known.get("b")) == (5, 0)


def test_watch_forgets_who_was_not_asked_for_longest(monkeypatch):
    monkeypatch.setattr(watch, "MOST", 2)
    known = Known()
    for reference in ("a", "b", "a", "c"):
        known.expect(reference)
        known.learn(reference, 1)
        known.get(reference)

    assert [known.get(reference) for reference in ("a", "b", "c")] == [1, 0, 1]


@pytest.mark.parametrize("site", [False], indirect=True)
def test_busy_shop_asks_who_polls_for_patience(site, order):
    with serving(OrderPolls(site, pause=lambda: 5)) as address, requests.Session() as browser:
        server = Server(address, browser)
        same, other = server.poll(order), server.poll(order, version=77)

    assert (same.status_code, same.headers["Retry-After"]) == (204, "5")
    assert (other.status_code, other.headers["Retry-After"]) == (200, "5")
