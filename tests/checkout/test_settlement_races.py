"""Many workers, every delivery repeated, crashes in the middle: each order is fulfilled once.

The control runs the same storm against a settlement that checks first and acts afterwards, and
must come out wrong: otherwise the storm would prove nothing.
"""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from threading import Barrier, Event

import pytest
from django.db import OperationalError, connection, transaction
from procrastinate.exceptions import ConnectorException

from checkout import settling
from checkout.models import Fulfillment, LedgerEntry, LineOutcome, Order, OrderStatus, Payment
from checkout.settlement import settle
from library.models import Enrollment, EnrollmentSource, EnrollmentStatus
from project.models import OutboundMail
from tests.checkout.shop import create_order, create_payment, snapshot_of
from tests.factories import create_course, create_learner

pytestmark = pytest.mark.django_db(transaction=True)

ORDERS = 30
SESSIONS_PER_ORDER = 2
DELIVERIES_PER_SESSION = 6
WORKERS = 12
CRASH_RATE = 0.15
MAX_REDELIVERIES = 60


class Crash(Exception):
    """The process died here."""


def crashing(chance: random.Random):
    """Return an execute wrapper that dies at a random statement of every seventh transaction."""
    dies_at = chance.randrange(2, 18) if chance.random() < CRASH_RATE else None
    statements = 0

    def wrapper(execute, sql, params, many, context):
        nonlocal statements
        statements += 1
        if statements == dies_at:
            raise Crash
        return execute(sql, params, many, context)

    return wrapper


def crashing_now_and_then(chance: random.Random):
    """Have one delivery in a while die in the middle."""
    return connection.execute_wrapper(crashing(chance))


def storm(deliver, payments, *, seed: int, weather=crashing_now_and_then) -> Counter:
    """Deliver what the gateway says of every payment, many times, from many threads.

    A delivery that crashes is repeated, as a gateway repeats it. Return what was seen.
    """
    deliveries = [p for p in payments for _ in range(DELIVERIES_PER_SESSION)]
    random.Random(seed).shuffle(deliveries)
    seen: Counter = Counter()

    def work(numbered):
        number, payment = numbered
        chance = random.Random(seed * 10_000 + number)
        try:
            for _ in range(MAX_REDELIVERIES):
                try:
                    with weather(chance):
                        deliver(payment.pk, snapshot_of(payment))
                    return "delivered"
                except Crash:
                    seen["crashes"] += 1
                except (OperationalError, ConnectorException) as error:
                    seen["deadlocks" if "deadlock" in str(error) else "refused"] += 1
                    connection.close_if_unusable_or_obsolete()
            return "given up"
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        seen.update(pool.map(work, enumerate(deliveries)))
    return seen


def create_orders() -> list[Payment]:
    """Create orders of a few learners and courses, so that their purchases collide."""
    learners = [create_learner() for _ in range(6)]
    courses = [create_course(price_minor=100) for _ in range(3)]
    chance = random.Random(7)
    payments = []
    for _ in range(ORDERS):
        wanted = chance.sample(courses, k=chance.randint(1, 3))
        order = create_order(
            buyer=chance.choice(learners), courses=wanted, seats=2, with_cart=False
        )
        payments += [
            # Of the second attempt the shop thought that it had failed; it was paid all the same.
            create_payment(order=order, attempt=attempt, status=status)
            for attempt, status in ((1, "open"), (2, "expired"))
        ]
    return payments


def test_storm_fulfills_each_order_once():
    payments = create_orders()

    seen = storm(settle, payments, seed=1)

    assert seen["crashes"] > 10
    assert seen["delivered"] == ORDERS * SESSIONS_PER_ORDER * DELIVERIES_PER_SESSION
    assert (seen["deadlocks"], seen["refused"]) == (0, 0)
    assert_each_order_was_fulfilled_once()


@contextmanager
def hanging_up():
    """Have PostgreSQL end connections, all the while, on which something is being done."""
    ended, is_over = [], Event()

    def hang_up():
        with connection.cursor() as cursor:
            while not is_over.wait(0.02):
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    " AND state IN ('active', 'idle in transaction') ORDER BY random() LIMIT 1"
                )
                ended.extend(cursor.fetchall())
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(hang_up)
        try:
            yield ended
        finally:
            is_over.set()
            done.result()


def test_storm_with_connections_that_end_fulfills_each_order_once():
    """Statements go straight to PostgreSQL here: nobody listens to them."""
    payments = create_orders()

    with hanging_up() as ended:
        seen = storm(settle, payments, seed=2, weather=lambda _: nullcontext())

    assert len(ended) > 10
    assert seen["delivered"] == ORDERS * SESSIONS_PER_ORDER * DELIVERIES_PER_SESSION
    assert seen["deadlocks"] == 0
    assert_each_order_was_fulfilled_once()


