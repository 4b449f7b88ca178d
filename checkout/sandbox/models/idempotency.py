"""Idempotency keys: a request that is repeated gets the first one's answer."""

from datetime import timedelta

from django.db import connection, models
from django.utils import timezone

KEPT_FOR = timedelta(hours=24)


class IdempotentRequestQuerySet(models.QuerySet["IdempotentRequest"]):
    """Kept answers, found by their age."""

    def current(self) -> "IdempotentRequestQuerySet":
        """Return those whose keys still mean the first request."""
        return self.filter(created_at__gt=timezone.now() - KEPT_FOR)

    def forgotten(self) -> "IdempotentRequestQuerySet":
        """Return those whose keys are free again."""
        return self.filter(created_at__lte=timezone.now() - KEPT_FOR)


class IdempotentRequest(models.Model):
    """The answer to the first request that carried a key."""

    key = models.CharField(primary_key=True, max_length=255)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    path = models.TextField()
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the parameters.")
    request_id = models.CharField(max_length=255)
    status = models.PositiveSmallIntegerField()
    body = models.TextField()

    objects = IdempotentRequestQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.key} ({self.status})"

    @staticmethod
    def try_lock(key: str) -> bool:
        """Take the key until the transaction ends; return ``False`` if another one has it.

        The lock, the work and the kept answer end together: of a process that dies in between
        neither is left, and the repeated request is a first one again.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))",
                [f"sandbox idempotency key {key}"],
            )
            return bool(cursor.fetchone()[0])
