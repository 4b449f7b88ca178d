"""What becomes of a payment after it has worked, if its card is one of those."""

from checkout.sandbox import disputes, fraud_warnings
from checkout.sandbox.cards import Aftermath, Card
from checkout.sandbox.models import Charge, RefundCourse

REFUND_COURSES = {
    Aftermath.SLOW_REFUND: RefundCourse.SLOW,
    Aftermath.BOUNCED_REFUND: RefundCourse.BOUNCED,
}


def follow(charge: Charge, card: Card) -> None:
    """Do at once, or prepare for later, what the card does after a charge that has succeeded."""
    match card.aftermath:
        case Aftermath.FRAUD_DISPUTE:
            disputes.open_dispute(charge.pk, reason="fraudulent")
        case Aftermath.NOT_RECEIVED_DISPUTE:
            disputes.open_dispute(charge.pk, reason="product_not_received")
        case Aftermath.INQUIRY:
            disputes.open_inquiry(charge.pk)
        case Aftermath.FRAUD_WARNING:
            fraud_warnings.send(charge.pk)
        case Aftermath.SLOW_REFUND | Aftermath.BOUNCED_REFUND:
            charge.refund_course = REFUND_COURSES[card.aftermath]
            charge.save(update_fields=["refund_course"])
