"""Which order a seat came from, for the one who studies on it."""

from dataclasses import dataclass

from checkout.models import Order, OrderLine
from library.models import Enrollment


@dataclass(frozen=True)
class Origin:
    """Where a seat came from."""

    line: OrderLine

    @property
    def order(self) -> Order:
        """The order that paid for it."""
        return self.line.order

    @property
    def giver(self) -> str:
        """Whom it comes from, as the one who takes it reads it."""
        return called(self.order)

    @property
    def is_own_purchase(self) -> bool:
        """Whether who studies on it has bought it, be it as one to give away at first."""
        holder = self.line.enrollment.learner_id if self.line.enrollment else None
        return self.line.is_for_buyer or (holder is not None and holder == self.order.user_id)


def origin_of(seat: Enrollment) -> Origin | None:
    """Return where a seat came from; ``None`` if it was not bought. One query."""
    lines = OrderLine.objects.select_related("order__user", "enrollment")
    line = lines.filter(enrollment=seat).first()
    return Origin(line) if line else None


def called(order: Order) -> str:
    """Return what the buyer is called by those who get a seat: the name, or else the address."""
    if order.user is None:
        return order.email
    return order.user.name or order.user.email
