"""What staff are told of, each thing once: where money needs a person to look."""

from email.utils import parseaddr

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from checkout.models import Dispute, Order, OrderLine, Payment, Refund, WebhookEvent
from project.accounts.models import User
from project.mail import send_later


def tell_of_surplus(order: Order, payment: Payment) -> None:
    """A second payment of the same order was received."""
    _tell(
        f"surplus:{payment.pk}",
        f"{order} was paid twice",
        f"{payment} brought money that the order does not need. It is refunded by itself; "
        "look whether it was.",
        order,
    )


def tell_of_mismatch(order: Order, payment: Payment) -> None:
    """Another sum than the order's was received."""
    _tell(
        f"mismatch:{payment.pk}",
        f"{order} was paid with another amount",
        f"{payment} does not match the order's total of {order.total}. Nothing was unlocked. "
        "Please accept it, or refund it.",
        order,
    )


def tell_of_owned_line(line: OrderLine) -> None:
    """Somebody paid for a course that they had by then."""
    _tell(
        f"owned:{line.pk}",
        f"{line.order} paid for a course that was owned already",
        f"“{line.title}” ({line.price}) was the customer's by the time the money came. "
        "Its price is refunded by itself; look whether it was.",
        line.order,
    )


def tell_of_failed_refund(order: Order, refund: Refund) -> None:
    """The gateway refused a refund, or the customer's bank sent it back."""
    _tell(
        f"refund failed:{refund.pk}",
        f"A refund of {order} failed",
        f"{refund.amount} did not reach the customer: {refund.last_error or 'no reason given'}. "
        "The money is in the shop's account, and can be refunded again. If the customer's card is "
        "gone, ask them how they would like to have it.",
        order,
    )


def tell_of_reopened_seat(line: OrderLine) -> None:
    """A seat that had been ended is open again."""
    _tell(
        f"reopened:{line.pk}:{line.enrollment_id}",
        f"A seat of {line.order} is open again",
        f"“{line.title}” had been closed because its money had gone back. The money has come "
        "home after all, so the seat is open again.",
        line.order,
    )


def tell_of_dispute(order: Order, dispute: Dispute) -> None:
    """The customer's bank asks, or has taken the money."""
    due = dispute.evidence_due_at
    deadline = f" Answer until {due:%B %-d, %Y, %H:%M} UTC." if due else ""
    deadline += _evidence(dispute.payment)
    if dispute.is_inquiry:
        text = (
            f"The customer's bank asks about {dispute.amount} ({dispute.reason}). No money was "
            f"taken, and the courses stay open.{deadline} A refund now ends the matter."
        )
    else:
        text = (
            f"The customer's bank has taken {dispute.amount} back ({dispute.reason}). The courses "
            f"of the order are paused until it has decided.{deadline} Do not refund: that would "
            "pay the customer twice."
        )
    kind = "inquiry" if dispute.is_inquiry else "dispute"
    _tell(f"{kind}:{dispute.pk}", f"{order}: {dispute}", text, order)


def _evidence(payment: Payment) -> str:
    """Say what went back before the bank asked for it: the best answer there is."""
    returned = payment.refunds.standing().exclude(accepted_at=None)
    told = [
        f"{refund.amount} was refunded already ({refund.gateway_refund_id})" for refund in returned
    ]
    return f" {', '.join(told)}: say so to the bank, as evidence." if told else ""


def tell_of_closed_dispute(order: Order, dispute: Dispute) -> None:
    """The bank has decided."""
    outcome = (
        "The money is gone, and the courses of the order are closed."
        if dispute.is_lost
        else "The money is the shop's, and the courses of the order are open."
    )
    _tell(
        f"dispute:{dispute.pk}:{dispute.status}:{dispute.closed_at:%Y%m%d%H%M%S}",
        f"{order}: dispute {dispute.get_status_display().lower()}",
        f"The bank has decided about {dispute.amount}. {outcome}",
        order,
    )


def tell_of_fraud_warning(payment: Payment, warning_id: str) -> None:
    """The card's bank suspects fraud. Nothing happens by itself."""
    _tell(
        f"warning:{warning_id}",
        f"{payment.order}: the bank suspects fraud",
        "The bank that issued the card suspects that its owner did not pay this. A full refund "
        "now mostly keeps a dispute, and its fee, from coming.",
        payment.order,
    )


def tell_of_dead_event(event: WebhookEvent) -> None:
    """An event could not be acted on, however often it came."""
    _tell(
        f"dead:{event.pk}",
        f"An event of {event.gateway} was given up",
        f"{event} failed {event.attempts} times, at last with: {event.error} "
        "Once that is mended, have it sent again from the gateway's dashboard.",
    )


def tell_of_refused_payment(payment: Payment, why: str) -> None:
    """The gateway refuses to open sessions: nobody can buy. At most one letter a day."""
    _tell(
        f"refused:{timezone.now():%Y-%m-%d}",
        "The payment service refuses the shop",
        f"{payment} could not be opened: {why}. Are the keys right, and is the account in order? "
        "While this lasts, nobody can buy. Carts are kept.",
        payment.order,
    )


def tell_of_forged_webhooks(count: int) -> None:
    """Many webhooks had a bad signature. At most one letter a day."""
    _tell(
        f"forged:{timezone.now():%Y-%m-%d}",
        "Webhooks with a bad signature arrive",
        f"{count} came within an hour. If STRIPE_WEBHOOK_SECRET was changed at Stripe, change it "
        "here as well; if this machine's clock is wrong, set it. Payments are settled all the "
        "same, only later. If neither is so, somebody tries to forge events, in vain.",
    )


def tell_of_other_mode(event: WebhookEvent) -> None:
    """Events are of live mode and the keys of test mode, or the reverse. One letter a day."""
    theirs, ours = ("live", "test") if event.livemode else ("test", "live")
    _tell(
        f"mode:{event.gateway}:{timezone.now():%Y-%m-%d}",
        f"Events of {event.gateway} come from {theirs} mode",
        f"{event} is of {theirs} mode, and the shop's keys are of {ours} mode: it was kept, and "
        "nothing was done. Either the keys or the endpoint's secret are those of the other mode. "
        "Until they are of one, payments are noticed late, or not at all.",
    )


def tell_of_other_version(event: WebhookEvent) -> None:
    """Events are rendered at another version of the gateway's API than ours. Once for each."""
    _tell(
        f"version:{event.gateway}:{event.api_version}",
        f"Events of {event.gateway} come in another version",
        f"The endpoint sends {event.api_version}. Everything works, because the shop asks for "
        "each object itself; but set the endpoint's version to the one that the README names.",
    )


def tell_of_unknown_payment(session_id: str, why: str) -> None:
    """The gateway took money for this shop that the shop knows nothing of."""
    _tell(
        f"unknown:{session_id}",
        "Money was received for an order that the shop does not know",
        f"The session {session_id} was paid, and its order is not here: was an old backup "
        f"restored? It could not be written anew: {why} Look at it in the gateway's dashboard, "
        "and give the customer their courses by hand, or refund it.",
    )


def _tell(key: str, subject: str, text: str, order: Order | None = None) -> None:
    """Write to everybody on the staff; while there is nobody, to the shop's own address."""
    if order:
        page = reverse("admin:checkout_order_change", args=[order.pk])
        text = f"{text}\n\n{settings.SITE_URL}{page}"
    staff = User.objects.filter(is_staff=True, is_active=True).values_list("email", flat=True)
    for address in staff or [parseaddr(settings.DEFAULT_FROM_EMAIL)[1]]:
        send_later(key=f"{key}:{address}"[:200], to=address, subject=subject[:250], text=text)
