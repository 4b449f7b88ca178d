"""A gateway in this process: as quick as a call, and as unpunctual as a test wants it."""

import threading
from collections import Counter

from django.utils import timezone

from checkout.gateways import RefundSnapshot, SessionState, Started
from checkout.models.payment import LIFETIME
from tests.checkout.shop import snapshot_of


class MemoryGateway:
    """Sessions by their ids, for tests of the shop that need no Stripe on the other side.

    ``trouble`` has the error that a session answers with; ``meanwhile`` is called with each
    payment while its session is being made.
    """

    name = "stripe"
    livemode = False

    def __init__(self):
        self.states = {}
        self.asked = Counter()
        self.trouble = {}
        self.meanwhile = lambda payment: None
        self.refunds = {}  # by their keys
        self._lock = threading.Lock()

    def build_request(self, order, *, key, expires_at, tells_email=True):
        return {"payment": key}

    def build_refund(self, payment, *, amount_minor, key, is_duplicate):
        return {"payment": payment.idempotency_key, "amount": amount_minor, "key": key}

    def refund(self, refund):
        """Give money back; asked again with the same key, it is the same refund."""
        if "refund" in self.trouble:
            raise self.trouble["refund"]
        return self.refunds.setdefault(
            refund.idempotency_key,
            RefundSnapshot(
                refund_id=f"re_{refund.pk}",
                status="succeeded",
                amount_minor=refund.amount_minor,
                currency=refund.currency,
                key=refund.idempotency_key,
            ),
        )

    def refunds_of(self, payment):
        return list(self.refunds.values())

    def disputes_of(self, payment):
        return []

    def undelivered_events(self, since):
        return []

    def completed_sessions(self, since):
        return []

    def returned_intents(self, since):
        return []

    def check_amount(self, amount_minor, currency):
        pass

    def create(self, payment):
        """Open a session; asked again with the same key, it is the same session."""
        session_id = f"cs_test_{payment.idempotency_key}"
        with self._lock:
            self.states.setdefault(session_id, SessionState.OPEN)
        self.meanwhile(payment)
        return Started(
            session_id=session_id,
            url=f"http://pay.example/{session_id}",
            expires_at=timezone.now() + LIFETIME,
        )

    def fetch(self, payment):
        self.asked[payment.session_id] += 1
        if payment.session_id in self.trouble:
            raise self.trouble[payment.session_id]
        return snapshot_of(payment, self.states[payment.session_id])

    def cancel(self, payment):
        self._end_open(payment.session_id, SessionState.EXPIRED)
        return self.fetch(payment)

    def pay(self, session_id):
        """Be the customer. Return whether the session took the money."""
        return self._end_open(session_id, SessionState.PAID)

    def in_state(self, state):
        """Return the ids of the sessions in that state."""
        return {session_id for session_id, known in self.states.items() if known == state}

    def _end_open(self, session_id, state):
        with self._lock:
            is_open = self.states[session_id] == SessionState.OPEN
            if is_open:
                self.states[session_id] = state
        return is_open
