"""What people see when something is refused, missing or broken."""

import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from project import errors
from tests.factories import create_learner

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def request_of_nobody(rf):
    request = rf.get("/")
    request.user, request.session = AnonymousUser(), {}
    return request


def heading_of(response):
    return re.findall(r"<h1[^>]*>(.*?)</h1>", response.content.decode())


@pytest.mark.parametrize(
    ("status", "view"),
    [
        (400, errors.bad_request),
        (403, errors.permission_denied),
        (404, errors.page_not_found),
        (500, errors.server_error),
    ],
)
def test_site_uses_these_pages(status, view):
    assert get_resolver().resolve_error_handler(status) is view


def test_missing_page_is_in_the_shop_and_offers_to_sign_in(client):
    response = client.get("/nowhere/?a=1")

    assert response.status_code == 404
    assert heading_of(response) == ["There is nothing here"]
    assert 'class="masthead"' in response.content.decode()
    assert "/accounts/login/?next=/nowhere/%3Fa%3D1" in response.content.decode()


def test_missing_page_tells_htmx_in_a_few_words(client):
    response = client.get("/nowhere/", headers=HTMX)

    assert response.status_code == 404
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.content.decode() == "There is nothing here."
    assert "HX-Request" in response.headers["Vary"]


def test_forbidden_page_says_who_one_is(client):
    client.force_login(create_learner(email="ada@example.com"))

    response = client.get("/admin/", follow=True)

    assert response.status_code == 403
    assert heading_of(response) == ["Not for this account"]
    assert "ada@example.com" in response.content.decode()


def test_forbidden_page_tells_htmx_in_a_few_words(rf):
    response = errors.permission_denied(rf.get("/", headers=HTMX), PermissionDenied())

    assert (response.status_code, response.content) == (403, b"This is not for your account.")


def test_host_that_is_not_ours_is_refused_without_the_shop(client):
    response = client.get("/", headers={"host": "evil.example"})

    assert response.status_code == 400
    assert heading_of(response) == ["That did not work"]
    assert "masthead" not in response.content.decode()
    assert "evil.example" not in response.content.decode()


def test_broken_page_needs_no_database_and_no_session(rf):
    """The request has neither: the page may be about their absence."""
    with CaptureQueriesContext(connection) as queries:
        response = errors.server_error(rf.get("/"))

    assert response.status_code == 500
    assert heading_of(response) == ["Something went wrong"]
    assert len(queries) == 0


def test_broken_page_stands_without_collected_files(rf, settings):
    """It must not break as well where `collectstatic` was forgotten."""
    storage = "whitenoise.storage.CompressedManifestStaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": storage}}

    response = errors.server_error(rf.get("/"))

    assert "/static/css/base.css" in response.content.decode()


def test_broken_page_tells_htmx_in_a_few_words(rf):
    response = errors.server_error(rf.get("/", headers=HTMX))

    assert response.status_code == 500
    assert response.content == b"Something went wrong on our side. Please try again."


def test_too_many_tries_are_refused_with_a_page(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
    client.post("/accounts/login/", {"login": "not an address"})

    response = client.post("/accounts/login/", {"login": "not an address"})

    assert response.status_code == 429
    assert response.headers["Retry-After"] == "60"
    assert heading_of(response) == ["One moment, please"]


def test_old_form_is_answered_with_a_way_back():
    client = Client(enforce_csrf_checks=True)

    response = client.post(
        "/accounts/login/",
        {"login": "ada@example.com"},
        headers={"referer": "http://testserver/accounts/login/?next=/cart/"},
    )

    assert response.status_code == 403
    assert heading_of(response) == ["Please try that again"]
    assert 'href="/accounts/login/?next=/cart/"' in response.content.decode()


def test_old_form_leads_nowhere_else():
    client = Client(enforce_csrf_checks=True)

    response = client.post("/accounts/login/", headers={"referer": "http://evil.example/trap"})

    assert "evil.example" not in response.content.decode()
    assert 'class="button button-primary" href="/"' in response.content.decode()


def test_old_form_makes_htmx_load_the_page_anew():
    client = Client(enforce_csrf_checks=True)

    response = client.post("/accounts/login/", {"login": "ada@example.com"}, headers=HTMX)

    assert response.status_code == 403
    assert response.headers["HX-Refresh"] == "true"
    assert response.content == b""


@pytest.mark.parametrize("page", ["400", "403", "403_csrf", "404", "429", "500"])
def test_error_page_has_nothing_inline(rf, page):
    text = render_to_string(f"{page}.html", {"back": "/"}, request_of_nobody(rf))

    assert re.findall(r"\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+=", text) == []


def test_missing_page_works_as_a_handler(rf):
    response = errors.page_not_found(rf.get("/", headers=HTMX), Http404())

    assert response.status_code == 404
