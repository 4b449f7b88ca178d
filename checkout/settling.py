"""The locks that everything takes that changes the books, in one order: order, then payment."""

from django.db import connection
from django.db.models import Func, TextField, Value

from checkout.models import Order, Payment

LOCK_TIMEOUT = "3s"


def wait_briefly_for_locks() -> None:
    """Have this transaction fail rather than hang on a lock that does not come."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")


def brief_waits() -> Func:
    """Return what does the same for a transaction that begins by reading: it is read along."""
    timeout = [Value("lock_timeout"), Value(LOCK_TIMEOUT), Value(True)]
    return Func(*timeout, function="set_config", output_field=TextField())


def locked_payment(payment_id: int) -> tuple[Order, Payment]:
    """Lock a payment's order and the payment, and read both anew: what was read may be stale."""
    order_id, _ = Payment.objects.values_list("order_id", brief_waits()).get(pk=payment_id)
    order = Order.objects.locked().select_related("user").get(pk=order_id)
    payment = Payment.objects.locked().get(pk=payment_id)
    payment.order = order
    return order, payment
