"""Mail leaves through the worker: an outage of the mail server delays it and loses nothing."""

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils import timezone

from project.jobs import PATIENTLY, job
from project.models import OutboundMail


def send_later(*, to: str, subject: str, text: str, html: str = "", key: str = "") -> bool:
    """Queue a message as part of the caller's transaction. Return whether it is new.

    With a ``key`` the message is sent once: the second call with the same key does nothing, even
    at the same moment in another process.
    """
    if not key:
        _send.later(OutboundMail.objects.create(to=to, subject=subject, text=text, html=html).pk)
        return True
    message = OutboundMail(key=key, to=to, subject=subject, text=text, html=html)
    OutboundMail.objects.bulk_create([message], ignore_conflicts=True)
    queued = OutboundMail.objects.get(key=key)
    is_new = queued.sent_at is None and queued.text == text
    if is_new:
        _send.later(queued.pk)
    return is_new


@job(queue="mail", retry=PATIENTLY)
def _send(mail_id: int) -> None:
    """Send a message unless it was sent."""
    with transaction.atomic():
        mail = OutboundMail.objects.select_for_update().get(pk=mail_id)
        if mail.sent_at:
            return
        message = EmailMultiAlternatives(mail.subject, mail.text, to=[mail.to])
        if mail.html:
            message.attach_alternative(mail.html, "text/html")
        message.send()
        # The text may hold a sign-in code or a secret link: it has done its work.
        mail.sent_at, mail.text, mail.html = timezone.now(), "", ""
        mail.save(update_fields=["sent_at", "text", "html"])
