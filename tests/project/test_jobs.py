"""Work that can wait: deferred with its transaction, done by a real worker."""

import time
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from project.jobs import PATIENTLY, WorkerConnector, job
from project.mail import (
    Letter,
    UnknownLetter,
    deliver,
    send_later,
    take_back,
    take_up_again,
    write_later,
    writes,
)
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


@job(queue="tests")
def defer_and_roll_back(name: str) -> None:
    with transaction.atomic():
        second.later(name)
        second.in_seconds(0, name)
        transaction.set_rollback(True)


@job(queue="tests")
def write_and_dawdle(seconds: float) -> None:
    """Queue a message, and leave its transaction open while others look for work."""
    with transaction.atomic():
        send_later(to="ada@example.com", subject="At last", text="Here it is.")
        time.sleep(seconds)


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


@job(queue="tests", retry=PATIENTLY)
def deliver_as_before(mail_id: int) -> None:
    """Send a message, as the release did that knew of no letters to be written."""
    done.append(f"message {mail_id}")


greetings = {}


@writes("greeting")
def write_greeting(number):
    """Say what there is to be said by then, or fail."""
    done.append(f"greeting {number}")
    greeting = greetings[number]
    return greeting and Letter("Hello", greeting, f"<p>{greeting}</p>")


@pytest.fixture(autouse=True)
def nothing_done(db, monkeypatch):
    """Forget the jobs of earlier tests, whose tables Django does not empty.

    The worker's threads keep no connection here, so that the database can be removed.
    """
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    done.clear()
    greetings.clear()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


def work(*, concurrency=1):
    """Do all jobs that are due, in a real worker: one after the other, or side by side."""
    with app.replace_connector(WorkerConnector()):
        app.run_worker(
            wait=False, listen_notify=False, install_signal_handlers=False, concurrency=concurrency
        )


def statuses():
    ours = ProcrastinateJob.objects.filter(queue_name="tests")
    return sorted(ours.values_list("status", flat=True))


def test_job_is_done_by_the_worker_and_may_defer_another():
    first.later("a")

    work()

    assert done == ["a", "a's second"]
    assert statuses() == ["succeeded", "succeeded"]


def test_job_is_written_down_as_the_library_would():
    first.later("Ünal’s “a”")
    first._task.defer(name="Ünal’s “a”")

    ours, theirs = ProcrastinateJob.objects.filter(queue_name="tests").order_by("pk").values()
    assert {**ours, "id": 0} == {**theirs, "id": 0}


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


def test_what_a_job_defers_is_part_of_its_transaction():
    defer_and_roll_back.later("a")

    work()

    assert done == []
    assert statuses() == ["succeeded"]


def test_message_of_a_job_is_not_looked_for_before_it_is_committed():
    write_and_dawdle.later(1)

    work(concurrency=4)
    work()

    assert [message.subject for message in mail.outbox] == ["At last"]


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


# Letters that the worker writes


def mail_jobs():
    """Return where the jobs of messages stand, and what they were told."""
    jobs = ProcrastinateJob.objects.filter(task_name="project.mail.deliver").order_by("pk")
    return list(jobs.values_list("status", "attempts", "args"))


def test_letter_is_written_when_it_is_sent():
    write_later("greeting", 7, to="ada@example.com")
    queued = OutboundMail.objects.get()
    assert (queued.letter, queued.about_id, queued.text, done) == ("greeting", 7, "", [])
    greetings[7] = "Good evening."

    work()

    [message] = mail.outbox
    assert (message.to, message.subject, message.body) == (
        ["ada@example.com"],
        "Hello",
        "Good evening.",
    )
    assert [part.content for part in message.alternatives] == ["<p>Good evening.</p>"]
    queued.refresh_from_db()
    assert (queued.subject, queued.text, queued.html) == ("Hello", "", "")
    assert queued.sent_at is not None


