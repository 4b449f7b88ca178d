"""The exactly-once marker of an order that was fulfilled."""

from django.db import connection, models

from checkout.models.order import Order
from checkout.models.payment import Payment
from project.statement import Statement

_NOTE = Statement("""
    INSERT INTO checkout_fulfillment (order_id, payment_id, created_at) VALUES (%s, %s, now())
""")


class FulfillmentQuerySet(models.QuerySet["Fulfillment"]):
    """Markers."""

    def note(self, order: Order, payment: Payment) -> None:
        """Note that the order is fulfilled. A second time the database refuses."""
        _NOTE.count(connection, [order.pk, payment.pk])


class Fulfillment(models.Model):
    """The exactly-once marker: this order was fulfilled, because of this payment.

    Its primary key is the order, so that the database refuses a second fulfillment whatever the
    code does.
    """

    order = models.OneToOneField(
        Order, on_delete=models.PROTECT, primary_key=True, related_name="fulfillment"
    )
    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, related_name="fulfillment")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = FulfillmentQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Fulfillment of {self.order}"
