"""Light or dark: the switch in the footer, which needs neither a script nor a session."""

import re

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

HERE = "http://testserver/courses/?q=bread"


def choose(client, theme, **headers):
    return client.post("/theme/", {"theme": theme}, headers={"Referer": HERE, **headers})


def page_of(client, path="/"):
    return client.get(path).content.decode()


def theme_colors(page):
    return re.findall(r'<meta name="theme-color"([^>]*)>', page)


@pytest.mark.parametrize(("theme", "color"), [("light", "#f6f1e6"), ("dark", "#171410")])
def test_theme_that_was_chosen_is_in_the_page_from_its_first_byte(client, theme, color):
    answer = choose(client, theme)
    page = page_of(client)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/courses/?q=bread")
    assert f'<html lang="en" dir="ltr" data-theme="{theme}">' in page
    assert f'<meta name="color-scheme" content="{theme}">' in page
    assert theme_colors(page) == [f' content="{color}"']
    assert page.count('aria-pressed="true"') == 1
    assert f'value="{theme}" aria-pressed="true"' in page


def test_theme_is_the_systems_until_somebody_chooses_and_again_afterwards(client):
    fresh = page_of(client)
    choose(client, "dark")
    choose(client, "")

    assert page_of(client) == fresh
    assert "data-theme" not in fresh
    assert 'value="" aria-pressed="true"' in fresh
    assert [attributes.split('"')[1] for attributes in theme_colors(fresh)] == [
        "(prefers-color-scheme: light)",
        "(prefers-color-scheme: dark)",
    ]


def test_theme_needs_no_session_and_no_csrf_cookie():
    client = Client(enforce_csrf_checks=True)

    answer = choose(client, "dark")
    client.get("/")

    assert answer.status_code == 303
    assert list(client.cookies) == ["theme"]
    assert client.cookies["theme"]["httponly"]
    assert client.cookies["theme"]["samesite"] == "Lax"


@pytest.mark.parametrize("path", ["/", "/nowhere/", "/accounts/login/"])
def test_pages_are_kept_apart_by_theme(client, path):
    assert "Cookie" in client.get(path).headers["Vary"]


def test_theme_tells_htmx_to_load_the_page_anew(client):
    answer = choose(client, "dark", **{"HX-Request": "true"})

    assert (answer.status_code, answer.headers["HX-Refresh"]) == (200, "true")
    assert client.cookies["theme"].value == "dark"


def test_theme_sends_nobody_to_another_host(client):
    answer = choose(client, "dark", Referer="https://evil.example/courses/")

    assert answer.headers["Location"] == "/"


def test_theme_is_not_for_other_sites_to_choose(client):
    answer = choose(client, "dark", **{"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert "theme" not in client.cookies


def test_theme_that_does_not_exist_is_the_systems(client):
    client.cookies["theme"] = '"><script>'

    assert "data-theme" not in page_of(client)
    assert choose(client, "sepia").cookies["theme"]["max-age"] == 0
