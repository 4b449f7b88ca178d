"""The headers that every answer carries."""

import pytest
from django.core.management import call_command
from django.http import HttpResponse
from django.utils.cache import patch_vary_headers

from catalog.templatetags.covers import cover_url
from project.headers import vary_on
from tests.factories import create_course

pytestmark = pytest.mark.django_db

ON_EVERY_PAGE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.mark.parametrize("url", ["/", "/cart/", "/accounts/login/", "/nowhere/", "/admin/login/"])
def test_page_carries_what_keeps_others_out(client, url):
    response = client.get(url)

    assert {name: response.headers[name] for name in ON_EVERY_PAGE} == ON_EVERY_PAGE
    assert "default-src 'none'" in response["Content-Security-Policy"]
    permissions = response["Permissions-Policy"].split(", ")
    assert "camera=()" in permissions
    assert "publickey-credentials-get=(self)" in permissions


def test_picture_may_be_shown_by_a_link_preview(client):
    response = client.get(cover_url(create_course()))

    assert "Cross-Origin-Resource-Policy" not in response.headers
    assert response["X-Content-Type-Options"] == "nosniff"


def test_django_knows_of_nothing_that_is_missing(settings):
    call_command("check", fail_level="WARNING")


@pytest.mark.parametrize("said", [None, "Cookie", "HX-Request, Accept-Language", "*"])
@pytest.mark.parametrize("names", [["Cookie"], ["Accept", "Cookie"]])
def test_answer_says_what_it_depends_on_as_django_says_it(said, names):
    ours, djangos = HttpResponse(), HttpResponse()
    for response in (ours, djangos):
        if said:
            response.headers["Vary"] = said

    vary_on(ours, names)
    patch_vary_headers(djangos, names)

    assert ours["Vary"] == djangos["Vary"]
