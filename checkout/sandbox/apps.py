"""A stand-in for Stripe, in the demo and in tests."""

from django.apps import AppConfig


class SandboxConfig(AppConfig):
    """A stand-in for Stripe, in the demo and in tests."""

    name = "checkout.sandbox"
    label = "sandbox"
