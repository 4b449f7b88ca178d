"""How money becomes enrollment."""

from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    """How money becomes enrollment."""

    name = "checkout"

    def ready(self) -> None:
        """Have carts follow people who sign in, and orders be a part of their data.

        Refuse a currency that cannot be sold in.
        """
        from django.conf import settings
        from django.contrib.auth.signals import user_logged_in

        from catalog.money import check_currency
        from checkout.carts import bring_cart_along
        from checkout.my_data import ORDERS
        from project.accounts.my_data.parts import register

        check_currency(settings.SHOP_CURRENCY)
        user_logged_in.connect(bring_cart_along, dispatch_uid="checkout.bring_cart_along")
        register(ORDERS)
