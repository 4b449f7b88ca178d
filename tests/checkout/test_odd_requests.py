"""Requests that no page of ours makes: a readable refusal, and never an error."""

import pytest
from django.test import Client

from checkout.models import CartItem
from tests.checkout.conftest import HTMX

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "reference", ["%00", "a%00b", "%ED%A0%80", "x" * 5000, "²", "%F0%9F%92%A9"]
)
def test_canceled_takes_any_garbage(shopper, reference):
    page = shopper.client.get(f"/cart/?canceled={reference}")

    assert page.status_code == 200
    assert "You came back without paying" not in page.content.decode()


@pytest.mark.parametrize(
    "origin",
    [
        "http://[::1",
        "http://eviltestserver",
        "http://testserver.evil.example",
        "http://testserver@evil.example",
        "http://evil.example/testserver",
        "http://testserver:81",
        "testserver",
        "",
    ],
)
def test_origin_that_only_resembles_ours_is_refused(course, origin):
    response = Client().post("/cart/items/", {"course": course.slug}, headers={"Origin": origin})

    assert response.status_code == 403
    assert not CartItem.objects.exists()


@pytest.mark.parametrize("page", ["http://[::1", "http://[", "\\\\", "http://testserver:port/"])
def test_garbled_address_of_htmx_does_not_keep_one_from_signing_in(page):
    headers = HTMX | {"HX-Current-URL": page}

    orders = Client().get("/orders/", headers=headers)
    claim = Client().post("/orders/abc/claim/", headers=headers)

    assert orders["HX-Redirect"] == "/accounts/login/?next=%2Forders%2F"
    assert claim["HX-Redirect"] == "/accounts/login/?next=%2Forders%2Fabc%2F"
