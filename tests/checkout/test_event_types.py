"""What the endpoint subscribes to, what the SDK knows, and what the documents tell: one list."""

import re
from typing import get_args

import pytest
import stripe
from django.conf import settings

from checkout.gateways.stripe_objects import EVENT_TYPES
from checkout.models import DisputeStatus, RefundStatus


@pytest.mark.parametrize("document", ["README.md", "compose.yaml"])
def test_documents_name_the_events_that_are_acted_on(document):
    text = (settings.BASE_DIR / document).read_text()

    named = re.search(r"--events[ =](\S+)", text)[1].split(",")

    assert named == list(EVENT_TYPES)


def test_events_are_known_to_the_sdk():
    known = stripe.params.EventListParams.__annotations__
    assert "types" in known
    types = get_args(stripe.params.WebhookEndpointCreateParams.__annotations__["enabled_events"])
    assert EVENT_TYPES.keys() <= _words(types)


def test_statuses_of_refunds_and_disputes_are_the_sdks():
    theirs = _words(stripe.Dispute.__annotations__["status"])
    assert set(DisputeStatus.values) == theirs
    # The SDK gives a refund's status as a plain text; these are its documented ones.
    assert set(RefundStatus.values) - {"requested"} == {
        "pending", "requires_action", "succeeded", "failed", "canceled",
    }  # fmt: skip


def _words(hint):
    """Return the words that an annotation allows, however deep they are."""
    return set(re.findall(r'["\']([a-z_.0-9]+)["\']', str(hint)))
