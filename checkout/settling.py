"""The locks that everything takes that changes the books, in one order: order, then payment."""

from django.db import connection
from django.db.models import Func, TextField, Value

from checkout.models import Order, Payment
from project.prepared import Given, Prepared

LOCK_TIMEOUT = "3s"


def wait_briefly_for_locks() -> None:
    """Have this transaction fail rather than hang on a lock that does not come."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")


def brief_waits() -> Func:
    """Return what does the same for a query that a transaction begins with: it is read along."""
    timeout = [Value("lock_timeout"), Given("timeout", TextField()), Value(True)]
    return Func(*timeout, function="set_config", output_field=TextField())


def locked_payment(payment_id: int) -> tuple[Order, Payment]:
    """Lock a payment's order and the payment, and read both anew: what was read may be stale."""
    order_id, *_ = ids_of(payment_id)
    order, payment = lock(order_id, payment_id)
    payment.order = order
    return order, payment


def ids_of(payment_id: int) -> tuple[int, int | None, int | None]:
    """Return the pks of a payment's order, of its cart and its user; wait briefly from now on."""
    order_id, cart_id, user_id, _ = _ids.only_one(payment=payment_id, timeout=LOCK_TIMEOUT)
    return order_id, cart_id, user_id


def lock(order_id: int, payment_id: int) -> tuple[Order, Payment]:
    """Lock an order and then a payment of it, until the transaction ends."""
    return _orders.only_one(order=order_id), _payments.only_one(payment=payment_id)


_ids = Prepared(
    lambda: Payment.objects.filter(pk=Given("payment")).values_list(
        "order_id", "order__cart_id", "order__user_id", brief_waits()
    )
)
_orders = Prepared(lambda: Order.objects.locked().select_related("user").filter(pk=Given("order")))
_payments = Prepared(lambda: Payment.objects.locked().filter(pk=Given("payment")))
