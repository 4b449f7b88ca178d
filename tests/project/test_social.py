"""Accounts elsewhere come from the environment alone."""

import pytest
from allauth.socialaccount.adapter import get_adapter
from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured

from project import social
from project.environment import Environment, SecretFiles

ALL = {
    "GOOGLE_CLIENT_ID": "google-id",
    "GOOGLE_CLIENT_SECRET": "google-secret",
    "GITHUB_CLIENT_ID": "github-id",
    "GITHUB_CLIENT_SECRET": "github-secret",
    "APPLE_CLIENT_ID": "com.example.shop",
    "APPLE_TEAM_ID": "TEAM",
    "APPLE_KEY_ID": "KEY",
    "APPLE_PRIVATE_KEY": "-----BEGIN PRIVATE KEY-----\\nabc\\n-----END PRIVATE KEY-----",
    "OIDC_SERVER_URL": "https://login.example.com/realms/staff/",
    "OIDC_NAME": "School",
    "OIDC_CLIENT_ID": "school-id",
    "OIDC_CLIENT_SECRET": "school-secret",
}


def environment(**variables):
    made = Environment()
    made.ENVIRON = SecretFiles(env=variables)
    return made


def app_of(providers, name):
    [app] = providers[name]["APPS"]
    return app


def test_nothing_is_configured_by_default():
    providers = social.read_providers(environment())

    assert providers == {}
    assert social.applications(providers) == []
    assert social.sign_in_hosts(providers, environment()) == []


def test_everything_that_is_named_is_configured_in_the_order_of_the_page():
    env = environment(**ALL, OIDC_MORE_HOSTS="https://adfs.example.com")

    providers = social.read_providers(env)

    assert list(providers) == ["google", "apple", "github", "openid_connect"]
    assert social.sign_in_hosts(providers, env) == [
        "https://accounts.google.com",
        "https://appleid.apple.com",
        "https://github.com",
        "https://login.example.com",
        "https://adfs.example.com",
    ]
    apple = app_of(providers, "apple")
    assert (apple["client_id"], apple["secret"], apple["key"]) == (
        "com.example.shop",
        "KEY",
        "TEAM",
    )
    assert apple["settings"]["certificate_key"].splitlines()[1] == "abc"
    school = app_of(providers, "openid_connect")
    assert school["settings"]["server_url"] == "https://login.example.com/realms/staff"


@pytest.mark.parametrize("name", sorted(ALL.keys() - {"OIDC_NAME"}))
def test_what_is_configured_by_half_is_refused(name):
    with pytest.raises(ImproperlyConfigured, match=name):
        social.read_providers(environment(**{k: v for k, v in ALL.items() if k != name}))


def test_only_those_that_prove_addresses_are_believed():
    providers = social.read_providers(environment(**ALL))
    believed = {
        name: app_of(providers, name)["settings"]["email_authentication"] for name in providers
    }
    assert believed == {"google": True, "apple": True, "github": True, "openid_connect": False}

    told = social.read_providers(environment(**ALL, OIDC_TRUST_EMAIL="1"))
    assert app_of(told, "openid_connect")["settings"]["email_authentication"] is True


@pytest.mark.django_db
def test_every_provider_has_a_button_and_uses_pkce(client, settings):
    settings.SOCIALACCOUNT_PROVIDERS = social.read_providers(environment(**ALL))

    page = client.get("/accounts/login/?next=/cart/").content.decode()
    request = client.get("/accounts/login/").wsgi_request
    providers = get_adapter().list_providers(request)

    names = ["Google", "Apple", "GitHub", "School"]
    assert [provider.name for provider in providers] == names
    for name in names:
        assert f"<span>Continue with {name}</span>" in page
    assert page.count("next=%2Fcart%2F") >= 4
    methods = [provider.get_pkce_params()["code_challenge_method"] for provider in providers]
    assert methods == ["S256"] * 4


@pytest.mark.django_db
def test_entrance_shows_no_account_elsewhere_that_is_not_configured(client):
    assert "Continue with" not in client.get("/accounts/login/").content.decode()


def test_admin_knows_neither_apps_nor_tokens():
    names = {model.__name__ for model in admin.site._registry}
    assert {"SocialApp", "SocialToken", "UserSession"} & names == set()
