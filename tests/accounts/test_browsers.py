"""A browser that somebody has not been seen with is told of by mail, once."""

import pytest
from django.test import Client

from project.accounts.browsers import describe
from project.accounts.jobs import forget_browsers
from project.accounts.models import KnownBrowser, User
from project.models import OutboundMail
from tests.accounts.letters import newest_letter
from tests.accounts.ways import sign_in

pytestmark = pytest.mark.django_db

ADA = "ada@example.com"
SUBJECT = "You signed in to Lectern with a new browser"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def letters():
    return OutboundMail.objects.filter(to=ADA, subject=SUBJECT).count()


def test_first_browser_of_a_new_account_is_no_news(client):
    sign_in(client, ADA)

    assert letters() == 0
    assert KnownBrowser.objects.count() == 1


def test_second_browser_is_told_of_and_the_first_is_not_again(client):
    sign_in(client, ADA)
    sign_in(Client(headers={"user-agent": FIREFOX}), ADA)
    assert letters() == 1
    assert "Firefox, Windows" in newest_letter(ADA).text
    assert "from the internet address 127.0.0.1" in newest_letter(ADA).text

    client.post("/accounts/logout/")
    sign_in(client, ADA)

    assert letters() == 1
    assert KnownBrowser.objects.count() == 2


def test_browser_of_somebody_else_is_new(client):
    sign_in(Client(), ADA)
    sign_in(client, "bob@example.com")
    client.post("/accounts/logout/")

    sign_in(client, ADA)

    assert letters() == 1


def test_database_does_not_hold_what_the_browser_holds(client):
    sign_in(client, ADA)
    token = client.cookies["browser"].value

    assert len(token) == 43
    assert token not in KnownBrowser.objects.get().digest


def test_cookies_are_out_of_reach_of_scripts_and_last_a_year(client):
    sign_in(client, ADA)

    for name in ("browser", "signed_in_by"):
        cookie = client.cookies[name]
        facts = cookie["httponly"], cookie["samesite"], cookie["max-age"]
        assert facts == (True, "Lax", 60 * 60 * 24 * 365)


def test_visitors_who_never_signed_in_get_neither(client):
    for url in ("/", "/cart/", "/accounts/login/"):
        client.get(url)

    assert {"browser", "signed_in_by"} & set(client.cookies) == set()


def test_cookie_of_a_strange_form_is_replaced(client):
    client.cookies["browser"] = "x" * 5000

    sign_in(client, ADA)

    assert len(client.cookies["browser"].value) == 43


def test_way_that_was_used_last_is_marked(client):
    sign_in(client, ADA)
    client.post("/accounts/logout/")

    page = client.get("/accounts/login/").content.decode()

    assert client.cookies["signed_in_by"].value == "code"
    assert page.count("Used last") == 1
    assert page.index("E-mail me a code") < page.index("Used last") < page.index("Use a passkey")


def test_browser_that_was_not_seen_for_long_is_forgotten(client):
    sign_in(client, ADA)
    forget_browsers()
    assert KnownBrowser.objects.count() == 1

    KnownBrowser.objects.update(last_seen_at="2020-01-01T00:00Z")
    forget_browsers()

    assert KnownBrowser.objects.count() == 0
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/150.0.0.0 Safari/537.36", "Chrome, Linux"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/150.0 Mobile Safari/537.36", "Chrome, Android"),
        ("curl/8.0", ""),
    ],
)
def test_browser_has_the_name_that_people_use(user_agent, name):
    assert describe(user_agent) == name
