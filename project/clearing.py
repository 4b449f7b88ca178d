"""How jobs clear away what nobody needs any longer: a little at a time, so that nobody waits."""

from typing import Any

from django.db.models import Model, QuerySet

BATCH = 500  # rows in one transaction
MOST = 50_000  # rows in one go: what is left comes with the next


def clear[M: Model](rows: "QuerySet[M, Any]") -> int:
    """Delete the rows, and what hangs on them, in batches; return how many of them there were.

    ``rows`` needs an index for what it asks, and is asked for once for each batch.
    """
    cleared = 0
    while cleared < MOST:
        pks = list(rows.values_list("pk", flat=True)[:BATCH])
        rows.filter(pk__in=pks).delete()
        cleared += len(pks)
        if len(pks) < BATCH:
            break
    return cleared
