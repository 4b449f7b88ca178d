"""Pays on the sandbox's page as a browser without scripts does."""

import requests

CARD, DECLINED, NO_FUNDS = "4242424242424242", "4000000000000002", "4000000000009995"


def pay_at(url, *, card=CARD, tells_the_shop=True):
    """Fill in the pay page at ``url`` and send it; return the answer, redirects not followed.

    Without ``tells_the_shop`` the webhooks are lost.
    """
    if not tells_the_shop:
        lose_webhooks()
    form = {
        "email": "ada@example.com",
        "number": card,
        "expiry": "12 / 34",
        "cvc": "123",
        "name": "Ada Lovelace",
    }
    with requests.Session() as http:
        return http.post(url, data=form, allow_redirects=False, timeout=30)


def lose_webhooks():
    """Have no secret to sign with, as when the endpoint was never registered: all are refused."""
    from django.conf import settings

    settings.STRIPE_WEBHOOK_SECRETS = []
