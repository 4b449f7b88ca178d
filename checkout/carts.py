"""Which cart is whose: a visitor's is named in the session's data, a person's belongs to them."""

import logging
from collections.abc import Set
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext

from catalog.models import Bundle, Course
from checkout.merging import bring_order_along
from checkout.models import Cart, CartItem
from checkout.models.cart import CartQuerySet
from checkout.summary import CartSummary
from library.having import having
from library.models import Enrollment
from project.accounts.models import User
from project.htmx import HtmxRequest
from project.prepared import Given, Prepared

logger = logging.getLogger(__name__)

SESSION_KEY = "cart"  # in the session's data: signing in changes the session's own key


def cart_of(request: HtmxRequest) -> Cart | None:
    """Return the visitor's cart, or ``None``. Writes nothing, and starts no session."""
    return _carts_of(request).first()


def cart_for(request: HtmxRequest, course: Course) -> Cart | None:
    """Return the visitor's cart, or ``None``, with the title of what in it has the course too.

    That is a bundle, its ``bundle_beside``.
    """
    if request.user.is_authenticated:
        return _persons_cart.first(owner=request.user.pk, course=course.pk)
    cart_id = request.session.get(SESSION_KEY)
    return _visitors_cart.first(cart=cart_id, course=course.pk) if cart_id else None


def _with_bundle_beside(carts: CartQuerySet) -> CartQuerySet:
    here = CartItem.objects.filter(cart=OuterRef(OuterRef("pk"))).values("bundle_id")
    beside = Bundle.objects.for_sale().holding(Given("course")).filter(pk__in=here).order_by("pk")
    return carts.annotate(bundle_beside=Subquery(beside.values("title")[:1]))


_persons_cart = Prepared(
    lambda: _with_bundle_beside(Cart.objects.open().filter(owner=Given("owner")))
)
_visitors_cart = Prepared(
    lambda: _with_bundle_beside(Cart.objects.open().anonymous().filter(pk=Given("cart")))
)


def _carts_of(request: HtmxRequest) -> CartQuerySet:
    """Find the visitor's cart; nobody needs to ask for one who has none."""
    if request.user.is_authenticated:
        return Cart.objects.open().held_by(request.user)
    cart_id = request.session.get(SESSION_KEY)
    return Cart.objects.open().anonymous().filter(pk=cart_id) if cart_id else Cart.objects.none()


def make_cart_of(request: HtmxRequest) -> Cart:
    """Return the visitor's cart; make it if there is none."""
    if request.user.is_authenticated:
        return Cart.objects.of_owner(request.user)
    cart = cart_of(request)
    if cart is None:
        cart = Cart.objects.create()
        request.session[SESSION_KEY] = cart.pk
    return cart


def summary_of(request: HtmxRequest) -> CartSummary:
    """Return the cart as the visitor sees it, read once for each request."""
    known: CartSummary | None = getattr(request, "cart_summary", None)
    if known is None:
        items = _items_of(request)
        known = CartSummary(items, owned=owned_on(request) if items else set())
        request.cart_summary = known  # type: ignore[attr-defined]
    return known


def _items_of(request: HtmxRequest) -> list[CartItem]:
    if request.user.is_authenticated:
        return _persons_items.all(owner=request.user.pk)
    cart_id = request.session.get(SESSION_KEY)
    return _visitors_items.all(cart=cart_id) if cart_id else []


_persons_items = Prepared(
    lambda: CartItem.objects.filter(cart__owner=Given("owner"), cart__merged_at=None).with_goods()
)
_visitors_items = Prepared(
    lambda: CartItem.objects.filter(
        cart=Given("cart"), cart__owner=None, cart__merged_at=None
    ).with_goods()
)


def owned_on(request: HtmxRequest) -> Set[int]:
    """Return what the visitor need not buy, read once for each request."""
    return having(request).owned


def owned_by(user: User | AnonymousUser) -> set[int]:
    """Return the courses that the person need not buy for themselves."""
    if isinstance(user, AnonymousUser):
        return set()
    return set(Enrollment.objects.held_by(user).current().values_list("course_id", flat=True))


def forget_summary(request: HtmxRequest) -> None:
    """Read the cart anew at the next call: it was changed."""
    if hasattr(request, "cart_summary"):
        del request.cart_summary


def bring_cart_along(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    """Merge the visitor's cart into the person's, when they sign in. Never in the way of it."""
    cart_id = request.session.get(SESSION_KEY)
    if not cart_id:
        return
    try:
        dropped = _merge(cart_id, user)
        del request.session[SESSION_KEY]
        for title in dropped:
            text = gettext("“%(course)s” was taken out of your cart: it is yours already.")
            messages.info(request, text % {"course": title}, fail_silently=True)
    except Exception:
        # Signing in matters more than the cart; the visitor's stays as it was.
        logger.exception("cart %s was not merged", cart_id)


@transaction.atomic
def _merge(cart_id: int, user: User) -> list[str]:
    """Return the titles of what was left out, because it is the person's already."""
    own = Cart.objects.of_owner(user)
    locked = (
        Cart.objects.filter(pk__in=[cart_id, own.pk]).order_by("pk").select_for_update(no_key=True)
    )
    carts = {cart.pk: cart for cart in locked}
    visitor = carts.get(cart_id)
    if visitor is None or visitor.owner_id not in (None, user.pk):
        return []
    visitor.merge_into(carts[own.pk])
    bring_order_along(visitor, own)
    return _drop_owned(own, user)


def _drop_owned(cart: Cart, user: User) -> list[str]:
    """Take out what the person has already; return what that was, by its titles."""
    before = {item.pk: str(item.thing) for item in cart.items.with_goods()}
    cart.drop_owned(owned_by(user))
    left = set(cart.items.values_list("pk", flat=True))
    return [title for pk, title in before.items() if pk not in left]
