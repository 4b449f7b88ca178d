"""The account pages obey the site's policy: nothing inline, and the shop around them."""

import re

import pytest
from allauth.account.models import EmailAddress

from tests.factories import create_learner

pytestmark = pytest.mark.django_db

INLINE = re.compile(r"\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\ssrc=)|javascript:")


def assert_in_the_shop(response, heading):
    page = response.content.decode()
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", page) == [heading]
    assert page.count('<main id="stage"') == 1
    assert 'class="masthead"' in page
    assert INLINE.findall(page) == []


@pytest.mark.parametrize(
    ("url", "heading"),
    [("/accounts/login/", "Sign in"), ("/accounts/inactive/", "This account is closed")],
)
def test_entrance_page_is_in_the_shop(client, url, heading):
    assert_in_the_shop(client.get(url), heading)


def test_code_page_is_in_the_shop(client):
    response = client.post("/accounts/login/", {"login": "ada@example.com"}, follow=True)

    assert_in_the_shop(response, "Check your mail")


@pytest.mark.parametrize(
    ("url", "heading"), [("/accounts/email/", "E-mail address"), ("/accounts/logout/", "Sign out")]
)
def test_managing_page_is_in_the_shop(client, url, heading):
    client.force_login(create_learner())

    assert_in_the_shop(client.get(url), heading)


def test_reauthentication_page_is_in_the_shop(client):
    learner = create_learner(password="a password")
    client.force_login(learner)

    assert_in_the_shop(client.get("/accounts/reauthenticate/"), "Is it you?")


def test_page_for_a_new_addresss_code_is_in_the_shop(client):
    learner = create_learner()
    EmailAddress.objects.create(user=learner, email=learner.email, verified=True, primary=True)
    client.force_login(learner)

    response = client.post(
        "/accounts/email/", {"email": "new@example.com", "action_add": ""}, follow=True
    )

    assert_in_the_shop(response, "Check your mail")
