from datetime import timedelta

import pytest
from django.utils import timezone

from checkout.sandbox import jobs
from checkout.sandbox.models import CheckoutSession, Event
from tests.sandbox.asking import create_session, pay


@pytest.mark.django_db
def test_the_clock_expires_what_is_overdue_and_nothing_else(shop):
    overdue, paid, fresh = create_session(), create_session(), create_session()
    pay(paid)
    CheckoutSession.objects.exclude(pk=fresh.pk).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )

    jobs.expire_overdue_sessions()
    jobs.expire_overdue_sessions()

    assert {session.pk: session.status for session in CheckoutSession.objects.all()} == {
        overdue.pk: "expired",
        paid.pk: "complete",
        fresh.pk: "open",
    }
    [event] = Event.objects.filter(type="checkout.session.expired")
    assert event.data_object["id"] == overdue.pk
    assert (event.request_id, event.idempotency_key) == ("", "")
