"""Reads what was mailed to people."""

import re

from django.core import mail

from project.mail import Letter, deliver
from project.models import OutboundMail

CODE = re.compile(r"^[A-Z]{4}-[A-Z]{4}$", re.MULTILINE)


def newest_letter(email: str) -> OutboundMail:
    """Return the newest message to ``email``."""
    return OutboundMail.objects.filter(to=email).latest("pk")


def as_sent(message: OutboundMail) -> Letter:
    """Send the message, which may not be written yet; return what it said."""
    deliver(message.pk)
    sent = mail.outbox[-1]
    assert sent.to == [message.to]
    html = [part.content for part in sent.alternatives]
    return Letter(sent.subject, sent.body, *html)


def newest_code(email: str) -> str:
    """Return the code in the newest message to ``email``."""
    found = CODE.search(newest_letter(email).text)
    assert found, "There is no code in the message."
    return found[0]
