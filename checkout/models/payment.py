"""Payments: one attempt each to pay an order, with one session at a gateway, never reused."""

import hashlib
import json
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from checkout.gateways import Gateway, Snapshot
from checkout.models.order import InvalidTransition, Order
from project.prepared import Given, PreparedUpdate

# Of a session at the gateway. Stripe takes 30 minutes to 24 hours after its own clock's now.
LIFETIME = timedelta(hours=12)
LIVE = ("creating", "open", "processing")
# Between two questions about a payment of which nothing is heard.
OPEN_INTERVAL, PROCESSING_INTERVAL = timedelta(hours=1), timedelta(hours=6)
GRACE = timedelta(minutes=5)  # after a session's end, for our clocks to differ


class PaymentStatus(models.TextChoices):
    """Where an attempt stands."""

    CREATING = "creating", _("Asking the gateway")
    OPEN = "open", _("Waiting for the customer")
    PROCESSING = "processing", _("The bank is confirming")
    PAID = "paid", _("Paid")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("Expired")
    ABANDONED = "abandoned", _("Abandoned")


# Every move a payment can make. Each is a verb of Payment, and nothing else writes its status.
# ``paid`` is terminal and can be reached from everywhere: money dominates.
NEXT_STATUSES = {
    PaymentStatus.CREATING: {
        PaymentStatus.OPEN,
        PaymentStatus.PROCESSING,
        PaymentStatus.FAILED,
        PaymentStatus.EXPIRED,
        PaymentStatus.ABANDONED,
        PaymentStatus.PAID,
    },
    # Failed at once, where nobody was told that a bank was confirming.
    PaymentStatus.OPEN: {
        PaymentStatus.PROCESSING,
        PaymentStatus.FAILED,
        PaymentStatus.EXPIRED,
        PaymentStatus.PAID,
    },
    PaymentStatus.PROCESSING: {PaymentStatus.FAILED, PaymentStatus.PAID},
    PaymentStatus.FAILED: {PaymentStatus.PAID},
    PaymentStatus.EXPIRED: {PaymentStatus.PAID},
    PaymentStatus.ABANDONED: {PaymentStatus.PAID},
    PaymentStatus.PAID: set(),
}


class PaymentQuerySet(models.QuerySet["Payment"]):
    """Attempts to pay."""

    def live(self) -> "PaymentQuerySet":
        """Those that may still bring money by themselves."""
        return self.filter(status__in=LIVE)

    def received(self) -> "PaymentQuerySet":
        """Those that brought money."""
        return self.filter(status=PaymentStatus.PAID)

    def unfinished(self, *, since: datetime) -> "PaymentQuerySet":
        """Those written down before ``since`` whose session may or may not exist."""
        return self.filter(status=PaymentStatus.CREATING, created_at__lt=since).order_by("pk")

    def unheard_of(self, *, now: datetime) -> "PaymentQuerySet":
        """Those with a session that it is time to ask about.

        Open ones when their time is over, and each hour; those that a bank confirms more rarely.
        """
        last_look = Coalesce("last_checked_at", "created_at")
        is_over = Q(expires_at__lt=now - GRACE) & Q(last_look__lt=F("expires_at") + GRACE)
        is_open = Q(status=PaymentStatus.OPEN) & (is_over | Q(last_look__lt=now - OPEN_INTERVAL))
        is_slow = Q(status=PaymentStatus.PROCESSING, last_look__lt=now - PROCESSING_INTERVAL)
        asked = self.live().exclude(session_id=None).alias(last_look=last_look)
        return asked.filter(is_open | is_slow).order_by("pk")

    def locked(self) -> "PaymentQuerySet":
        """Rows locked until the transaction ends."""
        return self.select_for_update(no_key=True, of=("self",))

    def locked_with_order(self) -> "PaymentQuerySet":
        """Rows with their orders and buyers: the order is locked first, and then the payment.

        PostgreSQL locks the rows that a query joins in the order in which its locking clause names
        their tables, and gives what stands in them by then. Source: ``ExecLockRows`` in
        PostgreSQL's ``nodeLockRows.c``.
        """
        whole = self.select_related("order__user")
        return whole.select_for_update(no_key=True, of=("order", "self"))

    def attempt(self, order: Order, gateway: Gateway, *, tells_email: bool = True) -> "Payment":
        """Write down a new attempt, before the gateway hears of it.

        What the gateway will be asked is frozen with its key: it refuses the same key with other
        parameters.
        """
        latest = self.filter(order=order).aggregate(latest=models.Max("attempt"))["latest"] or 0
        key = f"{order.reference}:{latest + 1}"
        expires_at = timezone.now().replace(microsecond=0) + LIFETIME
        request = gateway.build_request(
            order, key=key, expires_at=expires_at, tells_email=tells_email
        )
        return self.create(
            order=order,
            attempt=latest + 1,
            gateway=gateway.name,
            livemode=gateway.livemode,
            amount_minor=order.total_minor,
            currency=order.currency,
            idempotency_key=key,
            request=request,
            request_hash=request_hash(request),
            expires_at=expires_at,
        )


