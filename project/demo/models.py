"""The mailbox of the demo: every message that the shop sent, for anybody to read."""

import re
from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils import timezone

RECENT = timedelta(minutes=10)
# A sign-in code stands alone on its line, as in WDJB-MJHT.
CODE = re.compile(r"^([A-Z0-9]{3,4}(?:-[A-Z0-9]{3,4})+)$", re.MULTILINE)


class DemoMail(models.Model):
    """A message that would have left by mail."""

    to = models.EmailField(max_length=254)
    subject = models.CharField(max_length=250)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    sent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "message"
        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return self.subject

    def get_absolute_url(self) -> str:
        """Return where the message can be read."""
        return reverse("demo:mail", args=[self.pk])

    @property
    def code(self) -> str:
        """The sign-in code in the message, or an empty text."""
        found = CODE.search(self.text)
        return found[1] if found else ""

    @property
    def is_recent(self) -> bool:
        """Whether a code in it may still be good."""
        return self.sent_at > timezone.now() - RECENT
