"""A visitor's order, when they sign in while they pay: it belongs to the cart, and goes with it."""

import logging

from checkout.models import Cart, Order
from checkout.opening import take_back
from project.jobs import PATIENTLY, job

logger = logging.getLogger(__name__)


def bring_order_along(visitor: Cart, own: Cart) -> None:
    """Have the visitor's live order follow their cart into the person's own.

    One cart has one live order. If the person was about to pay elsewhere too, theirs stays, and
    the visitor's is ended: what it was for is in the cart. The caller holds both carts' locks.
    """
    order = visitor.orders.live().locked().first()
    if order is None:
        return
    if own.orders.live().exists():
        end_order.later(order.pk)
    else:
        order.follow(own)


@job(queue="gateway", retry=PATIENTLY)
def end_order(order_id: int) -> None:
    """End an order that nobody is to pay any more, unless its money is on the way."""
    order = Order.objects.get(pk=order_id)
    if order.is_live:
        take_back(order)
        logger.info("order %s was ended: another one of the same person is live", order_id)
