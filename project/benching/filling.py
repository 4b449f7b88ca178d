"""Fills the scratch database with a large shop's years: set by set, in minutes.

While the money's tables are filled they have neither foreign keys nor indexes. Both come back
afterwards, and PostgreSQL then proves every row against them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, transaction
from tqdm import tqdm

from catalog.seeding import seed_courses
from project.benching.filling_sql import CHUNK_TABLES, COURSES, ORDERS, PEOPLE

FILLING = "1"  # to be changed with what is filled in, so that old databases are made anew
AT_ONCE = 20_000
FILLED = (
    "library_enrollment",
    "checkout_order",
    "checkout_orderline",
    "checkout_payment",
    "checkout_ledgerentry",
    "checkout_fulfillment",
    "checkout_webhookevent",
)
APPS = ("accounts", "account", "library", "checkout")

# Those of a table that no constraint needs, and the foreign keys, each with how it is made.
_INDEXES = """
    SELECT format('DROP INDEX %%I', index.relname), pg_get_indexdef(index.oid)
    FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid
    WHERE indrelid = ANY(%(tables)s::regclass[])
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""
_FOREIGN_KEYS = """
    SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
        format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s',
            conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY(%(tables)s::regclass[])
"""
_UNIQUE = """
    SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
        format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s',
            conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint AS own
    WHERE contype = 'u' AND conrelid = ANY(%(tables)s::regclass[])
"""


@dataclass(frozen=True)
class Scale:
    """How much there is of everything. An order has two lines."""

    orders: int = 1_000_000
    courses: int = 10_000
    learners: int = 100_000

    def __str__(self) -> str:
        return f"{self.orders} orders {self.courses} courses {self.learners} learners"


def fill(scale: Scale) -> None:
    """Fill an empty database that was migrated."""
    with tqdm(total=scale.courses, unit="course", desc="Courses", disable=None) as bar:
        seed_courses(scale.courses, seed=1, report=bar.update)
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, {"learners": scale.learners})
        cursor.execute(COURSES)
    with _stripped(FILLED) as ways_back:
        _fill_orders(scale)
    _restore(ways_back)
    _start_sequences_after()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_course")
        cursor.execute("VACUUM ANALYZE")


def _fill_orders(scale: Scale) -> None:
    starts = range(0, scale.orders, AT_ONCE)
    with tqdm(total=scale.orders, unit="order", desc="Orders", disable=None) as bar:
        for start in starts:
            end = min(start + AT_ONCE, scale.orders)
            numbers = {"first": start + 1, "last": end, **vars(scale)}
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(ORDERS, numbers)
                for statement in CHUNK_TABLES:
                    cursor.execute(statement)
            bar.update(end - start)


@contextmanager
def _stripped(tables: tuple[str, ...]) -> Iterator[list[str]]:
    """Take foreign keys and indexes off; yield how they come back."""
    ways_back: list[str] = []
    with connection.cursor() as cursor:
        for query in (_FOREIGN_KEYS, _UNIQUE, _INDEXES):
            cursor.execute(query, {"tables": list(tables)})
            for drop, add in cursor.fetchall():
                cursor.execute(drop)
                ways_back.insert(0, add)
        # Other triggers would tell somebody of each row: there is nobody yet.
        cursor.execute("SET session_replication_role = replica")
        yield ways_back
        cursor.execute("SET session_replication_role = DEFAULT")


def _restore(ways_back: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for statement in tqdm(ways_back, unit="index", desc="Indexes", disable=None):
            cursor.execute(statement)


def _start_sequences_after() -> None:
    """Have new rows get keys after those that were written by hand."""
    models: list[Any] = [
        model for label in APPS for model in apps.get_app_config(label).get_models()
    ]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
