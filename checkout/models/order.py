"""Orders: what was asked for and at what price, written down before any money moves."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.money import format_money
from checkout.models.cart import Cart
from project.accounts.models import User
from project.prepared import Given, PreparedUpdate

# Without letters and digits that are mistaken for each other. 20 of 32 are 100 bits: a secret.
REFERENCE_ALPHABET = "abcdefghjkmnpqrstvwxyz0123456789"
REFERENCE_LENGTH = 20
TIME_TO_RETRY = timedelta(days=7)  # after a bank refused; the customer reads of it by mail
FIRST_NUMBER = 1000  # so that the first customer is not No. 1


class InvalidTransition(Exception):
    """The order, or payment, cannot make this move."""


class OrderStatus(models.TextChoices):
    """Where an order stands. ``paid`` is for ever."""

    PENDING = "pending", _("Waiting for payment")
    PROCESSING = "processing", _("The bank is confirming")
    PAID = "paid", _("Paid")
    EXPIRED = "expired", _("Expired")
    CANCELED = "canceled", _("Canceled")


# Every move an order can make. Each is a verb of Order, and nothing else writes its status.
# Money that arrives late still wins.
NEXT_STATUSES = {
    OrderStatus.PENDING: {
        OrderStatus.PROCESSING,
        OrderStatus.PAID,
        OrderStatus.EXPIRED,
        OrderStatus.CANCELED,
    },
    OrderStatus.PROCESSING: {
        OrderStatus.PENDING,
        OrderStatus.PAID,
        OrderStatus.EXPIRED,
        OrderStatus.CANCELED,
    },
    OrderStatus.EXPIRED: {OrderStatus.PAID},
    OrderStatus.CANCELED: {OrderStatus.PAID},
    OrderStatus.PAID: set(),
}
LIVE = (OrderStatus.PENDING, OrderStatus.PROCESSING)


class HeldReason(models.TextChoices):
    """Why an order that was paid at the gateway waits for staff."""

    NOT_HELD = "", _("Not held")
    AMOUNT = "amount_mismatch", _("Another amount or currency was paid")


def new_reference() -> str:
    """Return a random reference that nobody can guess."""
    return "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH))


class OrderQuerySet(models.QuerySet["Order"]):
    """Orders."""

    def held_by(self, user: User) -> "OrderQuerySet":
        """The person's."""
        return self.filter(user=user)

    def visible_to(self, viewer: User | AnonymousUser, *, reference: str) -> "OrderQuerySet":
        """The order with this secret reference, if the viewer may see it, or none.

        Until an account holds an order, its reference is all that it takes; afterwards it is shown
        to its holder alone, for old mails lie about for years.
        """
        holders = Q(user=None)
        if isinstance(viewer, User):
            holders |= Q(user=viewer)
        return self.filter(holders, reference=reference)

    def unclaimed(self) -> "OrderQuerySet":
        """Those that were placed without an account, and that no account holds."""
        return self.filter(user=None)

    def placed_with(
        self, addresses: "Iterable[str] | models.QuerySet[Any, str]"
    ) -> "OrderQuerySet":
        """Those whose buyer gave one of these addresses, letter by letter in lower case.

        Never compared without regard to case: to PostgreSQL, letters of two people may be the same.
        """
        return self.filter(email__in=addresses)

    def paid(self) -> "OrderQuerySet":
        """Those whose money has arrived."""
        return self.filter(status=OrderStatus.PAID)

    def sought(self) -> "OrderQuerySet":
        """Those that somebody may look for: not those that ended without money."""
        return self.exclude(status__in=(OrderStatus.EXPIRED, OrderStatus.CANCELED))

    def live(self) -> "OrderQuerySet":
        """Those whose payment may still come."""
        return self.filter(status__in=LIVE)

    def held(self) -> "OrderQuerySet":
        """Those that wait for staff, because something else was paid than was asked."""
        return self.exclude(held_reason=HeldReason.NOT_HELD)

    def payable(self) -> "OrderQuerySet":
        """Those whose customer may be sent to pay."""
        return self.filter(status=OrderStatus.PENDING, held_reason=HeldReason.NOT_HELD)

    def overdue(self, now: datetime) -> "OrderQuerySet":
        """Those whose time is over, and that have no payment under way."""
        under_way = Q(payments__status__in=("creating", "open", "processing"))
        return self.payable().filter(expires_at__lt=now).exclude(under_way).order_by("pk")

    def newest_first(self) -> "OrderQuerySet":
        """The latest first."""
        return self.order_by("-created_at", "-pk")

    def locked(self) -> "OrderQuerySet":
        """Rows locked until the transaction ends.

        ``no_key``, because a plain lock would make every insert wait that refers to the order.
        """
        return self.select_for_update(no_key=True, of=("self",))


