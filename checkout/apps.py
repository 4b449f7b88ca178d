"""How money becomes enrollment."""

from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    """How money becomes enrollment."""

    name = "checkout"
