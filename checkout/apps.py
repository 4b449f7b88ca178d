"""How money becomes enrollment."""

from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    """How money becomes enrollment."""

    name = "checkout"

    def ready(self) -> None:
        """Have carts and purchases follow people who sign in, and orders be a part of their data.

        Refuse a currency that cannot be sold in.
        """
        from allauth.account.signals import email_confirmed
        from django.conf import settings
        from django.contrib.auth.signals import user_logged_in

        from catalog.money import check_currency
        from checkout.arriving import claim_at_login, claim_at_proof
        from checkout.carts import bring_cart_along
        from checkout.claims import claim_waiting
        from checkout.my_data import ORDERS
        from library.arrivals import on_arrival
        from project.accounts.my_data.parts import register

        check_currency(settings.SHOP_CURRENCY)
        # Before the cart comes along: what is theirs already is left out of it.
        user_logged_in.connect(claim_at_login, dispatch_uid="checkout.claim_at_login")
        email_confirmed.connect(claim_at_proof, dispatch_uid="checkout.claim_at_proof")
        user_logged_in.connect(bring_cart_along, dispatch_uid="checkout.bring_cart_along")
        on_arrival(claim_waiting)
        register(ORDERS)
