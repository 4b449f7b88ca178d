"""Who visits the shop while it is measured: made for each run, and left in the scratch database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex
from uuid import uuid4

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string

from catalog.models import Course
from checkout.models import Cart, CartItem, Order, OrderLine, Payment, PaymentStatus
from library.models import Enrollment, EnrollmentSource
from project.accounts.models import User
from project.accounts.sessions import SessionStore
from project.benching.sessions import session_name

CART = "cart"  # the key in a visitor's session, as checkout/carts.py has it
LIFETIME = timedelta(hours=12)


@dataclass(frozen=True)
class Waiting:
    """An order whose customer has just paid, as the gateway knows and the shop does not."""

    reference: str
    session_id: str
    cookie: str


def newest_courses(number: int) -> list[Course]:
    """Return the courses that stand first in the catalog."""
    return list(Course.objects.published().order_by("-published_at", "-pk")[:number])


def visitor(courses: Iterable[Course]) -> str:
    """Return the cookie of a visitor whose cart holds the courses."""
    cart = Cart.objects.create()
    _fill([cart], list(courses))
    return _cookies([{CART: cart.pk}])[0]


def visitors(number: int, courses: list[Course]) -> list[str]:
    """Return the cookies of so many visitors, each with the courses in a cart of their own."""
    carts = Cart.objects.bulk_create([Cart() for _ in range(number)])
    _fill(carts, courses)
    return _cookies([{CART: cart.pk} for cart in carts])


def learner(*, owned: Iterable[Course], wanted: Iterable[Course]) -> str:
    """Return the cookie of somebody signed in who owns some courses, with others in the cart."""
    user = User.objects.create_user(f"bench-{token_hex(6)}@example.com", name="Ada Lovelace")
    for course in owned:
        Enrollment.objects.grant(user, course, source=EnrollmentSource.GIFT)
    _fill([Cart.objects.of_owner(user)], list(wanted))
    session: dict[str, object] = {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
        HASH_SESSION_KEY: user.get_session_auth_hash(),
    }
    return _cookies([session])[0]


@transaction.atomic
def waiting(number: int, courses: list[Course]) -> list[Waiting]:
    """Return so many orders of guests for these courses, each with an open session."""
    cookies = visitors(number, courses)
    carts = list(Cart.objects.order_by("-pk")[:number])[::-1]
    now, total = timezone.now(), sum(course.price_now for course in courses)
    orders = Order.objects.bulk_create(
        Order(
            checkout_token=uuid4(),
            cart=cart,
            cart_fingerprint="bench",
            email=f"bench-{cart.pk}@example.com",
            language="en",
            currency=settings.SHOP_CURRENCY,
            total_minor=total,
            expires_at=now + LIFETIME,
        )
        for cart in carts
    )
    OrderLine.objects.bulk_create(
        OrderLine(order=order, course=course, title=course.title, price_minor=course.price_now)
        for order in orders
        for course in courses
    )
    payments = Payment.objects.bulk_create([_payment(order) for order in orders])
    return [
        Waiting(order.reference, str(payment.session_id), cookie)
        for order, payment, cookie in zip(orders, payments, cookies, strict=True)
    ]


def _payment(order: Order) -> Payment:
    key = f"{order.reference}:1"
    return Payment(
        order=order,
        attempt=1,
        gateway="stripe",
        livemode=False,
        status=PaymentStatus.OPEN,
        amount_minor=order.total_minor,
        currency=order.currency,
        idempotency_key=key,
        request={"mode": "payment", "client_reference_id": order.reference},
        request_hash="bench",
        session_id=session_name(key, order.total_minor),
        session_url="https://checkout.stripe.com/c/pay/bench",
        opened_at=timezone.now(),
        expires_at=order.expires_at,
    )


def _fill(carts: list[Cart], courses: list[Course]) -> None:
    CartItem.objects.bulk_create(
        CartItem(cart=cart, course=course, price_minor=course.price_now)
        for cart in carts
        for course in courses
    )


def _cookies(sessions: list[dict[str, object]]) -> list[str]:
    """Write the sessions down; return the cookie of each."""
    store = SessionStore()
    rows = Session.objects.bulk_create(
        Session(
            session_key=get_random_string(32, "abcdefghijklmnopqrstuvwxyz0123456789"),
            session_data=store.encode(data),
            expire_date=timezone.now() + timedelta(days=30),
        )
        for data in sessions
    )
    token = f"{settings.CSRF_COOKIE_NAME}={get_random_string(32)}"  # from an earlier page
    return [f"{settings.SESSION_COOKIE_NAME}={row.session_key}; {token}" for row in rows]
