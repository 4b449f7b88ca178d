"""What the order's panel shows: from waiting for the money to the first lesson."""

import time
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from checkout.account import OrderAccount
from checkout.handing_out import seats_url
from checkout.models import (
    Dispute,
    LineAccess,
    LineOutcome,
    Order,
    OrderLine,
    OrderStatus,
    Payment,
    PaymentStatus,
    Refund,
)
from checkout.polling import BRISK_INTERVAL, NO_MORE, interval
from checkout.standing import access_to, notices
from checkout.timeline import Moment, tell
from checkout.unlocked import UnlockedCourse
from library.guests import Guest
from library.outline import outlines_of
from project.accounts.models import User

MOST_GIFTS = 6  # shown here: all of them have a page of their own

# Stripe: payment_method_details.type of a charge, for those that a bank confirms later.
METHODS = {
    "acss_debit": _("a bank debit in Canada"),
    "au_becs_debit": _("a BECS debit"),
    "bacs_debit": _("a Bacs debit"),
    "boleto": _("a boleto"),
    "customer_balance": _("a bank transfer"),
    "konbini": _("a konbini payment"),
    "multibanco": _("Multibanco"),
    "oxxo": _("an OXXO voucher"),
    "sepa_debit": _("a SEPA debit"),
    "us_bank_account": _("a bank debit (ACH)"),
}