class Payment(models.Model):
    """One attempt to pay an order."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    attempt = models.PositiveSmallIntegerField()
    gateway = models.CharField(max_length=32)
    livemode = models.BooleanField()
    status = models.CharField(max_length=16, choices=PaymentStatus, default=PaymentStatus.CREATING)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(max_length=3)
    idempotency_key = models.CharField(max_length=255, unique=True)
    request = models.JSONField(help_text=_("What the gateway is asked for, word for word."))
    request_hash = models.CharField(max_length=64)
    session_id = models.CharField(max_length=255, null=True, blank=True)
    intent_id = models.CharField(max_length=255, null=True, blank=True)
    charge_id = models.CharField(max_length=255, null=True, blank=True)
    session_url = models.TextField(blank=True)
    settles_order = models.BooleanField(
        default=False, help_text=_("This is the one that bought it.")
    )
    received_minor = models.BigIntegerField(_("received"), default=0)
    received_currency = models.CharField(
        max_length=3, blank=True, help_text=_("The order's, unless something is wrong.")
    )
    refund_reserved_minor = models.BigIntegerField(_("refunded or being refunded"), default=0)
    gateway_refunded_minor = models.BigIntegerField(
        _("refunded at the gateway"), default=0, help_text=_("As it said when it was asked last.")
    )
    method = models.CharField(max_length=64, blank=True, help_text=_("Such as card."))
    card = models.CharField(max_length=64, blank=True, help_text=_("Brand and last four digits."))
    customer_email = models.CharField(
        max_length=254, blank=True, help_text=_("As typed at the gateway. Proves nothing.")
    )
    last_error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    processing_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text=_("Without money."))
    paid_at = models.DateTimeField(null=True, blank=True)
    last_checked_at = models.DateTimeField(null=True, blank=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["order", "attempt"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["order", "attempt"], name="payment_attempt_once"),
            models.UniqueConstraint(
                fields=["gateway", "livemode", "session_id"], name="payment_session_once"
            ),
            models.UniqueConstraint(
                fields=["gateway", "livemode", "intent_id"], name="payment_intent_once"
            ),
            models.UniqueConstraint(
                fields=["order"], condition=Q(status__in=LIVE), name="one_live_payment_per_order"
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(settles_order=True),
                name="one_settling_payment_per_order",
            ),
            models.CheckConstraint(
                condition=Q(
                    refund_reserved_minor__gte=0, refund_reserved_minor__lte=F("received_minor")
                ),
                name="payment_never_over_refunded",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gte=0, received_minor__gte=0),
                name="payment_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(settles_order=False) | Q(status="paid"),
                name="payment_settles_only_if_paid",
            ),
            models.CheckConstraint(
                condition=Q(status="paid", paid_at__isnull=False)
                | ~Q(status="paid") & Q(paid_at__isnull=True),
                name="payment_paid_at_iff_paid",
            ),
            models.CheckConstraint(
                condition=Q(status__in=PaymentStatus.values), name="payment_status_is_known"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("expires_at", condition=Q(status__in=LIVE), name="payment_sweep")
        ]

    def __str__(self) -> str:
        return f"{self.order}, attempt {self.attempt}"

    @property
    def is_paid(self) -> bool:
        """Whether money was received."""
        return self.status == PaymentStatus.PAID

    @property
    def free_minor(self) -> int:
        """What of the money received is not refunded, nor about to be."""
        return self.received_minor - self.refund_reserved_minor

    @property
    def is_live(self) -> bool:
        """Whether it may still bring money by itself."""
        return self.status in LIVE

    def can_become(self, status: PaymentStatus) -> bool:
        """Whether that move is allowed from where it stands."""
        return status in NEXT_STATUSES[PaymentStatus(self.status)]

    def open(self, *, session_id: str, url: str, expires_at: datetime) -> bool:
        """Note the gateway's session. A webhook may have been faster: then only fill the gaps."""
        Payment.objects.filter(pk=self.pk).update(
            session_id=session_id, session_url=url, expires_at=expires_at
        )
        movable = Payment.objects.filter(pk=self.pk, status=PaymentStatus.CREATING)
        moved = movable.update(status=PaymentStatus.OPEN, opened_at=timezone.now())
        self.refresh_from_db()
        return bool(moved)

    def start_processing(self, snapshot: Snapshot) -> bool:
        """Wait for the bank. Return whether anything changed."""
        return self._move_to(
            PaymentStatus.PROCESSING, processing_at=timezone.now(), **_details(snapshot)
        )

    def pay(self, snapshot: Snapshot, *, settles_order: bool) -> bool:
        """Note the money, and whether it buys the order. Only settlement calls this."""
        return self._move_to(
            PaymentStatus.PAID,
            paid_at=timezone.now(),
            received_minor=snapshot.money_minor,
            received_currency=snapshot.currency,
            settles_order=settles_order,
            **_details(snapshot),
        )

    def settle_order(self) -> None:
        """Have money buy the order that was held because of it. Only settlement calls this."""
        Payment.objects.filter(pk=self.pk).update(settles_order=True)
        self.settles_order = True

    def reserve(self, amount_minor: int) -> None:
        """Set an amount aside to be refunded; a negative one gives it free again.

        The database refuses more than was received (``payment_never_over_refunded``).
        """
        reserved = F("refund_reserved_minor") + amount_minor
        Payment.objects.filter(pk=self.pk).update(refund_reserved_minor=reserved)
        self.refresh_from_db(fields=["refund_reserved_minor"])

    def note_refunded(self, amount_minor: int) -> None:
        """Note how much the gateway says that it gave back."""
        if self.gateway_refunded_minor != amount_minor:
            Payment.objects.filter(pk=self.pk).update(gateway_refunded_minor=amount_minor)
            self.gateway_refunded_minor = amount_minor

    def fail(self, error: str) -> bool:
        """Note that the bank refused after all. Return whether anything changed."""
        return self._end_as(PaymentStatus.FAILED, last_error=error[:500])

    def expire(self) -> bool:
        """Note that the session ended without money. Return whether anything changed."""
        return self._end_as(PaymentStatus.EXPIRED)

    def abandon(self, error: str) -> bool:
        """Give up: the gateway refused to open a session. Return whether anything changed."""
        return self._end_as(PaymentStatus.ABANDONED, last_error=error[:500])

    def adopt_intent(self, intent_id: str) -> None:
        """Save the intent of an event that came before the money was settled."""
        Payment.objects.filter(pk=self.pk, intent_id=None).update(intent_id=intent_id)
        self.refresh_from_db(fields=["intent_id"])

    def adopt_session(self, session_id: str) -> None:
        """Save the session of an event that came before the answer that opened it."""
        Payment.objects.filter(pk=self.pk, session_id=None).update(session_id=session_id)
        self.refresh_from_db(fields=["session_id"])

    def forget_customer(self) -> None:
        """Take out what names the customer; amounts and the gateway's ids stay.

        What the gateway was asked is forgotten with it: a session that is over is not asked again.
        """
        self.request, self.customer_email = {}, ""
        self.save(update_fields=["request", "customer_email"])

    def is_due_for_check(self, *, every: timedelta, head_start: bool = True) -> bool:
        """Claim the right to ask the gateway now: one caller gets it in each interval.

        With a ``head_start`` the first call only starts the clock, because a webhook is on its way
        that saves asking. Each claim is one UPDATE, so that a page reloaded a hundred times asks
        once.
        """
        now = timezone.now()
        mine = Payment.objects.filter(pk=self.pk)
        if mine.filter(last_checked_at=None).update(last_checked_at=now):
            return not head_start
        return bool(mine.filter(last_checked_at__lte=now - every).update(last_checked_at=now))

    def _end_as(self, status: PaymentStatus, **changes: Any) -> bool:
        """Move to the end of an attempt, which the order's page shows."""
        has_moved = self._move_to(status, ended_at=timezone.now(), **changes)
        if has_moved:
            self.order.note_change()
        return has_moved

    def _move_to(self, status: PaymentStatus, **changes: Any) -> bool:
        """Move to ``status`` in one UPDATE; return ``False`` if it was there already."""
        moved = _MOVABLE[status].change({"pk": self.pk}, status=status, **changes)
        if moved:
            for name, value in {"status": status, **changes}.items():
                setattr(self, name, value)
        else:
            self.refresh_from_db(fields=["status", *changes])
        if self.status != status:
            raise InvalidTransition(f"{self} cannot become {status.label.lower()}.")
        return bool(moved)


def _movable_to(status: PaymentStatus) -> PaymentQuerySet:
    origins = [old for old, new in NEXT_STATUSES.items() if status in new]
    movable: PaymentQuerySet = Payment.objects.filter(pk=Given("pk"), status__in=origins)
    return movable


_MOVABLE = {status: PreparedUpdate(partial(_movable_to, status)) for status in PaymentStatus}


def _details(snapshot: Snapshot) -> dict[str, Any]:
    """Return what is kept of a snapshot beside the money; nothing that is known is forgotten."""
    details = {
        "intent_id": snapshot.intent_id,
        "charge_id": snapshot.charge_id,
        "method": snapshot.method,
        "card": snapshot.card,
        "customer_email": snapshot.customer_email,
    }
    return {name: value for name, value in details.items() if value}


def request_hash(request: dict[str, Any]) -> str:
    """Return what identifies a frozen request."""
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
