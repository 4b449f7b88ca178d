"""What ``check --deploy`` says about a shop that is not ready."""

import pytest
from django.core import checks


@pytest.fixture
def shop(settings, monkeypatch):
    """A shop that is ready for customers."""
    settings.IS_LOCAL = False
    settings.STRIPE_SECRET_KEY = "sk_live_0"
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_0"]
    monkeypatch.setenv("EMAIL_URL", "smtp://mail.example.com")
    return settings


def said():
    found = checks.run_checks(tags=["shop"], include_deployment_checks=True)
    return [message.id for message in found]


def test_shop_that_is_ready_has_nothing_wrong(shop):
    assert said() == []


def test_checks_are_only_for_production(shop):
    shop.IS_LOCAL = True
    assert checks.run_checks(tags=["shop"]) == []


def test_embedded_database_is_refused(shop):
    shop.IS_LOCAL = True
    assert said() == ["shop.E001"]


@pytest.mark.parametrize(
    ("name", "empty"), [("STRIPE_SECRET_KEY", ""), ("STRIPE_WEBHOOK_SECRETS", [])]
)
def test_half_a_connection_to_stripe_is_warned_of(shop, name, empty):
    setattr(shop, name, empty)
    assert said() == ["shop.W002"]


def test_mail_server_that_nobody_named_is_warned_of(shop, monkeypatch):
    monkeypatch.setenv("EMAIL_URL", "")
    assert said() == ["shop.W003"]