class Order(models.Model):
    """What somebody asked for, with titles and prices as they were then."""

    reference = models.CharField(
        max_length=32, unique=True, default=new_reference, editable=False, help_text=_("A secret.")
    )
    checkout_token = models.UUIDField(editable=False, help_text=_("Of the page that was sent."))
    cart = models.ForeignKey(
        Cart, on_delete=models.SET_NULL, related_name="orders", null=True, blank=True
    )
    cart_fingerprint = models.CharField(max_length=64, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="orders",
        null=True,
        blank=True,
    )
    claimed_at = models.DateTimeField(
        null=True, blank=True, help_text="When an account took what was bought without one."
    )
    email = models.EmailField(max_length=254)
    language = models.CharField(
        max_length=8,
        blank=True,
        default="",
        db_default="",
        help_text=_("In which it was placed; mails are written in it."),
    )
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField(_("total"))
    accepted_minor = models.BigIntegerField(
        _("accepted"), null=True, blank=True, help_text=_("What staff took instead of the total.")
    )
    status = models.CharField(max_length=16, choices=OrderStatus, default=OrderStatus.PENDING)
    held_reason = models.CharField(max_length=32, choices=HeldReason, default="", blank=True)
    version = models.PositiveIntegerField(default=1, help_text=_("Counts the changes."))
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["checkout_token"], name="order_checkout_token_once"),
            models.UniqueConstraint(
                fields=["cart"], condition=Q(status__in=LIVE), name="one_live_order_per_cart"
            ),
            models.CheckConstraint(
                condition=Q(status="paid", paid_at__isnull=False)
                | ~Q(status="paid") & Q(paid_at__isnull=True),
                name="order_paid_at_iff_paid",
            ),
            models.CheckConstraint(
                condition=Q(total_minor__gte=0), name="order_total_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(held_reason="") | ~Q(status="paid"), name="order_paid_is_not_held"
            ),
            models.CheckConstraint(
                condition=Q(accepted_minor=None) | Q(accepted_minor__gte=0, status="paid"),
                name="order_accepted_only_if_paid",
            ),
            models.CheckConstraint(
                condition=Q(currency=Lower("currency")), name="order_currency_is_lower_case"
            ),
            models.CheckConstraint(
                condition=Q(status__in=OrderStatus.values), name="order_status_is_known"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("user", F("created_at").desc(), name="order_user_newest"),
            models.Index("expires_at", condition=Q(status__in=LIVE), name="order_live_expiry"),
            models.Index(fields=["email"], name="order_email"),
        ]

    def __str__(self) -> str:
        return f"Order {self.number}"

    def get_absolute_url(self) -> str:
        """Return the order's page."""
        return reverse("checkout:order_detail", args=[self.reference])

    @property
    def number(self) -> str:
        """What people call the order."""
        return f"No. {FIRST_NUMBER + self.pk}"

    @property
    def total(self) -> str:
        """The total as people write it."""
        return format_money(self.total_minor, self.currency)

    @property
    def price_minor(self) -> int:
        """What it was sold for: the total, or what staff took instead."""
        return self.total_minor if self.accepted_minor is None else self.accepted_minor

    @property
    def is_paid(self) -> bool:
        """Whether the money has arrived."""
        return self.status == OrderStatus.PAID

    @property
    def is_live(self) -> bool:
        """Whether the payment may still come."""
        return self.status in LIVE

    @property
    def is_payable(self) -> bool:
        """Whether the customer may be sent to pay."""
        return self.status == OrderStatus.PENDING and not self.held_reason

    @property
    def is_settled(self) -> bool:
        """Whether the money is there, or on its way."""
        return self.status in (OrderStatus.PAID, OrderStatus.PROCESSING) or bool(self.held_reason)

    @property
    def standing(self) -> str:
        """Where it stands, in words for the customer."""
        return (
            gettext("We are looking at it") if self.held_reason else str(self.get_status_display())
        )

    def can_become(self, status: OrderStatus) -> bool:
        """Whether that move is allowed from where it stands."""
        return status in NEXT_STATUSES[OrderStatus(self.status)]

    def start_processing(self) -> bool:
        """Wait for the bank, which may take days. Return whether anything changed.

        The order lets go of its cart, which is free for the next one meanwhile.
        """
        return self._move_to(OrderStatus.PROCESSING, cart=None)

    def reopen(self) -> bool:
        """Let the customer pay anew, after the bank refused. Return whether anything changed.

        The bank took days, so that the order's own time may be over: it gets a new one.
        """
        return self._move_to(OrderStatus.PENDING, expires_at=timezone.now() + TIME_TO_RETRY)

    def pay(self, *, accepted_minor: int | None = None) -> bool:
        """Note that the money has arrived. Only settlement calls this.

        ``accepted_minor`` is what staff took instead of the total. An order that was held is not
        held any more.
        """
        return self._move_to(
            OrderStatus.PAID,
            paid_at=timezone.now(),
            held_reason=HeldReason.NOT_HELD,
            accepted_minor=accepted_minor,
        )

    def expire(self) -> bool:
        """Stop waiting for the money. Return whether anything changed."""
        return self._move_to(OrderStatus.EXPIRED)

    def cancel(self) -> bool:
        """Take the order back, because another one replaces it. Return whether anything changed."""
        return self._move_to(OrderStatus.CANCELED)

    def hold(self, reason: HeldReason) -> None:
        """Keep what was paid from being fulfilled until staff have looked at it.

        It lets go of its cart: nobody shall pay for the same things twice meanwhile.
        """
        self._change(held_reason=reason, cart=None)

    def release(self) -> None:
        """Close an order that was held, because all that came in for it was given back."""
        self._change(held_reason=HeldReason.NOT_HELD)
        if self.can_become(OrderStatus.CANCELED):
            self.cancel()

    def claim(self, user: User) -> bool:
        """Have an account hold what was bought without one. Return ``False`` if one does already.

        Check and change are one UPDATE. What becomes of the seats, ``checkout.claims`` knows.
        """
        mine = Order.objects.filter(pk=self.pk, user=None)
        claimed = mine.update(user=user, claimed_at=timezone.now(), version=F("version") + 1)
        self.refresh_from_db(fields=["user", "claimed_at", "version"])
        return bool(claimed)

    def follow(self, cart: Cart) -> None:
        """Belong to the cart into which its own was merged."""
        self._change(cart=cart)

    def note_change(self) -> None:
        """Count a change that a page may want to show."""
        self._change()

    def _change(self, **changes: Any) -> None:
        Order.objects.filter(pk=self.pk).update(version=F("version") + 1, **changes)
        self.refresh_from_db(fields=["version", *changes])

    def _move_to(self, status: OrderStatus, **changes: Any) -> bool:
        """Move to ``status``; return ``False`` if it was there already.

        Check and change are one UPDATE: of two processes moving the same order, the database lets
        one through.
        """
        moved = _MOVABLE[status].change({"pk": self.pk}, status=status, **changes)
        if moved:
            for name, value in {"status": status, **changes}.items():
                setattr(self, name, value)
            self.__dict__.pop("version", None)  # read anew when somebody asks for it
        else:
            self.refresh_from_db(fields=["status", "version", *changes])
        if self.status != status:
            raise InvalidTransition(f"{self} cannot become {status.label.lower()}.")
        return bool(moved)


def _movable_to(status: OrderStatus) -> OrderQuerySet:
    origins = [old for old, new in NEXT_STATUSES.items() if status in new]
    movable: OrderQuerySet = Order.objects.filter(pk=Given("pk"), status__in=origins)
    return movable


_MOVABLE = {
    status: PreparedUpdate(partial(_movable_to, status), version=F("version") + 1)
    for status in OrderStatus
}
