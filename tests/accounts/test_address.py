"""Several addresses: each is proven before it counts, and one of them gets the receipts."""

import pytest
from allauth.account.models import EmailAddress

from tests.accounts.letters import newest_code, newest_letter
from tests.accounts.ways import sign_in
from tests.factories import create_learner

pytestmark = pytest.mark.django_db

EMAIL = "/accounts/email/"
CONFIRM = "/accounts/confirm-email/"


@pytest.fixture
def learner(client):
    learner = create_learner(email="old@example.com")
    sign_in(client, "old@example.com")
    return learner


def add(client, email="new@example.com"):
    client.post(EMAIL, {"email": email, "action_add": ""})
    return client.post(CONFIRM, {"code": newest_code(email)}, follow=True)


def addresses():
    return list(EmailAddress.objects.order_by("email").values_list("email", "verified", "primary"))


def test_address_is_added_with_its_code(client, learner):
    response = client.post(EMAIL, {"email": "New@example.com", "action_add": ""}, follow=True)
    assert response.redirect_chain == [(CONFIRM, 302)]
    assert addresses() == [("old@example.com", True, True)]

    response = client.post(CONFIRM, {"code": newest_code("new@example.com")}, follow=True)

    assert response.redirect_chain == [(EMAIL, 302)]
    assert "new@example.com is your address now." in response.content.decode()
    assert addresses() == [("new@example.com", True, False), ("old@example.com", True, True)]


def test_each_address_signs_in_to_the_same_account(client, learner):
    add(client)
    client.post("/accounts/logout/")

    sign_in(client, "new@example.com")

    assert client.session["_auth_user_id"] == str(learner.pk)


def test_receipts_go_to_the_address_that_is_chosen_and_the_other_is_told(client, learner):
    add(client)

    client.post(EMAIL, {"email": "new@example.com", "action_primary": ""})

    learner.refresh_from_db()
    assert learner.email == "new@example.com"
    letter = newest_letter("old@example.com")
    assert letter.subject == "Your address at Lectern has changed"
    assert "as new@example.com, and no longer as old@example.com" in letter.text


def test_address_is_removed_and_its_owner_told(client, learner):
    add(client)

    client.post(EMAIL, {"email": "new@example.com", "action_remove": ""})

    assert addresses() == [("old@example.com", True, True)]
    assert "new@example.com was removed" in newest_letter("old@example.com").text


def test_address_of_the_receipts_stays(client, learner):
    add(client)

    response = client.post(EMAIL, {"email": "old@example.com", "action_remove": ""}, follow=True)

    assert "Receipts go there." in response.content.decode()
    assert len(addresses()) == 2


def test_wrong_code_changes_nothing(client, learner):
    client.post(EMAIL, {"email": "new@example.com", "action_add": ""})

    client.post(CONFIRM, {"code": "WRNG-CODE"})

    assert addresses() == [("old@example.com", True, True)]


def test_address_of_somebody_else_is_refused_only_to_its_owner(client, learner):
    create_learner(email="taken@example.com")

    response = client.post(EMAIL, {"email": "taken@example.com", "action_add": ""}, follow=True)
    assert response.redirect_chain == [(CONFIRM, 302)]

    response = client.post(CONFIRM, {"code": newest_code("taken@example.com")})

    assert "That address belongs to another account." in response.content.decode()
    assert addresses() == [("old@example.com", True, True)]


def test_there_are_at_most_five(client, learner):
    for number in range(4):
        EmailAddress.objects.create(user=learner, email=f"{number}@example.com", verified=True)

    response = client.post(EMAIL, {"email": "sixth@example.com", "action_add": ""})

    assert response.status_code == 422
    assert len(addresses()) == 5
