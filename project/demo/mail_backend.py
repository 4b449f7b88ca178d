"""Mail that goes nowhere: into the demo's mailbox, with a line on the console."""

import sys
from collections.abc import Sequence

from django.core.mail import EmailMessage
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
        to=recipient,
        subject=str(message.subject),
        text=str(message.body),
        html=_html_of(message),
    )


def _html_of(message: EmailMessage) -> str:
    alternatives = getattr(message, "alternatives", [])
    parts = [content for content, mimetype in alternatives if mimetype == "text/html"]
    return str(parts[0]) if parts else ""


def _announce(mail: DemoMail) -> None:
    code = f"  {mail.code}" if mail.code else ""
    sys.stdout.write(f"  Mail for {mail.to}: {mail.subject}{code}\n")
    sys.stdout.flush()
