"""One history as it happens: an order, its sessions at the sandbox, and all who tell of them."""

import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.db import OperationalError
from django.db.models import F
from django.utils import timezone

from checkout.claims import claim_order
from checkout.gateways import GatewayError
from checkout.models import Cart, InvalidTransition, Order, Payment, Refund
from checkout.opening import open_payment
from checkout.placing import begin_payment
from checkout.proving import gateway_side, postman, staff
from checkout.proving.hazards import Killed, endangered, kill
from checkout.proving.histories import History, Step
from checkout.proving.shop import Shop
from checkout.proving.wire import send
from checkout.reconciliation import STEPS, check_payment, reconcile
from checkout.refunds import CannotRefund, send_refund
from checkout.sandbox.models import IdempotentRequest
from checkout.settlement import WrongSession
from library.models import Enrollment, EnrollmentSource

logger = logging.getLogger(__name__)

# What whoever is told may answer when it is not the time: it will be told again.
REFUSALS = (GatewayError, WrongSession, InvalidTransition, CannotRefund, OperationalError)
A_WHILE = timedelta(hours=7)  # after which the reconciler asks about everything
A_DAY = timedelta(hours=25)  # after which the gateway has forgotten what it was asked
ROUNDS = 8  # in which all comes to rest
MEANWHILE = 0.03  # seconds that a worker waits for another one that may wait for it


class Restless(Exception):
    """The books go on changing, though nothing happens any more."""


class World:
    """An order, and what happens to it."""

    def __init__(self, history: History, shop: Shop, workers: ThreadPoolExecutor) -> None:
        self.history = history
        self.shop = shop
        self._workers = workers
        self._tellings: dict[str, Callable[[int], object]] = {
            "deed": lambda _: self._do_next_deed(),
            "event": self._deliver,
            "page": lambda _: self._come_back(),
            "check": self._check,
            "step": self._reconcile_step,
            "job": lambda _: self._send_refunds(),
            "staff": lambda _: staff.grant_wish(self.order, history.wish),
            "day": lambda _: self._let_keys_be_forgotten(),
            "claim": lambda _: claim_order(self.order.pk, shop.buyer),
        }

    def live(self) -> None:
        """Let everything happen, until nothing is left to happen."""
        self.order = self._place_order()
        session_ids = [str(payment.session_id) for payment in self._payments()]
        for pay in gateway_side.payings(self.history, session_ids):
            pay()
        self._deeds = deque(gateway_side.answers(self.history, session_ids))
        for step in self.history.steps:
            self._happen(step)
        self._come_to_rest()

    def _place_order(self) -> Order:
        """Order, with one session for each sale. Of the first the shop believes that it is over."""
        cart = self._fill_cart()
        token, buyer = uuid4(), self.shop.buyer
        user = None if self.history.buyer == "guest" else buyer

        def begin() -> Payment:
            return begin_payment(cart, user=user, email=buyer.email, token=token)

        self._at_risk(begin, self.history.opening)
        order = begin().order
        for _ in self.history.sales[1:]:
            # As when its keys were changed for a while, and the session was not found.
            order.payments.live().get().expire()
            open_payment(order)
        if self.history.cart == "owned":
            course = self.shop.courses[0]
            Enrollment.objects.grant(buyer, course, source=EnrollmentSource.GIFT)
        return order

    def _fill_cart(self) -> Cart:
        is_guest = self.history.buyer == "guest"
        cart = Cart.objects.create() if is_guest else Cart.objects.of_owner(self.shop.buyer)
        kind = self.history.cart
        is_one = kind in ("one", "seats", "gifts")
        for course in self.shop.courses[: 1 if is_one else 2]:
            seats = 2 if kind in ("seats", "gifts") else 1
            cart.put(course, seats=seats, is_for_others=kind == "gifts")
        return cart

    def _payments(self) -> list[Payment]:
        return list(Payment.objects.filter(order=self.order).order_by("attempt"))

    def _happen(self, step: Step) -> None:
        if step.other is None:
            return self._at_risk(lambda: self._tell(step), step.kill)
        other, met = step.other, list[Future[None]]()

        def meet() -> None:
            met.append(self._workers.submit(self._tell, other))
            wait(met, timeout=MEANWHILE)

        with endangered(step.pause, meet):
            self._tell(step)
        for future in met:
            future.result()
        if not met:
            self._tell(other)

    def _at_risk(self, work: Callable[[], object], place: int) -> None:
        try:
            with endangered(place, kill):
                work()
        except Killed:
            return

    def _tell(self, step: Step) -> None:
        try:
            self._tellings[step.kind](step.number)
        except REFUSALS as refusal:
            logger.info("%s: %s", step, refusal)

    def _do_next_deed(self) -> None:
        if self._deeds:
            self._deeds.popleft()()

    def _deliver(self, number: int) -> None:
        events = postman.events()
        if events:
            postman.deliver(events[number % len(events)])

    def _come_back(self) -> None:
        """The buyer looks at the order's page, some time after it was looked at last."""
        self._let_time_pass()
        url = settings.SITE_URL + self.order.get_absolute_url()
        response = send("GET", url, body=b"", headers={"Cookie": self.shop.cookie})
        if response.status_code != 200:
            raise RuntimeError(f"The order's page answered {response.status_code}.")

    def _check(self, number: int) -> None:
        payments = self._payments()
        check_payment(payments[number % len(payments)])

    def _reconcile_step(self, number: int) -> None:
        self._let_time_pass()
        reconcile([STEPS[number % len(STEPS)]], commit=True, now=self._later())

    def _send_refunds(self) -> None:
        for pk in Refund.objects.filter(status="requested").values_list("pk", flat=True):
            send_refund(pk)

    def _let_keys_be_forgotten(self) -> None:
        """A day passes for refunds: the gateway does not know their keys any more."""
        Refund.objects.update(created_at=F("created_at") - A_DAY)
        keys = IdempotentRequest.objects.filter(path__endswith="/refunds")
        keys.update(created_at=F("created_at") - A_DAY)

    def _let_time_pass(self) -> None:
        asked = Payment.objects.exclude(last_checked_at=None)
        asked.update(last_checked_at=F("last_checked_at") - A_WHILE)

    def _later(self) -> datetime:
        return timezone.now() + A_WHILE

    def _come_to_rest(self) -> None:
        while self._deeds:
            self._do_next_deed()
        if self.history.end == "swallowed":
            postman.swallow_all()
        claim_order(self.order.pk, self.shop.buyer)
        for _ in range(ROUNDS):
            self._hear_the_rest()
            findings = self._look_after_all()
            if not findings and not staff.clear_up(self.order, self.history):
                return
        raise Restless("; ".join(findings) or "staff have something to do again and again")

    def _hear_the_rest(self) -> None:
        """Tell of all that was not told, unless it is lost."""
        if self.history.end == "told":
            for event in postman.untold():
                postman.deliver(event)

    def _look_after_all(self) -> list[str]:
        """Look after everything. Return what was not in order."""
        self._let_time_pass()
        report = reconcile(STEPS, commit=True, now=self._later())
        return [line for look in report.looks for line in (*look.found, *look.failed)]
