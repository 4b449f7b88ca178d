"""From a cart to an order: written down before the gateway hears of it.

What to do is decided under the cart's lock, in one transaction; the gateway is spoken to between
such decisions, never within one.
"""

from collections import Counter, defaultdict
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language, gettext

from checkout.carts import owned_by
from checkout.gateways import EmailRefused, Unavailable, gateway_for
from checkout.lines import Line, WantedSeat
from checkout.models import MAX_COURSES, Cart, Order, OrderLine, Payment
from checkout.models.payment import LIFETIME
from checkout.opening import open_payment, take_back
from checkout.settling import wait_briefly_for_locks
from checkout.summary import CartSummary
from project.accounts.models import User

TRIES = 4


class CartNeedsAttention(Exception):
    """The cart cannot be ordered as it is. The message says why, in words for the shopper."""


class CartChanged(Exception):
    """The cart has a live order with another content, which must be taken back first."""

    def __init__(self, order: Order) -> None:
        super().__init__(order)
        self.order = order


def begin_payment(
    cart: Cart, *, user: User | None, email: str, token: UUID, shown: str = ""
) -> Payment:
    """Turn the cart into an order, and return its payment with somewhere to send the customer.

    Without a ``user`` it is bought by whoever has the address. An order for somebody else, or with
    another address, is another one, as one with another content is. ``shown`` is the fingerprint
    of what the page showed: nothing else is ordered, and at no other price.

    The same page sent twice, or the same cart from two tabs, gives the same payment. An order of
    the same cart with another content is taken back first; if it turns out to be paid, its
    payment is returned instead. Raise ``CartNeedsAttention``, and ``GatewayError``; after
    ``EmailRefused`` the order is canceled, since the next one will have another address.
    """
    for _try in range(TRIES):
        try:
            order = place_order(cart, user=user, email=email, token=token, shown=shown)
        except CartChanged as changed:
            take_back(changed.order)
            if changed.order.is_settled:
                return changed.order.payments.select_related("order").latest("attempt")
            continue
        except IntegrityError:
            # Another request was faster by a moment: now its order can be seen.
            continue
        payment = _open(order)
        if payment.order.is_live or payment.order.is_paid:
            return payment
        # Its session ended while nobody looked. What the customer wants is in the cart still.
    raise Unavailable(f"Cart {cart.pk} changes faster than it can be ordered.")


@transaction.atomic
def place_order(
    cart: Cart, *, user: User | None, email: str, token: UUID, shown: str = ""
) -> Order:
    """Return the order for what is in the cart now; make it if there is none.

    Raise ``CartNeedsAttention``, and ``CartChanged`` if an order with another content is in the
    way.
    """
    wait_briefly_for_locks()
    owner_id = user.pk if user else None
    carts = Cart.objects.locked_for_order(cart_id=cart.pk, owner_id=owner_id)
    if not any(known.pk == cart.pk and known.is_open_for(user) for known in carts):
        raise CartNeedsAttention(gettext("Your cart has changed. Please look at it once more."))
    sent_before = Order.objects.filter(checkout_token=token).first()
    if sent_before and sent_before.is_paid and _is_theirs(sent_before, cart, user):
        return sent_before
    wanted = CartSummary(cart.items.with_goods(), owned=owned_by(user) if user else set())
    _check(wanted, shown)
    live = cart.orders.live().first()
    if live is None:
        # A token makes one order, ever.
        return _write_down(cart, wanted, user, email, uuid4() if sent_before else token)
    is_same = (live.user_id, live.email) == (owner_id, email)
    if not is_same or live.cart_fingerprint != wanted.fingerprint:
        raise CartChanged(live)
    return live


def _open(order: Order) -> Payment:
    """Return the order's payment. A visitor whose address is refused can give another one."""
    try:
        return open_payment(order, insists_on_email=order.user_id is None)
    except EmailRefused:
        take_back(order)
        raise


def _is_theirs(order: Order, cart: Cart, user: User | None) -> bool:
    """Whether the order is the person's; a visitor is known by the cart alone."""
    return order.user == user and (user is not None or order.cart_id == cart.pk)


def _write_down(
    cart: Cart, wanted: CartSummary, user: User | None, email: str, token: UUID
) -> Order:
    gateway = gateway_for(wanted.total_minor)
    try:
        gateway.check_amount(wanted.total_minor, settings.SHOP_CURRENCY)
    except ValueError as error:
        raise CartNeedsAttention(str(error)) from error
    order = Order.objects.create(
        checkout_token=token,
        cart=cart,
        cart_fingerprint=wanted.fingerprint,
        user=user,
        email=email,
        language=get_language() or "",
        currency=settings.SHOP_CURRENCY,
        total_minor=wanted.total_minor,
        expires_at=timezone.now() + LIFETIME,
    )
    OrderLine.objects.bulk_create(_lines(order, wanted.wanted))
    Payment.objects.attempt(order, gateway)
    return order


def _lines(order: Order, wanted: list[WantedSeat]) -> list[OrderLine]:
    """Return one line for each seat; the seats on one course are numbered."""
    numbers: Counter[int] = Counter()
    lines = []
    for seat in wanted:
        numbers[seat.course.pk] += 1
        line = OrderLine(
            order=order,
            course=seat.course,
            seat=numbers[seat.course.pk],
            title=seat.course.title,
            price_minor=seat.price_minor,
            is_for_buyer=seat.is_for_buyer,
            bundle=seat.bundle,
            bundle_title=seat.bundle.title if seat.bundle else "",
        )
        lines.append(line)
    return lines


def _check(wanted: CartSummary, shown: str) -> None:
    """Raise ``CartNeedsAttention`` if the cart is not what the shopper believes."""
    if wanted.is_empty:
        raise CartNeedsAttention(gettext("Your cart is empty."))
    if len({(seat.course.pk, seat.bundle) for seat in wanted.wanted}) > MAX_COURSES:
        raise CartNeedsAttention(
            gettext(
                "One order holds at most %(number)s different courses. Please order in two parts."
            )
            % {"number": MAX_COURSES}
        )
    problems: defaultdict[str, list[str]] = defaultdict(list)
    for line in wanted.lines:
        if problem := _problem(line):
            problems[problem].append(f"“{line.thing}”")
    if problems:
        told = "; ".join(f"{', '.join(names)}: {problem}" for problem, names in problems.items())
        raise CartNeedsAttention(
            gettext("Please look at your cart once more. %(problems)s.") % {"problems": told}
        )
    if shown and shown != wanted.fingerprint:
        raise CartNeedsAttention(
            gettext("Your cart is not what this page showed any more. Please look at it once more.")
        )


def _problem(line: Line) -> str:
    if line.note == "price_changed":
        return gettext("now %(price)s") % {"price": line.price}
    return {
        "unavailable": gettext("no longer for sale"),
        "owned": gettext("already yours, so taken out"),
        "in_bundle": gettext("part of a bundle in your cart, so taken out"),
    }.get(line.note, "")
