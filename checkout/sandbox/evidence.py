"""What a shop says against a dispute, and what the sandbox makes of it.

Sources: Stripe, API, "Update a dispute", and "Test your integration" (disputes, evidence).
"""

from enum import Enum
from typing import Any

from checkout.sandbox import errors

TEXTS = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_tracking_number",
    "uncategorized_text",
)
FILES = (
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
)
MAX_LENGTH = 150_000  # characters of all texts together


class Verdict(Enum):
    """The words by which evidence decides in Stripe's test mode."""

    WINNING = "winning_evidence"
    LOSING = "losing_evidence"
    ESCALATING = "escalate_inquiry_evidence"


def checked(evidence: dict[str, Any]) -> dict[str, str]:
    """Return the texts of new evidence; raise ``ApiError`` for what Stripe would not take."""
    for name in sorted(evidence.keys() - set(TEXTS)):
        raise errors.not_imitated(f"evidence[{name}]")
    if sum(map(len, evidence.values())) > MAX_LENGTH:
        raise errors.invalid_parameter(
            f"The combined length of the evidence can be up to {MAX_LENGTH} characters.", "evidence"
        )
    return dict(evidence)


def verdict(evidence: dict[str, str]) -> Verdict | None:
    """Return how the bank will decide; ``None`` if it waits for a person to say so."""
    text = evidence.get("uncategorized_text", "")
    return next((verdict for verdict in Verdict if verdict.value in text), None)
