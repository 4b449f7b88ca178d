"""That something in the shop's window has changed: what every process goes by that remembers it."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, models

from project.statement import Statement

# A transaction that ends later may have begun earlier, so that the highest number tells nothing:
# the version is all the numbers that are kept. Whichever transaction ends next changes them.
# With a limit rather than min(), PostgreSQL sees that it need not plan anew for each moment.
_STANDING = Statement("""
    SELECT
        coalesce((SELECT string_agg(id::text, ' ' ORDER BY id) FROM catalog_catalogchange), ''),
        least(
            (SELECT sale_starts_at FROM catalog_course
            WHERE sale_starts_at > %s ORDER BY sale_starts_at LIMIT 1),
            (SELECT sale_ends_at FROM catalog_course
            WHERE sale_ends_at > %s ORDER BY sale_ends_at LIMIT 1)
        )
""")


@dataclass(frozen=True)
class Standing:
    """How the catalog stands: its version, and the next moment at which time changes a price."""

    version: str
    until: datetime | None = None

    def holds_at(self, moment: datetime) -> bool:
        """Whether prices are still those that they were."""
        return self.until is None or moment < self.until


class CatalogChange(models.Model):
    """A transaction that changed what the shop's window shows.

    Triggers write it (migration ``catalog_changes``), one row for each transaction, whoever
    changes the tables and however; they take away all but the latest. Nobody waits for anybody:
    one row for all, counted up, would hold up every other writer while a long import runs.
    """

    id = models.BigAutoField(primary_key=True)

    def __str__(self) -> str:
        return f"Change {self.pk}"

    @staticmethod
    def standing(now: datetime) -> Standing:
        """Return how the catalog stands ``now``, in one query, however many courses there are."""
        [(version, until)] = _STANDING.rows(connection, [now, now])
        return Standing(version, until)