def test_letter_with_a_key_is_written_once():
    greetings[7] = "Good evening."
    answers = [write_later("greeting", 7, to="ada@example.com", key="one") for _ in range(2)]
    work()
    answers.append(write_later("greeting", 7, to="ada@example.com", key="one"))
    work()
    deliver(OutboundMail.objects.get().pk)

    assert answers == [True, False, False]
    assert done == ["greeting 7"]
    assert len(mail.outbox) == 1


def test_job_of_a_letter_is_left_by_a_worker_that_would_send_it_empty():
    """That of the release before, in the moments of an upgrade: it fails, and tries again."""
    write_later("greeting", 7, to="ada@example.com")
    send_later(to="ada@example.com", subject="Hello", text="Hello.")
    written = OutboundMail.objects.latest("pk")
    ours = ProcrastinateJob.objects.filter(task_name="project.mail.deliver")
    ours.update(task_name=f"{__name__}.deliver_as_before", queue_name="tests")

    work()

    assert done == [f"message {written.pk}"]
    assert statuses() == ["succeeded", "todo"]


@pytest.mark.parametrize("letter", ["greeting", "unheard of"])
def test_letter_that_cannot_be_written_waits_for_its_next_try(letter):
    write_later(letter, 7, to="ada@example.com")

    work()

    queued = OutboundMail.objects.get()
    assert (mail.outbox, queued.sent_at) == ([], None)
    told = {"mail_id": queued.pk, "letter": letter}
    assert mail_jobs() == [("todo", 1, told)]
    waiting = ProcrastinateJob.objects.get(task_name="project.mail.deliver")
    assert waiting.scheduled_at is not None

    greetings[7] = "Good evening."
    OutboundMail.objects.update(letter="greeting")
    ProcrastinateJob.objects.filter(pk=waiting.pk).update(scheduled_at=timezone.now())
    work()

    assert [message.body for message in mail.outbox] == ["Good evening."]


def test_letter_that_nobody_writes_is_named():
    write_later("unheard of", 7, to="ada@example.com")

    with pytest.raises(UnknownLetter, match="unheard of"):
        deliver(OutboundMail.objects.get().pk)


def test_letter_is_dropped_when_there_is_nothing_to_say():
    greetings[7] = None
    write_later("greeting", 7, to="ada@example.com", key="one")

    work()

    assert (mail.outbox, done) == ([], ["greeting 7"])
    assert not OutboundMail.objects.exists()
    assert [status for status, *_ in mail_jobs()] == ["succeeded"]


def test_letter_that_is_taken_back_is_never_written():
    write_later("greeting", 7, to="ada@example.com", key="one")
    take_back(["one"])

    work()

    assert (mail.outbox, done) == ([], [])


def test_letter_that_an_outage_kept_is_taken_up_again_and_written():
    greetings[7] = "Good evening."
    write_later("greeting", 7, to="ada@example.com")
    ProcrastinateJob.objects.all().delete()  # it has given up
    OutboundMail.objects.update(created_at=timezone.now() - timedelta(hours=13))

    take_up_again()
    work()

    assert [message.body for message in mail.outbox] == ["Good evening."]


def test_mail_that_the_release_before_queued_is_sent_as_it_is():
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO project_outboundmail (key, "to", subject, text, html, stop_url, created_at)
            VALUES ('receipt:1', 'ada@example.com', 'Thanks', 'Thanks.', '<p>Thanks.', '', now())
            RETURNING id
            """
        )
        [pk] = cursor.fetchone()
    deliver.later(pk)

    work()

    [message] = mail.outbox
    assert (message.subject, message.body) == ("Thanks", "Thanks.")
    assert [part.content for part in message.alternatives] == ["<p>Thanks."]


@pytest.mark.parametrize("facts", [{}, {"letter": "greeting"}, {"about_id": 7}])
def test_database_refuses_a_message_that_would_say_nothing(facts):
    with pytest.raises(IntegrityError, match="outbound_mail_is_written_or_will_be"):
        OutboundMail.objects.create(to="ada@example.com", subject="Hello", **facts)
