"""The account pages obey the site's policy: nothing inline, and the shop around them."""

import re

import pytest

from tests.accounts.ways import app_code, sign_in
from tests.factories import add_app, create_learner

pytestmark = pytest.mark.django_db

INLINE = re.compile(
    r"\sstyle=|\son[a-z]+=|<style|<script(?![^>]*(\ssrc=|application/json))|javascript:"
)


def assert_in_the_shop(response, heading):
    page = response.content.decode()
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", page) == [heading]
    assert page.count('<main id="stage"') == 1
    assert 'class="masthead"' in page
    assert INLINE.findall(page) == []


@pytest.mark.parametrize(
    ("url", "heading"),
    [
        ("/accounts/login/", "Sign in"),
        ("/accounts/login/password/", "Sign in with a password"),
        ("/accounts/signup/passkey/", "Start with a passkey"),
        ("/accounts/password/reset/", "A new password"),
        ("/accounts/inactive/", "This account is closed"),
        ("/accounts/3rdparty/login/cancelled/", "You came back"),
        ("/accounts/3rdparty/login/error/", "That did not work"),
    ],
)
def test_entrance_page_is_in_the_shop(client, url, heading):
    assert_in_the_shop(client.get(url), heading)


@pytest.mark.parametrize(
    ("url", "data"),
    [
        ("/accounts/login/", {"login": "ada@example.com"}),
        ("/accounts/signup/passkey/", {"email": "ada@example.com"}),
        ("/accounts/password/reset/", {"email": "ada@example.com"}),
    ],
)
def test_code_page_is_in_the_shop(client, url, data):
    assert_in_the_shop(client.post(url, data, follow=True), "Check your mail")


def test_second_step_is_in_the_shop(client):
    add_app(create_learner(email="ada@example.com"))

    assert_in_the_shop(client.get(sign_in(client, "ada@example.com")), "The second step")


@pytest.mark.parametrize(
    ("url", "heading"),
    [
        ("/accounts/", "Account"),
        ("/accounts/email/", "E-mail addresses"),
        ("/accounts/password/set/", "Set a password"),
        ("/accounts/2fa/webauthn/add/", "Add a passkey"),
        ("/accounts/2fa/totp/activate/", "Add an authenticator app"),
        ("/accounts/3rdparty/", "Connected accounts"),
        ("/accounts/sessions/", "Where you are signed in"),
        ("/accounts/logout/", "Sign out"),
    ],
)
def test_managing_page_is_in_the_shop(client, url, heading):
    sign_in(client, "ada@example.com")

    assert_in_the_shop(client.get(url), heading)


def test_pages_of_a_protected_account_are_in_the_shop(client):
    sign_in(client, "ada@example.com")
    form = client.get("/accounts/2fa/totp/activate/").context["form"]
    response = client.post(
        "/accounts/2fa/totp/activate/", {"code": app_code(form.secret)}, follow=True
    )

    assert_in_the_shop(response, "Recovery codes")
    assert_in_the_shop(client.get("/accounts/"), "Account")
    assert_in_the_shop(client.get("/accounts/2fa/totp/deactivate/"), "Remove the authenticator app")
    assert_in_the_shop(client.get("/accounts/2fa/recovery-codes/generate/"), "New recovery codes")


def test_reauthentication_pages_are_in_the_shop(client):
    learner = create_learner(password="a password")
    client.force_login(learner)

    assert_in_the_shop(client.get("/accounts/reauthenticate/"), "Is it you?")
    assert_in_the_shop(client.get("/accounts/reauthenticate/code/"), "Is it you?")


def test_page_for_a_new_addresss_code_is_in_the_shop(client):
    sign_in(client, "ada@example.com")

    response = client.post(
        "/accounts/email/", {"email": "new@example.com", "action_add": ""}, follow=True
    )

    assert_in_the_shop(response, "Check your mail")
