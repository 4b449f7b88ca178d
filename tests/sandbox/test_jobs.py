from datetime import timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from checkout.sandbox import jobs
from checkout.sandbox.models import CheckoutSession, Delivery, Event
from tests.sandbox.asking import create_session, listen_to_everything, pay


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


def do_deferred_jobs():
    """Do what the worker would find to do now."""
    for job in ProcrastinateJob.objects.filter(status="todo", scheduled_at=None):
        assert job.task_name == "checkout.sandbox.deliveries.deliver"
        jobs.deliver(**job.args)


@pytest.mark.django_db
def test_the_worker_delivers_what_was_not_delivered_at_once(shop):
    listen_to_everything()
    shop.answers.append(500)
    pay(create_session())

    do_deferred_jobs()

    assert sorted(shop.kinds()) == [
        "charge.succeeded",
        "payment_intent.created",
        "payment_intent.succeeded",
    ]
    states = [row.state for row in Delivery.objects.filter(attempt=1)]
    assert sorted(states) == ["delivered", "delivered", "failed", "pending"]
    [retry] = Delivery.objects.filter(attempt=2)
    [later] = ProcrastinateJob.objects.exclude(scheduled_at=None)
    assert later.args == {"delivery_id": retry.pk}
    assert later.scheduled_at >= retry.next_try_at


def test_the_clock_knows_the_sandbox():
    names = {task.task.name for task in app.periodic_registry.periodic_tasks.values()}

    assert names >= {
        "checkout.sandbox.jobs.conclude_due_debits",
        "checkout.sandbox.jobs.deliver_due",
        "checkout.sandbox.jobs.expire_overdue_sessions",
        "checkout.sandbox.jobs.forget_old_keys",
    }