def assert_each_order_was_fulfilled_once():
    """Assert that all is there, and nothing twice."""
    assert Order.objects.filter(status=OrderStatus.PAID).count() == ORDERS
    assert Fulfillment.objects.count() == ORDERS
    assert LedgerEntry.objects.count() == ORDERS * SESSIONS_PER_ORDER
    receipts = OutboundMail.objects.filter(key__startswith="receipt:")
    assert receipts.count() == ORDERS
    assert Payment.objects.filter(settles_order=True).count() == ORDERS
    assert_each_seat_was_granted_once()


def assert_each_seat_was_granted_once():
    """Assert that every second seat is to be given away, and that own seats are one a course."""
    wanted = set()
    for order in Order.objects.prefetch_related("lines"):
        for line in order.lines.all():
            assert line.outcome in (LineOutcome.GRANTED, LineOutcome.ALREADY_OWNED)
            if line.is_for_buyer:
                wanted.add((order.user_id, line.course_id))
            else:
                assert line.outcome == LineOutcome.GRANTED
    own = Enrollment.objects.filter(status=EnrollmentStatus.ACTIVE)
    assert Counter(own.values_list("learner_id", "course_id")) == Counter(wanted)
    gifts = Enrollment.objects.filter(status=EnrollmentStatus.UNCLAIMED).count()
    assert gifts == sum(o.lines.filter(is_for_buyer=False).count() for o in Order.objects.all())


def settle_naively(payment_id, snapshot):
    """Settle by looking first and acting afterwards, a step at a time, as small shops do."""
    payment = Payment.objects.select_related("order").get(pk=payment_id)
    order = payment.order
    if order.is_paid:
        return
    for line in order.lines.select_related("course"):
        Enrollment.objects.set_aside(line.course, source=EnrollmentSource.PURCHASE)
    OutboundMail.objects.create(to=order.email, subject=f"Receipt {order.pk}", text="Thanks.")
    order.pay()


def test_control_the_storm_finds_out_a_naive_settlement():
    payments = create_orders()

    storm(settle_naively, payments, seed=1)

    receipts = Counter(OutboundMail.objects.values_list("subject", flat=True))
    seats = Enrollment.objects.count()
    lines = sum(order.lines.count() for order in Order.objects.all())
    assert max(receipts.values()) > 1
    assert seats > lines


def test_settle_lets_one_of_two_simultaneous_reports_through():
    """LESSONS 2: webhook against return page."""
    payment = create_payment()
    starting_line = Barrier(4)

    def report(_: int) -> bool:
        try:
            starting_line.wait()
            return settle(payment.pk, snapshot_of(payment))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(report, range(4)))

    assert sorted(outcomes) == [False, False, False, True]
    assert Enrollment.objects.count() == 1
    assert OutboundMail.objects.count() == 1


def test_settle_gives_up_politely_while_somebody_holds_the_order(monkeypatch):
    """A lock that does not come is an error that the gateway's retry mends, never a hang."""
    monkeypatch.setattr(settling, "LOCK_TIMEOUT", "100ms")
    payment = create_payment()
    held, done = Barrier(2), Barrier(2)

    def hold() -> None:
        try:
            with transaction.atomic():
                Order.objects.locked().get(pk=payment.order_id)
                held.wait()
                done.wait(timeout=30)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        held.wait()
        with pytest.raises(OperationalError, match="lock timeout"):
            settle(payment.pk, snapshot_of(payment))
        done.wait()
        holding.result()

    assert settle(payment.pk, snapshot_of(payment)) is True


@pytest.mark.parametrize("held", ["order", "payment"])
def test_the_order_is_locked_before_the_payment(held):
    """Whoever waits for the one holds the other or does not, whichever comes first."""
    payment = create_payment()
    rows = {"order": Order.objects.filter(pk=payment.order_id), "payment": Payment.objects.all()}
    locked, asked, looked = Event(), Event(), Event()

    def wait() -> tuple[Order, Payment]:
        try:
            locked.wait(timeout=30)
            with transaction.atomic():
                connection.ensure_connection()
                asked.set()
                return settling.locked_payment(payment.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wait)
        with transaction.atomic():
            assert list(rows[held].select_for_update(no_key=True))
            locked.set()
            assert asked.wait(timeout=30)
            while not waits_for_a_lock():
                looked.wait(0.01)
            other = rows["payment" if held == "order" else "order"]
            is_free = list(other.select_for_update(no_key=True, skip_locked=True)) != []
            rows[held].update(**({"version": 7} if held == "order" else {"method": "late"}))
        order, same = waiting.result(timeout=30)

    assert is_free == (held == "order")
    assert same.order is order
    assert same.method == "late" if held == "payment" else order.version == 7


def waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone() is not None
