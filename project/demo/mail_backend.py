"""Mail that goes nowhere: into the demo's mailbox, with a line on the console."""

import sys
from collections.abc import Sequence

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from project.demo.models import DemoMail


class EmailBackend(BaseEmailBackend):
    """Keeps each message as a ``DemoMail`` for each who should get it."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep the messages, and return how many they were."""
        for message in email_messages:
            for recipient in message.recipients():
                _announce(_keep(message, recipient))
        return len(email_messages)


def _keep(message: EmailMessage, recipient: str) -> DemoMail:
    return DemoMail.objects.create(
        to=recipient, subject=message.subject, text=message.body, html=_html_of(message)
    )


def _html_of(message: EmailMessage) -> str:
    if not isinstance(message, EmailMultiAlternatives):
        return ""
    parts = (part for part in message.alternatives if part.mimetype == "text/html")
    part = next(parts, None)
    return str(part.content) if part else ""


def _announce(mail: DemoMail) -> None:
    code = f"  {mail.code}" if mail.code else ""
    sys.stdout.write(f"  Mail for {mail.to}: {mail.subject}{code}\n")
    sys.stdout.flush()