class OrderPanel:
    """An order as the panel shows it to its viewer."""

    def __init__(
        self,
        order: Order,
        viewer: User | AnonymousUser,
        *,
        since: int | None = None,
        is_brief: bool = False,
    ) -> None:
        """``is_brief`` leaves the story out, and asks for refunds only if there are some."""
        self.order = order
        self.viewer = viewer
        self.since = since or int(time.time())
        self.is_brief = is_brief

    @cached_property
    def payments(self) -> list[Payment]:
        """All attempts."""
        return list(self.order.payments.order_by("attempt"))

    @property
    def payment(self) -> Payment | None:
        """The latest attempt."""
        return self.payments[-1] if self.payments else None

    @property
    def state(self) -> str:
        """What the panel says, as the template names it."""
        order = self.order
        if order.is_paid:
            return "paid"
        if order.held_reason:
            return "held"
        if order.status == OrderStatus.PROCESSING:
            return "bank"
        if not order.is_live:
            return str(order.status)
        if self.payment and self.payment.status in (PaymentStatus.FAILED, PaymentStatus.ABANDONED):
            return "failed"
        return "waiting" if self.poll_seconds else "slow"

    @property
    def poll_seconds(self) -> int:
        """How long the panel waits before it asks again; 0: no more."""
        if self.order.is_paid or self.order.held_reason or not self.order.is_live:
            return NO_MORE
        return interval(self.since)

    @property
    def poll_url(self) -> str:
        """Where the panel asks, with what it shows now."""
        shown = {"v": self.order.version, "t": self.since, "s": self.poll_seconds}
        status = reverse("checkout:order_status", args=[self.order.reference])
        return f"{status}?{urlencode(shown)}"

    @property
    def page_url(self) -> str:
        """The page itself, with how long it has waited: for browsers that reload it."""
        return f"{self.order.get_absolute_url()}?{urlencode({'t': self.since})}"

    @property
    def check_url(self) -> str:
        """Where the gateway is asked now."""
        check = reverse("checkout:order_check", args=[self.order.reference])
        return f"{check}?{urlencode({'t': self.since})}"

    @property
    def resume_url(self) -> str:
        """The gateway's page, while it still takes the money."""
        is_open = self.payment and self.payment.status == PaymentStatus.OPEN
        is_wanted = is_open and self.order.is_payable
        return self.payment.session_url if self.payment and is_wanted else ""

    @property
    def retry_url(self) -> str:
        """Where another attempt is made, after one that failed."""
        return reverse("checkout:order_payment", args=[self.order.reference])

    @cached_property
    def lines(self) -> list[OrderLine]:
        """The order's lines, with all that is shown of them."""
        lines = list(self.order.lines.select_related("course", "enrollment__invitation", "refund"))
        for line in lines:
            line.order = self.order
        return lines

    @cached_property
    def courses(self) -> list[UnlockedCourse]:
        """What the viewer can study now."""
        if not self.order.is_paid:
            return []
        own = [line for line in self.lines if line.is_for_buyer and self._opens(line)]
        if not own:
            return []
        outlines = outlines_of([line.course for line in own], self.viewer)
        return [
            UnlockedCourse(
                line.course,
                outlines[line.course_id],
                ends_at=line.enrollment.ends_at if line.enrollment else None,
            )
            for line in own
        ]

    @property
    def has_ends(self) -> bool:
        """Whether the viewer has any of it only for a time."""
        return any(unlocked.ends_at for unlocked in self.courses)

    @property
    def waits_for(self) -> list[OrderLine]:
        """The buyer's own seats that nobody has taken: they wait for an account."""
        if not self.order.is_paid or self.order.user_id:
            return []
        return [
            line
            for line in self.lines
            if line.is_for_buyer and line.enrollment and line.enrollment.is_unclaimed
        ]

    @property
    def claim_url(self) -> str:
        """Where an order that no account holds is saved to the viewer's; empty if one holds it."""
        if not self.order.is_paid or self.order.user_id:
            return ""
        return reverse("checkout:order_claim", args=[self.order.reference])

    @property
    def gifts(self) -> list[dict[str, Any]]:
        """The first seats to hand out, with their links while nobody has them, or is to have."""
        return [
            {
                "title": line.title,
                "url": line.enrollment.claim_url,
                "is_claimed": line.enrollment.learner_id is not None,
                "invitation": getattr(line.enrollment, "invitation", None),
            }
            for line in self.for_others[:MOST_GIFTS]
            if line.enrollment
        ]

    @property
    def for_others(self) -> list[OrderLine]:
        """The seats that are not the buyer's own, and not ended."""
        return [
            line
            for line in self.lines
            if not line.is_for_buyer and line.enrollment and not line.enrollment.is_revoked
        ]

    @cached_property
    def account(self) -> OrderAccount:
        """What came in, and what went back."""
        lost = [dispute for dispute in self.disputes if dispute.is_lost]
        return OrderAccount(self.order, self.lines, self.payments, lost)

    @cached_property
    def refunds(self) -> list[Refund]:
        """Money that went back, or was to."""
        if self.is_brief and not any(payment.refund_reserved_minor for payment in self.payments):
            return []
        return list(Refund.objects.filter(payment__order=self.order).order_by("pk"))

    @cached_property
    def disputes(self) -> list[Dispute]:
        """What the customer's bank asked, or asks."""
        if self.is_brief and all(line.access == LineAccess.OPEN for line in self.lines):
            return []
        return list(Dispute.objects.filter(payment__order=self.order).order_by("pk"))

    @property
    def story(self) -> list[Moment]:
        """What happened, the oldest first."""
        if self.is_brief:
            return []
        return tell(
            self.order,
            lines=self.lines,
            payments=self.payments,
            refunds=self.refunds,
            disputes=self.disputes,
        )

    @property
    def is_unsettled(self) -> bool:
        """Whether money is on its way back, or a bank has yet to decide: asking may help."""
        is_on_its_way = any(refund.is_standing and not refund.ended_at for refund in self.refunds)
        return is_on_its_way or any(dispute.is_open for dispute in self.disputes)

    @property
    def method(self) -> str:
        """The way of paying that a bank confirms, as people call it; empty if it is not known."""
        return str(METHODS.get(self.payment.method, "")) if self.payment else ""

    def _opens(self, line: OrderLine) -> bool:
        """Whether the viewer can study what the line is for."""
        seat = line.enrollment
        if isinstance(self.viewer, Guest):
            return seat is not None and seat.is_unclaimed and seat.pk in self.viewer.seats
        if seat:
            return seat.is_active and seat.learner_id == self.viewer.pk
        return line.outcome == LineOutcome.ALREADY_OWNED and self.viewer.pk == self.order.user_id

    def context(self) -> dict[str, Any]:
        """Return what the template needs."""
        return {
            "order": self.order,
            "lines": self.lines,
            "payment": self.payment,
            "state": self.state,
            "poll_url": self.poll_url,
            "poll_seconds": self.poll_seconds,
            # Once, early: if the webhook has not come by then, asking helps.
            "asks_gateway": self.state == "waiting"
            and int(time.time()) - self.since < BRISK_INTERVAL,
            "page_url": self.page_url,
            "check_url": self.check_url,
            "resume_url": self.resume_url,
            "retry_url": self.retry_url if self.state == "failed" else "",
            "courses": self.courses,
            "has_ends": self.has_ends,
            "waits_for": self.waits_for,
            "claim_url": self.claim_url,
            "is_guest": self.viewer.is_anonymous,
            "gifts": self.gifts if self.order.is_paid else [],
            "gifts_in_all": len(self.for_others),
            "seats_url": seats_url(self.order),
            "account": self.account,
            "refunds": [refund for refund in self.refunds if refund.is_standing],
            "access": access_to(self.lines) if self.order.is_paid else "",
            "notices": notices(self.lines, self.disputes) if self.order.is_paid else [],
            "is_unsettled": self.is_unsettled,
            "method": self.method,
            "moments": self.story,
        }
