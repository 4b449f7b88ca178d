"""The shell around every page: what htmx, the policy and screen readers rely on."""

import json
import re
from html.parser import HTMLParser

import pytest

from project.accounts.models import User
from tests.factories import create_course, create_learner, create_lesson, create_section, enroll

pytestmark = pytest.mark.django_db

HTMX_CONFIG = {
    "includeIndicatorStyles": False,
    "allowEval": False,
    "allowScriptTags": False,
    "historyCacheSize": 0,
    "refreshOnHistoryMiss": True,
    "historyRestoreAsHxRequest": False,
    "timeout": 20000,
    "responseHandling": [
        {"code": "204", "swap": False},
        {"code": "[23]..", "swap": True},
        {"code": "422", "swap": True},
        {"code": "[45]..", "swap": False, "error": True},
    ],
    "includeIndicatorCSS": False,
    "history": "reload",
    "defaultTimeout": 20000,
    "noSwap": [204, 304, 400, 401, 403, 404, 405, 409, 429, "5xx"],
}

# What works in one version of htmx only, or needs eval, which the page's policy forbids.
FORBIDDEN = re.compile(r"^(data-)?hx-(on|boost|disable|disabled-elt|ext|headers|vars)(:|$)")


class Elements(HTMLParser):
    """All start tags of a document."""

    def __init__(self, html):
        super().__init__()
        self.all = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.all.append((tag, dict(attrs)))

    def with_id(self, name):
        return [tag for tag, attributes in self.all if attributes.get("id") == name]


def elements(response):
    assert response.status_code == 200
    return Elements(response.content.decode())


@pytest.fixture
def course():
    section = create_section(course=create_course(slug="bread"))
    create_lesson(section=section, slug="flour", is_preview=True)
    return section.course


@pytest.fixture
def learner(client, course):
    learner = create_learner()
    enroll(learner, course=course)
    client.post("/cart/items/", {"course": create_course(slug="stars").slug})
    client.force_login(learner)
    return learner


PAGES = ["/", "/courses/bread/", "/courses/bread/?preview=flour", "/cart/", "/courses/stars/"]


@pytest.mark.parametrize("url", PAGES)
def test_shell_has_each_landmark_once(client, learner, url):
    page = elements(client.get(url))

    assert page.with_id("stage") == ["main"]
    assert page.with_id("cart") == ["aside"]
    assert page.with_id("toasts") == ["div"]
    assert page.with_id("cart-badge") == ["span"]
    assert [tag for tag, _ in page.all].count("h1") == 1
    ids = [attributes["id"] for _, attributes in page.all if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("url", PAGES)
def test_shell_needs_nothing_that_its_policy_forbids(client, learner, url):
    for tag, attributes in elements(client.get(url)).all:
        assert tag != "style"
        is_data = attributes.get("type") == "application/ld+json"
        assert tag != "script" or is_data or attributes.get("src")
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]


@pytest.mark.parametrize("url", PAGES)
def test_shell_uses_only_what_both_versions_of_htmx_know(client, learner, url):
    for _, attributes in elements(client.get(url)).all:
        assert not [name for name in attributes if FORBIDDEN.match(name)]
        assert "[" not in attributes.get("hx-trigger", "")
        if {"hx-get", "hx-post"} & set(attributes):
            assert "hx-swap" in attributes
            assert "hx-target" in attributes or attributes["hx-swap"] == "none"


@pytest.mark.parametrize("url", PAGES)
def test_shell_leads_everywhere_without_javascript(client, learner, url):
    for tag, attributes in elements(client.get(url)).all:
        if "#shelf-words" in attributes.get("hx-include", ""):
            assert tag in {"input", "button"}  # the form around it asks for the same by itself
        elif "hx-get" in attributes and "data-poll" not in attributes:
            assert (tag, attributes["hx-get"]) == ("a", attributes["href"])
        if "hx-post" in attributes:
            assert (tag, attributes["hx-post"]) == ("form", attributes["action"])


def test_shell_configures_htmx_for_both_versions(client):
    tags = elements(client.get("/")).all
    [config] = [a["content"] for _, a in tags if a.get("name") == "htmx-config"]

    assert json.loads(config) == HTMX_CONFIG


def test_shell_offers_strangers_to_sign_in_and_people_their_account(client, learner):
    page = client.get("/").content.decode()
    assert learner.email in page
    assert 'action="/accounts/logout/"' in page
    assert "Shop office" not in page

    User.objects.filter(pk=learner.pk).update(is_staff=True)
    assert "Shop office" in client.get("/").content.decode()

    client.logout()
    page = client.get("/").content.decode()
    assert learner.email not in page
    assert "Sign in" in page


def test_shell_shows_messages_once(client, course):
    client.post("/cart/items/", {"course": "bread"})

    assert "is in your cart." in client.get("/").content.decode()
    assert "is in your cart." not in client.get("/").content.decode()
