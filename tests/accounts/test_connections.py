"""An account elsewhere is connected by its owner, who is told, and disconnected again."""

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from tests.accounts.elsewhere import authorize, running, sign_in_elsewhere
from tests.accounts.letters import newest_code, newest_letter
from tests.accounts.ways import forget_the_proof, is_signed_in, sign_in

pytestmark = pytest.mark.django_db

ADA = "ada@example.com"
PAGE = "/accounts/3rdparty/"


@pytest.fixture(scope="module")
def server():
    with running({"sub": "ada", "email": "ada@school.example", "email_verified": True}) as server:
        yield server


@pytest.fixture(autouse=True)
def school(settings, server):
    settings.SOCIALACCOUNT_PROVIDERS = server.providers(is_trusted=False)


def connect(client):
    leaving = client.post("/accounts/oidc/sso/login/?process=connect")
    return client.get(authorize(leaving.headers["Location"], "ada"), follow=True)


def test_account_elsewhere_is_connected_and_signs_in(client):
    sign_in(client, ADA)

    response = connect(client)

    assert response.redirect_chain[-1][0] == "/accounts/"
    assert "School" in response.content.decode()
    assert newest_letter(ADA).subject == "An account was connected at Lectern"
    elsewhere = Client()
    sign_in_elsewhere(elsewhere, "ada")
    assert elsewhere.session["_auth_user_id"] == client.session["_auth_user_id"]


def test_stolen_session_connects_nothing_without_a_mailed_proof(client):
    sign_in(client, ADA)
    forget_the_proof(client)

    response = connect(client)
    proof = response.redirect_chain[-1][0]
    assert proof.startswith("/accounts/reauthenticate/code/")
    assert not SocialAccount.objects.exists()

    client.post(proof, {"send": ""})
    client.post(proof, {"code": newest_code(ADA)})
    assert SocialAccount.objects.get().user.email == ADA


def test_account_elsewhere_is_disconnected_and_no_longer_signs_in(client):
    sign_in(client, ADA)
    connect(client)

    client.post(PAGE, {"account": SocialAccount.objects.get().pk})

    assert not SocialAccount.objects.exists()
    assert newest_letter(ADA).subject == "An account was disconnected at Lectern"
    elsewhere = Client()
    sign_in_elsewhere(elsewhere, "ada")
    assert not is_signed_in(elsewhere)
