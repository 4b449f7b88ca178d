"""How often one may do a thing: exactly so often, over all threads, and by whom."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory

from project.limits import Limit, address_of, forget_tallies, limited
from project.models import Tally
from tests.factories import create_course

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def limits_on(settings, monkeypatch):
    settings.RATE_LIMITS = True
    monkeypatch.setattr("project.limits.time.time", lambda: 1_000_000_010.0)


def test_limit_allows_so_many_tries_and_then_says_how_long_to_wait():
    limit = Limit("test", times=3, seconds=60)

    assert [limit.wait("ada") for _ in range(5)] == [0, 0, 0, 10, 10]


def test_limit_counts_people_actions_and_windows_apart(monkeypatch):
    limit, other = Limit("one", times=1, seconds=60), Limit("two", times=1, seconds=60)

    assert [limit.wait("ada"), limit.wait("bob"), other.wait("ada")] == [0, 0, 0]
    monkeypatch.setattr("project.limits.time.time", lambda: 1_000_000_020.0)
    assert limit.wait("ada") == 0
    assert limit.wait("ada") == 60


def test_limit_keeps_no_address(client):
    Limit("cart", times=1, seconds=60).wait("203.0.113.7")

    [tally] = Tally.objects.all()
    assert "203" not in tally.key
    assert len(tally.key) == 32


@pytest.mark.django_db(transaction=True)
def test_limit_is_exact_when_many_try_at_once():
    limit = Limit("storm", times=100, seconds=3600)

    def hammer(_):
        try:
            return sum(limit.wait("ada") == 0 for _ in range(50))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(hammer, range(8))) == 100


@pytest.mark.parametrize(
    ("remote", "who"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_address_of_takes_an_ipv6_customer_as_one(remote, who):
    request = RequestFactory().get("/", REMOTE_ADDR=remote)

    assert address_of(request) == who


def test_limited_view_may_be_looked_at_without_end(rf):
    view = limited(Limit("look", times=1, seconds=60))(lambda request: HttpResponse("seen"))

    assert {view(rf.get("/")).status_code for _ in range(5)} == {200}
    assert not Tally.objects.exists()


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["browser", "htmx"])
def test_cart_asks_for_patience_and_changes_nothing(client, headers):
    bread, stars = create_course(), create_course(slug="stars")
    for _ in range(60):
        client.post("/cart/items/", {"course": bread.slug}, headers=headers)

    response = client.post("/cart/items/", {"course": stars.slug}, headers=headers)

    assert response.status_code == 429
    assert response["Retry-After"] == "10"
    assert b"wait" in response.content.lower()
    assert "stars" not in client.get("/cart/").content.decode()


def test_checkout_of_one_cart_asks_for_patience(client, settings):
    settings.GUEST_CHECKOUT = False
    client.post("/cart/items/", {"course": create_course().slug})
    for _ in range(10):
        assert client.post("/checkout/").status_code == 303

    assert client.post("/checkout/").status_code == 429
    other = type(client)()
    other.post("/cart/items/", {"course": create_course().slug})
    assert other.post("/checkout/").status_code == 303


def test_claims_cannot_be_guessed_by_trying(client):
    codes = [client.post(f"/claim/{number:043}/").status_code for number in range(21)]

    assert codes == [404] * 20 + [429]


def test_tallies_of_the_past_are_forgotten(monkeypatch):
    Limit("test", times=3, seconds=60).wait("ada")
    forget_tallies()
    assert Tally.objects.count() == 1

    monkeypatch.setattr("project.limits.time.time", lambda: 1_000_000_021.0)
    forget_tallies()
    assert not Tally.objects.exists()


def test_table_of_tallies_costs_no_log():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'project_tally'")
        assert cursor.fetchone() == ("u",)
