"""Mail leaves through the worker: an outage of the mail server delays it and loses nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils import timezone

from project.clearing import clear
from project.jobs import PATIENTLY, job, periodic
from project.models import OutboundMail

LATE, TOO_LATE = timedelta(hours=12), timedelta(days=14)
KEPT = timedelta(days=30)  # a letter that may be written again, and one that could not be sent


class UnknownLetter(Exception):
    """Nobody has said how a letter of that name is written."""


@dataclass(frozen=True)
class Letter:
    """What a message says."""

    subject: str
    text: str
    html: str = ""


type Writer = Callable[[int], Letter | None]

_writers: dict[str, Writer] = {}


def writes(letter: str) -> Callable[[Writer], Writer]:
    """Have the worker write such letters by the function. Its module is imported by the jobs'.

    The function takes the id of what a letter is about, and returns ``None`` if there is nothing
    to say any more. It speaks the reader's language. Whatever it raises has the job tried again.
    """

    def register(write: Writer) -> Writer:
        _writers[letter] = write
        return write

    return register


def send_later(
    *, to: str, subject: str, text: str, html: str = "", key: str = "", stop_url: str = ""
) -> bool:
    """Queue a message as part of the caller's transaction. Return whether it is new.

    ``stop_url`` is where mail of its kind is stopped by one POST, if it can be.

    With a ``key`` the message is sent once: a second call with the same key does nothing, even at
    the same moment in another process.
    """
    with transaction.atomic(savepoint=False):
        pk = OutboundMail.objects.write(
            key=key or None, to=to, subject=subject, text=text, html=html, stop_url=stop_url
        )
        if pk is not None:
            deliver.later(pk)
    return pk is not None


def write_later(letter: str, about_id: int, *, to: str, key: str = "") -> bool:
    """Queue a message that the worker writes as well. Otherwise as ``send_later``.

    ``letter`` is its name (see ``writes``), ``about_id`` the primary key of what it is about.
    """
    with transaction.atomic(savepoint=False):
        pk = OutboundMail.objects.write(key=key or None, to=to, letter=letter, about_id=about_id)
        if pk is not None:
            deliver.later(pk, letter)
    return pk is not None


def take_back(keys: Iterable[str]) -> None:
    """Keep messages with these keys from being sent; of those that were, forget to whom."""
    mails = OutboundMail.objects.filter(key__in=list(keys))
    mails.filter(sent_at=None).delete()
    mails.update(to="")


@periodic("7 * * * *")
def take_up_again() -> None:
    """Try again what an outage of the mail server kept from being sent for half a day."""
    for pk in late(timezone.now()):
        deliver.later(pk)


@periodic("51 3 * * *")
def forget_letters() -> None:
    """Delete letters that were sent, and those that never could be, after a month.

    One with a key stays when it was sent, without its text: it keeps a second from being written.
    """
    long_ago = timezone.now() - KEPT
    clear(OutboundMail.objects.filter(key=None, sent_at__lt=long_ago))
    clear(OutboundMail.objects.filter(sent_at=None, created_at__lt=long_ago))


def late(now: datetime) -> list[int]:
    """Return the messages that should have been sent by now, and that are still worth sending."""
    unsent = OutboundMail.objects.filter(
        sent_at=None, created_at__lt=now - LATE, created_at__gt=now - TOO_LATE
    )
    return list(unsent.values_list("pk", flat=True))


@job(queue="mail", retry=PATIENTLY)
def deliver(mail_id: int, letter: str = "") -> None:
    """Send a message unless it was sent, or taken back. Raise ``UnknownLetter``.

    No lock is held while the mail server is spoken to. A worker that is killed between sending
    and noting it sends the message again, which is the lesser evil.

    ``letter`` is for a worker of the release before, which would send a message without a text: it
    does not know the word, fails, and leaves the job to this release.
    """
    unsent = OutboundMail.objects.filter(pk=mail_id, sent_at=None)
    mail = unsent.first()
    if mail is None:
        return  # it was sent, or taken back
    said = _written(mail)
    if said is None:
        unsent.delete()
        return
    message = EmailMultiAlternatives(
        said.subject, said.text, to=[mail.to], headers=_way_out(mail.stop_url)
    )
    if said.html:
        message.attach_alternative(said.html, "text/html")
    message.send()
    # The text may hold a sign-in code or a secret link: it has done its work.
    mail.sent_at, mail.text, mail.html, mail.stop_url = timezone.now(), "", "", ""
    mail.subject = said.subject[:250]
    mail.save(update_fields=["sent_at", "subject", "text", "html", "stop_url"])


def _written(mail: OutboundMail) -> Letter | None:
    """Return what the message says, written now if it was not when it was queued."""
    if not mail.letter:
        return Letter(mail.subject, mail.text, mail.html)
    if mail.letter not in _writers or mail.about_id is None:
        raise UnknownLetter(f"Nobody writes “{mail.letter}”, of message {mail.pk}.")
    return _writers[mail.letter](mail.about_id)


def _way_out(stop_url: str) -> dict[str, str]:
    """Return what lets a mail program show a button that stops such mail (RFC 8058)."""
    if not stop_url:
        return {}
    return {
        "List-Unsubscribe": f"<{stop_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
