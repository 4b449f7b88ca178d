"""Work that can wait: deferred with its transaction, done by a real worker."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection, connections, transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from project.jobs import PATIENTLY, job
from project.mail import deliver, send_later, take_up_again
from project.models import OutboundMail

pytestmark = pytest.mark.django_db(transaction=True)

done = []


@job(queue="tests")
def second(name: str) -> None:
    done.append(name)


@job(queue="tests")
def first(name: str) -> None:
    second.later(f"{name}'s second")
    done.append(name)


@job(queue="tests", retry=PATIENTLY)
def fail_once(name: str) -> None:
    done.append(name)
    raise RuntimeError("not yet")


@job(queue="tests")
def lose_connection() -> None:
    """Have the server end this thread's connection, as a restart of PostgreSQL does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    connection.connection.close()


@job(queue="tests")
def ask() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    done.append("answered")


@pytest.fixture(autouse=True)
def nothing_done(db, monkeypatch):
    """Forget the jobs of earlier tests, whose tables Django does not empty.

    The worker's threads keep no connection here, so that the database can be removed.
    """
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    done.clear()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


def work():
    """Do all jobs that are due, in a real worker of one thread."""
    with app.replace_connector(app.connector.get_worker_connector()):
        app.run_worker(
            wait=False, listen_notify=False, install_signal_handlers=False, concurrency=1
        )


def statuses():
    ours = ProcrastinateJob.objects.filter(queue_name="tests")
    return sorted(ours.values_list("status", flat=True))


def test_job_is_done_by_the_worker_and_may_defer_another():
    first.later("a")

    work()

    assert done == ["a", "a's second"]
    assert statuses() == ["succeeded", "succeeded"]


def test_job_of_a_transaction_that_is_rolled_back_is_never_done():
    def defer_and_fail():
        with transaction.atomic():
            first.later("a")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        defer_and_fail()

    work()

    assert done == []
    assert statuses() == []


def test_job_that_fails_waits_for_its_next_try():
    fail_once.later("a")

    work()

    assert done == ["a"]
    waiting = ProcrastinateJob.objects.get(queue_name="tests")
    assert (waiting.status, waiting.attempts) == ("todo", 1)
    assert waiting.scheduled_at is not None


def test_job_finds_the_database_again_after_its_connection_was_lost():
    lose_connection.later()
    ask.later()

    work()

    assert done == ["answered"]


def test_mail_is_sent_by_the_worker_and_its_text_forgotten():
    send_later(to="ada@example.com", subject="Your code", text="WDJB-MJHT", html="<p>WDJB</p>")

    assert mail.outbox == []
    work()

    [message] = mail.outbox
    assert (message.to, message.body) == (["ada@example.com"], "WDJB-MJHT")
    kept = OutboundMail.objects.get()
    assert (kept.text, kept.html, kept.sent_at is not None) == ("", "", True)


def test_mail_with_a_key_is_sent_once():
    answers = [
        send_later(key="receipt:1", to="ada@example.com", subject="Thanks", text="Thanks.")
        for _ in range(2)
    ]
    work()
    send_later(key="receipt:1", to="ada@example.com", subject="Thanks", text="Thanks.")
    work()

    assert answers == [True, False]
    assert len(mail.outbox) == 1


def test_mail_that_was_sent_is_not_sent_again():
    """A job may run twice: after a crash it is done again."""
    send_later(to="ada@example.com", subject="Thanks", text="Thanks.")
    work()

    deliver(OutboundMail.objects.get().pk)

    assert len(mail.outbox) == 1


def test_mail_that_an_outage_kept_is_taken_up_again():
    """Its job has given up by then; what is a fortnight old would only confuse."""
    for age in (timedelta(0), timedelta(hours=11), timedelta(hours=13), timedelta(days=15)):
        OutboundMail.objects.create(to="ada@example.com", subject=f"{age}", text="Thanks.")
        OutboundMail.objects.filter(subject=f"{age}").update(created_at=timezone.now() - age)
    sent = OutboundMail.objects.create(to="ada@example.com", subject="sent", text="Thanks.")
    deliver(sent.pk)
    OutboundMail.objects.filter(pk=sent.pk).update(created_at=timezone.now() - timedelta(hours=13))

    take_up_again()

    tasks = ProcrastinateJob.objects.filter(task_name="project.mail.deliver")
    taken_up = OutboundMail.objects.filter(pk__in=[task.args["mail_id"] for task in tasks])
    assert [message.subject for message in taken_up] == ["13:00:00"]
