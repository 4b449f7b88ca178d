"""What the site keeps for itself: mail on its way out, and how often somebody tried something."""

from django.db import connection, models

from project.statement import Statement

# Of two messages with one key, the second waits for the first, and is none if that is kept. Columns
# that come back are named, here and elsewhere: a statement that is prepared would fail when a
# migration adds one.
_WRITE = Statement("""
    INSERT INTO project_outboundmail
        (key, "to", subject, text, html, stop_url, letter, about_id, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, now())
    ON CONFLICT (key) DO NOTHING
    RETURNING id
""")


class OutboundMailQuerySet(models.QuerySet["OutboundMail"]):
    """Messages."""

    def write(
        self,
        *,
        key: str | None,
        to: str,
        subject: str = "",
        text: str = "",
        html: str = "",
        stop_url: str = "",
        letter: str = "",
        about_id: int | None = None,
    ) -> int | None:
        """Write a message down; return its pk, or ``None`` if there is one with its key already."""
        values = [key, to, subject, text, html, stop_url, letter, about_id]
        written = _WRITE.rows(connection, values)
        return written[0][0] if written else None


class OutboundMail(models.Model):
    """A message that the worker sends.

    Its key makes a message for one occasion unique: the database refuses a second receipt. One
    that has no text yet names a letter, which the worker writes, and what it is about.
    """

    key = models.CharField(max_length=200, unique=True, null=True, blank=True)
    to = models.EmailField(max_length=254)
    subject = models.CharField(max_length=250)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    stop_url = models.CharField(max_length=500, blank=True, default="", db_default="")
    letter = models.CharField(max_length=40, blank=True, default="", db_default="")
    about_id = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = OutboundMailQuerySet.as_manager()

    class Meta:
        verbose_name = "outbound mail"
        verbose_name_plural = "outbound mail"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sent_at__isnull=False)
                | ~models.Q(text="")
                | ~models.Q(letter="") & models.Q(about_id__isnull=False),
                name="outbound_mail_is_written_or_will_be",
            )
        ]
        indexes = [
            models.Index(
                fields=["created_at"], condition=models.Q(sent_at=None), name="outbound_mail_unsent"
            ),
            models.Index(
                fields=["sent_at"], condition=models.Q(key=None), name="outbound_mail_keyless"
            ),
        ]

    def __str__(self) -> str:
        return self.subject or self.letter


class Tally(models.Model):
    """How often one thing was tried by one person in one window of time (``project/limits.py``).

    The table is not logged: a crash of the database empties it, which harms nobody.
    """

    key = models.CharField(max_length=32)
    ends_at = models.BigIntegerField()
    hits = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "ends_at"], name="tally_once")]
        indexes = [models.Index(fields=["ends_at"], name="tally_ends_at")]

    def __str__(self) -> str:
        return f"{self.hits} until {self.ends_at}"
