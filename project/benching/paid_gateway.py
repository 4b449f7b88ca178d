"""A gateway that answers at once, without a network: every session is paid.

The demanded ratio sets the gateway's call aside, and so this stands for the whole of the call: what
Stripe's library spends on it is left out as well. Its answer is read like any other.
"""

import json
from typing import Any

import stripe

from project.benching.sessions import paid_session


class PaidGateway(stripe.StripeClient):
    """A client of Stripe's library that answers out of the session's own name."""

    def __init__(self) -> None:
        super().__init__("sk_test_bench")

    def raw_request(self, method_: str, url_: str, **params: Any) -> stripe.StripeResponse:
        """Say that the session is paid."""
        session = paid_session(url_.rsplit("/", 1)[-1])
        return stripe.StripeResponse(json.dumps(session), 200, {})
