"""The headers that every answer carries."""

import pytest
from django.core.management import call_command

from catalog.templatetags.covers import cover_url
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
