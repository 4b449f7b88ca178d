"""From a cart to a payable order: first the order is written down, then the gateway is asked."""

import logging
from collections import defaultdict
from datetime import timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.models import Course
from checkout.carts import owned_by
from checkout.gateways import NotFound, Refused, gateway_for, gateway_named
from checkout.models import Cart, CartItem, Order, OrderLine, Payment, PaymentStatus
from checkout.models.cart import fingerprint
from checkout.models.payment import LIFETIME
from checkout.settlement import settle, sync_payment
from project.accounts.models import User

logger = logging.getLogger(__name__)

# How much of its time a session must have left to be worth sending somebody to.
WORTH_OPENING = timedelta(minutes=2)


class CartNeedsAttention(Exception):
    """The cart cannot be ordered as it is. The message says why, in words for the shopper."""


def begin_payment(cart: Cart, *, user: User, email: str, token: UUID) -> Payment:
    """Turn the cart into an order, and return its payment with somewhere to send the customer.

    The same page sent twice, or the same cart from two tabs, gives the same payment. An order of
    the same cart with another content is taken back first; if it turns out to be paid, its
    payment is returned instead. Raise ``CartNeedsAttention``, and ``GatewayError``.
    """
    order = place_order(cart, user=user, email=email, token=token)
    payment = open_payment(order)
    order.refresh_from_db()
    if order.is_live or order.is_paid:
        return payment
    # Its session ended while nobody looked. What the customer wants is in the cart still.
    return open_payment(place_order(cart, user=user, email=email, token=uuid4()))


def place_order(cart: Cart, *, user: User, email: str, token: UUID) -> Order:
    """Return the order for what is in the cart now, with a payment written down for it.

    Raises as ``begin_payment``.
    """
    try:
        return _place(cart, user=user, email=email, token=token)
    except IntegrityError:
        # Another request was faster by a moment: now its order can be seen.
        return _place(cart, user=user, email=email, token=token)


def open_payment(order: Order) -> Payment:
    """Return the order's payment, with a session at the gateway that waits for the customer.

    Safe to repeat: an unknown outcome is asked for again with the same key and request. Raise
    ``GatewayError``; after ``Refused`` the attempt is abandoned, and the next one is a new one.
    """
    payment = _current_attempt(order)
    is_open = payment.status == PaymentStatus.OPEN
    if is_open and payment.expires_at - timezone.now() < WORTH_OPENING:
        sync_payment(payment)
        payment.refresh_from_db()
    if payment.status == PaymentStatus.CREATING:
        _open_session(payment)
    return payment


def _place(cart: Cart, *, user: User, email: str, token: UUID) -> Order:
    sent_before = Order.objects.held_by(user).filter(checkout_token=token).first()
    if sent_before and (sent_before.is_paid or _is_for(sent_before, cart)):
        return sent_before
    if paid := _take_back_other_order(cart):
        return paid
    with transaction.atomic():
        return _order_for(cart, user=user, email=email, token=uuid4() if sent_before else token)


def _is_for(order: Order, cart: Cart) -> bool:
    return order.is_live and order.cart_fingerprint == _fingerprint(_wanted(cart))


def _take_back_other_order(cart: Cart) -> Order | None:
    """End the cart's live order if its content has changed. Return it if it was paid meanwhile."""
    earlier = cart.orders.live().first()
    if earlier is None or _is_for(earlier, cart):
        return None
    payment = earlier.payments.live().first()
    if payment and payment.status == PaymentStatus.CREATING:
        # Whether a session exists is not known: ask for it again, so that it can be ended.
        _open_session(payment)
    if payment:
        settle(payment.pk, gateway_named(payment.gateway).cancel(payment))
    earlier.refresh_from_db()
    if earlier.is_live and not earlier.payments.live().exists():
        earlier.cancel()
    return earlier if earlier.is_paid or earlier.is_live else None


def _order_for(cart: Cart, *, user: User, email: str, token: UUID) -> Order:
    Cart.objects.locked_for_order(cart_id=cart.pk, owner_id=user.pk)
    items = _wanted(cart)
    live = cart.orders.live().filter(cart_fingerprint=_fingerprint(items)).first()
    if live:
        return live
    owned = owned_by(user)
    _check(cart, items, owned)
    total_minor = sum(item.course.price_minor * item.seats for item in items)
    gateway = gateway_for(total_minor)
    try:
        gateway.check_amount(total_minor, settings.SHOP_CURRENCY)
    except ValueError as error:
        raise CartNeedsAttention(str(error)) from error
    order = Order.objects.create(
        checkout_token=token,
        cart=cart,
        cart_fingerprint=_fingerprint(items),
        user=user,
        email=email,
        currency=settings.SHOP_CURRENCY,
        total_minor=total_minor,
        expires_at=timezone.now() + LIFETIME,
    )
    OrderLine.objects.bulk_create(_lines(order, items, owned))
    Payment.objects.attempt(order, gateway)
    return order


def _lines(order: Order, items: list[CartItem], owned: set[int]) -> list[OrderLine]:
    """Return one line for each seat. The first is the buyer's own, unless they have the course."""
    return [
        OrderLine(
            order=order,
            course=item.course,
            seat=seat,
            title=item.course.title,
            price_minor=item.course.price_minor,
            is_for_buyer=seat == 1 and item.course_id not in owned,
        )
        for item in items
        for seat in range(1, item.seats + 1)
    ]


def _check(cart: Cart, items: list[CartItem], owned: set[int]) -> None:
    """Raise ``CartNeedsAttention`` if the cart is not what the shopper believes."""
    problems: defaultdict[str, list[Course]] = defaultdict(list)
    for item in items:
        if not item.course.is_for_sale:
            problems["no longer for sale"].append(item.course)
        elif item.course_id in owned and item.seats == 1:
            problems["already yours"].append(item.course)
        elif item.price_minor != item.course.price_minor:
            problems[f"now {item.course.price}"].append(item.course)
    if not items:
        raise CartNeedsAttention("Your cart is empty.")
    if problems:
        facts = "; ".join(
            f"{', '.join(f'“{course}”' for course in courses)}: {problem}"
            for problem, courses in problems.items()
        )
        raise CartNeedsAttention(f"Please look at your cart once more. {facts}.")


def _current_attempt(order: Order) -> Payment:
    """Return the order's live payment; start a new attempt if there is none."""
    payment = order.payments.live().select_related("order").first()
    if payment or not order.is_live:
        return payment or order.payments.select_related("order").latest("attempt")
    try:
        with transaction.atomic():
            return Payment.objects.attempt(order, gateway_for(order.total_minor))
    except IntegrityError:
        return order.payments.live().select_related("order").get()


def _open_session(payment: Payment) -> None:
    gateway = gateway_named(payment.gateway)
    try:
        started = gateway.create(payment)
    except (Refused, NotFound) as error:
        logger.error("payment %s refused by %s: %s", payment.pk, payment.gateway, error)
        payment.abandon(str(error))
        raise Refused(str(error)) from error
    payment.open(session_id=started.session_id, url=started.url, expires_at=started.expires_at)
    if payment.gateway == "free":
        sync_payment(payment)
        payment.refresh_from_db()


def _wanted(cart: Cart) -> list[CartItem]:
    return list(cart.items.with_courses())


def _fingerprint(items: list[CartItem]) -> str:
    return fingerprint([(item.course_id, item.seats, item.course.price_minor) for item in items])
