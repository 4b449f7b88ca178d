"""An order's money from where its people stand: what came in, what went back, and what is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext

from catalog.money import format_money
from checkout.models import Dispute, LineAccess, Order, OrderLine, Payment
from project.written import listed


@dataclass
class OrderAccount:
    """What was paid for an order. Takes rows that are there already, and asks for none."""

    order: Order
    lines: Sequence[OrderLine]
    payments: Sequence[Payment]
    lost: Sequence[Dispute] = ()

    @cached_property
    def purchase(self) -> Payment | None:
        """The payment that bought the order."""
        return next((payment for payment in self.payments if payment.settles_order), None)

    @property
    def others(self) -> list[Payment]:
        """Payments that brought money and did not buy the order: it goes back."""
        return [
            payment
            for payment in self.payments
            if payment.received_minor and not payment.settles_order
        ]

    @property
    def returned_minor(self) -> int:
        """How much of the price has gone back, or is about to, in minor units."""
        return self.purchase.refund_reserved_minor if self.purchase else 0

    @property
    def returned(self) -> str:
        """How much of the price has gone back, as people write it; empty for nothing."""
        return self._money(self.returned_minor) if self.returned_minor else ""

    @property
    def left(self) -> str:
        """What the order has cost in the end."""
        lost = sum(dispute.amount_minor for dispute in self.lost)
        return self._money(self.order.price_minor - self.returned_minor - lost)

    @property
    def taken(self) -> str:
        """What staff took instead of the total; empty if it was the total."""
        return "" if self.order.accepted_minor is None else self._money(self.order.accepted_minor)

    @property
    def is_returned(self) -> bool:
        """Whether all of the price has gone back, or is about to."""
        return 0 < self.order.price_minor <= self.returned_minor

    @property
    def surplus(self) -> str:
        """What came in and does not belong to the order, as people write it; empty for nothing."""
        return _sum(self.others, "received_minor")

    @property
    def surplus_returned(self) -> str:
        """What of that has gone back, or is about to; empty for nothing."""
        return _sum(self.others, "refund_reserved_minor")

    @property
    def is_paused(self) -> bool:
        """Whether a seat waits for money to be decided about."""
        return any(line.access == LineAccess.PAUSED for line in self.lines)

    @property
    def standing(self) -> str:
        """Where the order stands, in words for the customer."""
        if not self.order.is_paid:
            return self.order.standing
        if self.is_returned:
            return gettext("Refunded")
        if self.is_paused:
            return gettext("Paid, and paused")
        if any(line.access == LineAccess.ENDED for line in self.lines) and not self.returned:
            return gettext("Closed")
        return gettext("Partly refunded") if self.returned else self.order.standing

    @property
    def is_plainly_paid(self) -> bool:
        """Whether it is paid, and nothing of it has gone back or is shut."""
        is_shut = any(line.access != LineAccess.OPEN for line in self.lines)
        return self.order.is_paid and not self.returned_minor and not is_shut

    def _money(self, amount_minor: int) -> str:
        return format_money(amount_minor, self.order.currency)


def _sum(payments: Sequence[Payment], name: str) -> str:
    """Add up one amount of payments, by currency, and leave out what is nothing."""
    sums: dict[str, int] = {}
    for payment in payments:
        currency = payment.received_currency
        sums[currency] = sums.get(currency, 0) + getattr(payment, name)
    return listed([format_money(amount, currency) for currency, amount in sums.items() if amount])
