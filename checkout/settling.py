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
    ids_of(payment_id)
    return lock(payment_id)


def ids_of(payment_id: int) -> tuple[int | None, int | None]:
    """Return the pks of the cart and the user of a payment's order; wait briefly from now on."""
    cart_id, user_id, _ = _ids.only_one(payment=payment_id, timeout=LOCK_TIMEOUT)
    return cart_id, user_id


def lock(payment_id: int) -> tuple[Order, Payment]:
    """Lock a payment's order and then the payment, until the transaction ends."""
    payment = _locked.only_one(payment=payment_id)
    return payment.order, payment


_ids = Prepared(
    lambda: Payment.objects.filter(pk=Given("payment")).values_list(
        "order__cart_id", "order__user_id", brief_waits()
    )
)
_locked = Prepared(lambda: Payment.objects.locked_with_order().filter(pk=Given("payment")))
