"""What is asked for by fixed names: robots.txt, the manifest and the icon."""

import json
from urllib.robotparser import RobotFileParser

import pytest
from django.contrib.staticfiles import finders

pytestmark = pytest.mark.django_db


def test_robots_txt_opens_the_shop_and_closes_what_is_personal(client, settings):
    settings.SITE_URL = "https://shop.example"

    response = client.get("/robots.txt")

    assert response["Content-Type"] == "text/plain; charset=utf-8"
    robots = RobotFileParser()
    robots.parse(response.content.decode().splitlines())
    assert robots.site_maps() == ["https://shop.example/sitemap.xml"]
    for path in ("/", "/?q=bread", "/courses/bread/", "/orders/secret/"):
        assert robots.can_fetch("Googlebot", path), path
    for path in ("/accounts/login/", "/admin/", "/library/bread/", "/claim/token/"):
        assert not robots.can_fetch("Googlebot", path), path


def test_manifest_describes_the_shop(client, settings):
    settings.SHOP_NAME = "Bread & Co"

    response = client.get("/manifest.webmanifest")

    assert response["Content-Type"] == "application/manifest+json"
    manifest = json.loads(response.content)
    assert manifest["name"] == "Bread & Co"
    assert manifest["start_url"] == "/"
    sizes = {icon["sizes"] for icon in manifest["icons"]}
    assert {"192x192", "512x512"} <= sizes
    for icon in manifest["icons"]:
        assert finders.find(icon["src"].removeprefix("/static/")), icon


def test_favicon_leads_those_who_know_only_its_old_name(client):
    response = client.get("/favicon.ico")

    assert (response.status_code, response["Location"]) == (302, "/static/img/icon-192.png")


@pytest.mark.parametrize("url", ["/robots.txt", "/manifest.webmanifest", "/favicon.ico"])
def test_fixed_names_need_no_query_and_set_no_cookie(client, url, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get(url)

    assert not response.cookies
    assert response["Cache-Control"] == "public, max-age=86400"
