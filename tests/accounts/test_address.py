"""Changing one's address: the new one is proven before the old one goes."""

import pytest
from allauth.account.models import EmailAddress

from tests.accounts.letters import newest_code, newest_letter
from tests.factories import create_learner

pytestmark = pytest.mark.django_db

EMAIL = "/accounts/email/"
CONFIRM = "/accounts/confirm-email/"


@pytest.fixture
def learner(client):
    learner = create_learner(email="old@example.com")
    EmailAddress.objects.create(user=learner, email=learner.email, verified=True, primary=True)
    client.force_login(learner)
    return learner


def test_address_changes_with_the_code(client, learner):
    response = client.post(EMAIL, {"email": "New@example.com", "action_add": ""}, follow=True)
    assert response.redirect_chain == [(CONFIRM, 302)]
    assert "Keep the old address" in response.content.decode()
    learner.refresh_from_db()
    assert learner.email == "old@example.com"

    response = client.post(CONFIRM, {"code": newest_code("new@example.com")}, follow=True)

    assert response.redirect_chain == [(EMAIL, 302)]
    assert "new@example.com is your address now." in response.content.decode()
    learner.refresh_from_db()
    assert learner.email == "new@example.com"
    addresses = EmailAddress.objects.values_list("email", "verified", "primary")
    assert list(addresses) == [("new@example.com", True, True)]


def test_old_address_is_told(client, learner):
    client.post(EMAIL, {"email": "new@example.com", "action_add": ""})
    client.post(CONFIRM, {"code": newest_code("new@example.com")})

    letter = newest_letter("old@example.com")
    assert letter.subject == "Your address at Lectern has changed"
    assert "as new@example.com, and no longer as old@example.com" in letter.text


def test_wrong_code_changes_nothing(client, learner):
    client.post(EMAIL, {"email": "new@example.com", "action_add": ""})

    client.post(CONFIRM, {"code": "WRNG-CODE"})

    learner.refresh_from_db()
    assert learner.email == "old@example.com"
    assert EmailAddress.objects.get().email == "old@example.com"


def test_address_of_somebody_else_is_refused_only_to_its_owner(client, learner):
    create_learner(email="taken@example.com")

    response = client.post(EMAIL, {"email": "taken@example.com", "action_add": ""}, follow=True)
    assert response.redirect_chain == [(CONFIRM, 302)]

    response = client.post(CONFIRM, {"code": newest_code("taken@example.com")})

    assert "That address belongs to another account." in response.content.decode()
    learner.refresh_from_db()
    assert learner.email == "old@example.com"
