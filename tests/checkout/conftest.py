from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from checkout.forgeries import forget_forgeries
from checkout.gateways import stripe as stripe_gateway
from checkout.models import Cart
from tests.checkout.memory_gateway import MemoryGateway
from tests.factories import create_course, create_learner

HTMX = {"HX-Request": "true"}


@dataclass
class Shopper:
    """A person with a browser that is signed in."""

    user: Any
    client: Client

    @property
    def cart(self) -> Cart:
        return Cart.objects.of_owner(self.user)

    def wants(self, *courses: Any, seats: int = 1) -> None:
        for course in courses:
            self.cart.put(course, seats=seats)


@pytest.fixture(autouse=True)
def no_forgeries_before():
    """Bad signatures are counted by the process, which is one for all tests."""
    forget_forgeries()


@pytest.fixture
def gateway(live_server, settings):
    """The sandbox, spoken to over HTTP by the SDK. Its webhooks come to the live server."""
    settings.SITE_URL = live_server.url
    settings.STRIPE_API_BASE = f"{live_server.url}/sandbox"
    yield live_server
    stripe_gateway.close_clients()


@pytest.fixture
def memory_gateway(monkeypatch):
    """A gateway without HTTP, in Stripe's place: for what does not depend on how Stripe speaks."""
    gateway = MemoryGateway()
    monkeypatch.setattr(stripe_gateway, "StripeGateway", lambda: gateway)
    return gateway


def create_shopper():
    """Return somebody who is signed in."""
    client = Client()
    user = create_learner()
    client.force_login(user)
    return Shopper(user, client)


@pytest.fixture
def shopper(db):
    return create_shopper()


@pytest.fixture
def course(db):
    return create_course(title="Bread from Scratch", lessons=2)
