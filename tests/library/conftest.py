import pytest
from django.test import Client

from tests.factories import create_learner

HTMX = {"HX-Request": "true"}


class Visitor:
    """Somebody at a browser, with or without htmx; learns of the page they are sent to."""

    def __init__(self, *, uses_htmx):
        self.uses_htmx = uses_htmx
        self.client = Client()
        self.learner = None

    def sign_in(self, learner=None):
        self.learner = learner or create_learner()
        self.client.force_login(self.learner)
        return self.learner

    def get(self, url):
        return self.client.get(url, headers=HTMX if self.uses_htmx else {})

    def post(self, url, data=None):
        return self.client.post(url, data or {}, headers=HTMX if self.uses_htmx else {})

    def is_sent_to(self, response):
        """Return the address to which the response sends them, or ``None``."""
        if self.uses_htmx:
            return response.headers.get("HX-Redirect") if response.status_code == 200 else None
        return response.headers.get("Location") if response.status_code == 303 else None

    def messages(self):
        """Return what the next page tells them."""
        return [str(message) for message in self.client.get("/cart/").context["messages"]]


@pytest.fixture(params=["browser", "htmx"])
def visitor(request, db):
    """Return somebody who visits once as a browser and once as htmx."""
    return Visitor(uses_htmx=request.param == "htmx")


@pytest.fixture
def browser(db):
    return Visitor(uses_htmx=False)


@pytest.fixture
def htmx(db):
    return Visitor(uses_htmx=True)
