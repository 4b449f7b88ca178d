"""From a cart to an order: written down before the gateway hears of it.

What to do is decided under the cart's lock, in one transaction; the gateway is spoken to between
such decisions, never within one.
"""

from collections import defaultdict
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.models import Course
from checkout.carts import owned_by
from checkout.gateways import Unavailable, gateway_for
from checkout.models import MAX_COURSES, Cart, CartItem, Order, OrderLine, Payment
from checkout.models.payment import LIFETIME
from checkout.opening import open_payment, take_back
from checkout.settling import wait_briefly_for_locks
from project.accounts.models import User

TRIES = 4


class CartNeedsAttention(Exception):
    """The cart cannot be ordered as it is. The message says why, in words for the shopper."""


class CartChanged(Exception):
    """The cart has a live order with another content, which must be taken back first."""

    def __init__(self, order: Order) -> None:
        super().__init__(order)
        self.order = order


def begin_payment(cart: Cart, *, user: User | None, email: str, token: UUID) -> Payment:
    """Turn the cart into an order, and return its payment with somewhere to send the customer.

    Without a ``user`` it is bought by whoever has the address. An order for somebody else, or with
    another address, is another one, as one with another content is.

    The same page sent twice, or the same cart from two tabs, gives the same payment. An order of
    the same cart with another content is taken back first; if it turns out to be paid, its
    payment is returned instead. Raise ``CartNeedsAttention``, and ``GatewayError``.
    """
    for _try in range(TRIES):
        try:
            order = place_order(cart, user=user, email=email, token=token)
        except CartChanged as changed:
            take_back(changed.order)
            if changed.order.is_settled:
                return changed.order.payments.select_related("order").latest("attempt")
            continue
        except IntegrityError:
            # Another request was faster by a moment: now its order can be seen.
            continue
        payment = open_payment(order)
        if payment.order.is_live or payment.order.is_paid:
            return payment
        # Its session ended while nobody looked. What the customer wants is in the cart still.
    raise Unavailable(f"Cart {cart.pk} changes faster than it can be ordered.")


@transaction.atomic
def place_order(cart: Cart, *, user: User | None, email: str, token: UUID) -> Order:
    """Return the order for what is in the cart now; make it if there is none.

    Raise ``CartNeedsAttention``, and ``CartChanged`` if an order with another content is in the
    way.
    """
    wait_briefly_for_locks()
    owner_id = user.pk if user else None
    carts = Cart.objects.locked_for_order(cart_id=cart.pk, owner_id=owner_id)
    if not any(known.pk == cart.pk and known.is_open_for(user) for known in carts):
        raise CartNeedsAttention(_("Your cart has changed. Please look at it once more."))
    sent_before = Order.objects.filter(checkout_token=token).first()
    if sent_before and sent_before.is_paid and _is_theirs(sent_before, cart, user):
        return sent_before
    items = list(cart.items.with_courses())
    owned = owned_by(user) if user else set()
    _check(items, owned)
    live = cart.orders.live().first()
    if live is None:
        # A token makes one order, ever.
        return _write_down(cart, items, owned, user, email, uuid4() if sent_before else token)
    is_same = (live.user_id, live.email) == (owner_id, email)
    if not is_same or live.cart_fingerprint != cart.fingerprint(items):
        raise CartChanged(live)
    return live


def _is_theirs(order: Order, cart: Cart, user: User | None) -> bool:
    """Whether the order is the person's; a visitor is known by the cart alone."""
    return order.user == user and (user is not None or order.cart_id == cart.pk)


def _write_down(
    cart: Cart, items: list[CartItem], owned: set[int], user: User | None, email: str, token: UUID
) -> Order:
    total_minor = sum(item.course.price_minor * item.seats for item in items)
    gateway = gateway_for(total_minor)
    try:
        gateway.check_amount(total_minor, settings.SHOP_CURRENCY)
    except ValueError as error:
        raise CartNeedsAttention(str(error)) from error
    order = Order.objects.create(
        checkout_token=token,
        cart=cart,
        cart_fingerprint=cart.fingerprint(items),
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


def _check(items: list[CartItem], owned: set[int]) -> None:
    """Raise ``CartNeedsAttention`` if the cart is not what the shopper believes."""
    if not items:
        raise CartNeedsAttention("Your cart is empty.")
    if len(items) > MAX_COURSES:
        raise CartNeedsAttention(
            f"One order holds at most {MAX_COURSES} different courses. Please order in two parts."
        )
    problems: defaultdict[str, list[Course]] = defaultdict(list)
    for item in items:
        if not item.course.is_for_sale:
            problems["no longer for sale"].append(item.course)
        elif item.course_id in owned and item.seats == 1:
            problems["already yours, so taken out"].append(item.course)
        elif item.price_minor != item.course.price_minor:
            problems[f"now {item.course.price}"].append(item.course)
    if problems:
        raise CartNeedsAttention(f"Please look at your cart once more. {_in_words(problems)}.")


def _in_words(problems: dict[str, list[Course]]) -> str:
    return "; ".join(
        f"{', '.join(f'“{course}”' for course in courses)}: {problem}"
        for problem, courses in problems.items()
    )
