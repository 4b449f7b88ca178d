"""The books in one number: what the gateway says was received, less what the orders say.

It is nothing when every payment bought an order at its price, and all else has gone back. Until
then the reasons say where to look.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from catalog.money import format_money
from checkout.models import LedgerEntry, LedgerKind, Order, Payment
from checkout.models.ledger import DISPUTED

MOST_REASONS = 20


@dataclass
class Books:
    """The comparison, in minor units by currency, and where it does not come out at nothing."""

    received: dict[str, int] = field(default_factory=dict)
    sold: dict[str, int] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)

    @property
    def differences(self) -> dict[str, int]:
        """Received less sold, by currency; the shop's own currency is always there."""
        currencies = {settings.SHOP_CURRENCY, *self.received, *self.sold}
        return {
            currency: self.received.get(currency, 0) - self.sold.get(currency, 0)
            for currency in sorted(currencies)
        }

    @property
    def is_balanced(self) -> bool:
        """Whether nothing is left over, in any currency."""
        return not any(self.differences.values())

    @property
    def difference(self) -> str:
        """The one number, as people write it; more of them only if currencies were mixed."""
        return ", ".join(
            format_money(amount, currency, is_exact=True)
            for currency, amount in self.differences.items()
        )


def compare_books() -> Books:
    """Compare all that was ever received with all that was ever sold. A few queries."""
    books = Books(received=_received(), sold=_sold())
    if not books.is_balanced:
        books.reasons = list(_reasons())[:MOST_REASONS]
    return books


def _received() -> dict[str, int]:
    """Return what the gateway says: received, less refunded, and what disputes moved."""
    received: defaultdict[str, int] = defaultdict(int)
    paid = Payment.objects.received()
    at_gateway = Sum(F("received_minor") - F("gateway_refunded_minor"))
    for currency, amount in _by_currency(paid, "received_currency", at_gateway):
        received[currency] += amount
    disputed = LedgerEntry.objects.filter(kind__in=DISPUTED)
    for currency, amount in _by_currency(disputed, "currency", Sum("amount_minor")):
        received[currency] += amount
    return dict(received)


def _sold() -> dict[str, int]:
    """Return what the orders say: their prices, less what went back of the payments they took.

    Of a payment that bought nothing, a bank may take more than came, if a part of it had gone back
    before: that loss is the order's as well, and nobody can make it good.
    """
    sold: defaultdict[str, int] = defaultdict(int)
    price = Sum(Coalesce("accepted_minor", "total_minor"))
    for currency, amount in _by_currency(Order.objects.filter(status="paid"), "currency", price):
        sold[currency] += amount
    returned = LedgerEntry.objects.filter(payment__settles_order=True).exclude(
        kind=LedgerKind.CHARGE
    )
    for currency, amount in _by_currency(returned, "currency", Sum("amount_minor")):
        sold[currency] += amount
    for payment in _idle_payments().filter(kept__lt=0):
        sold[payment.received_currency] += vars(payment)["kept"]
    return dict(sold)


def _idle_payments() -> QuerySet[Any]:
    """Return the payments that bought nothing, each with what the shop has of it."""
    idle = Payment.objects.received().filter(settles_order=False)
    return idle.annotate(kept=Sum("entries__amount_minor"))


def _by_currency(rows: QuerySet[Any], name: str, amount: Any) -> Iterable[tuple[str, int]]:
    grouped: Iterable[tuple[str, int]] = rows.order_by().values_list(name).annotate(amount=amount)
    return grouped


def _reasons() -> Iterator[str]:
    """Say of each payment that does not come out why."""
    for payment in _idle_payments().filter(kept__gt=0).select_related("order"):
        held = gettext("%(amount)s too much, because the order is held")
        twice = gettext("%(amount)s too much, because the order was paid twice")
        amount = {"amount": _money(payment, vars(payment)["kept"])}
        yield f"{payment}: " + (held if payment.order.held_reason else twice) % amount
    out = Q(entries__kind__in=(LedgerKind.REFUND, LedgerKind.REFUND_FAILED))
    refunded = Payment.objects.received().annotate(
        booked=Coalesce(Sum("entries__amount_minor", filter=out), 0)
    )
    for payment in refunded.exclude(gateway_refunded_minor=-F("booked")).select_related("order"):
        difference = -vars(payment)["booked"] - payment.gateway_refunded_minor
        differ = gettext("refunds differ from the gateway's by %(amount)s")
        yield f"{payment}: " + differ % {"amount": _money(payment, difference)}


def _money(payment: Payment, amount_minor: int) -> str:
    return format_money(amount_minor, payment.received_currency)
