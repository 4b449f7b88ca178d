"""Statements that go straight to PostgreSQL: they give and refuse what a cursor would."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    OperationalError,
    connection,
    connections,
    transaction,
)
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext
from psycopg.errors import UniqueViolation

from project import statement as module
from project.models import OutboundMail, Tally
from project.statement import Statement, array

pytestmark = pytest.mark.django_db

PUT = Statement("INSERT INTO project_tally (key, ends_at, hits) VALUES (%s, %s, 1) RETURNING hits")


def prepared():
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements WHERE NOT from_sql")
        return [text for (text,) in cursor.fetchall()]


def test_values_come_and_go_as_with_a_cursor():
    sql = "SELECT %s::text, %s::int[], %s::timestamptz, %s::jsonb, '100%%', %s::bigint"
    values = ["it's $1, %s", [1, 70_000], "2026-01-02 03:04:05+00", '{"a": 1}', None]

    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        expected = cursor.fetchall()

    straight = Statement(sql).rows(connection, values)
    assert straight == expected
    assert straight[0][2].tzinfo is expected[0][2].tzinfo is UTC


def test_most_says_how_many_rows_come():
    numbers = Statement("SELECT generate_series(1, %s)")

    assert numbers.rows(connection, [5], most=2) == [(1,), (2,)]
    assert len(numbers.rows(connection, [5])) == 5
    assert numbers.rows(connection, [0], most=1) == []


def test_changed_rows_are_counted():
    Tally.objects.bulk_create(Tally(key=key, ends_at=1, hits=1) for key in "abc")

    assert (
        Statement("UPDATE project_tally SET hits = %s WHERE key < 'c'").count(connection, [7]) == 2
    )
    assert list(Tally.objects.order_by("key").values_list("hits", flat=True)) == [7, 7, 1]


def test_is_prepared_once_for_each_kind_of_value():
    twice = Statement("SELECT 2 * %s -- twice")

    found = [twice.rows(connection, [number])[0][0] for number in (1, 2, 3, 70_000, 80_000)]

    assert found == [2, 4, 6, 140_000, 160_000]
    assert len([text for text in prepared() if text == "SELECT 2 * $1 -- twice"]) == 2


def test_value_that_stands_in_several_places_is_sent_once():
    statement = Statement("SELECT %s::int, %s::text, %s::int -- thrice", [1, 0, 1])
    values = ["x", 7]
    straight = statement.rows(connection, values)
    with CaptureQueriesContext(connection):
        by_cursor = statement.rows(connection, values)

    assert straight == by_cursor == [(7, "x", 7)]
    assert "SELECT $2::int, $1::text, $2::int -- thrice" in prepared()


def test_what_is_counted_or_watched_goes_by_a_cursor():
    with CaptureQueriesContext(connection) as queries:
        Statement("SELECT %s").rows(connection, [1])
    seen = []

    def watch(execute, sql, *others):
        seen.append(sql)
        return execute(sql, *others)

    with connection.execute_wrapper(watch):
        Statement("SELECT %s").rows(connection, [1])

    assert len(queries) == len(seen) == 1


def test_goes_by_a_cursor_where_nothing_may_be_prepared(settings):
    settings.PREPARED_STATEMENTS = False

    assert Statement("SELECT %s::int -- by a cursor").rows(connection, [1]) == [(1,)]
    assert not [text for text in prepared() if "by a cursor" in text]


def test_refusals_are_those_of_django_and_say_what_was_violated():
    PUT.rows(connection, ["a", 1])

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        PUT.rows(connection, ["a", 1])
    with pytest.raises(DataError), transaction.atomic():
        Statement("SELECT %s / 0").rows(connection, [1])

    assert isinstance(refused.value.__cause__, UniqueViolation)
    assert refused.value.__cause__.diag.table_name == "project_tally"
    assert PUT.rows(connection, ["b", 1]) == [(1,)]  # what it does otherwise, it does still


def test_nothing_is_done_in_a_transaction_that_is_to_be_rolled_back():
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            PUT.rows(connection, ["a", 1])


def test_outlives_what_is_rolled_back_to_a_savepoint():
    PUT.rows(connection, ["a", 1])
    with transaction.atomic():
        PUT.rows(connection, ["b", 1])
        transaction.set_rollback(True)

    PUT.rows(connection, ["c", 1])

    assert set(Tally.objects.values_list("key", flat=True)) == {"a", "c"}


def test_name_that_was_lost_is_missed_once():
    """As after DISCARD ALL, which a pooler may send."""
    PUT.rows(connection, ["a", 1])
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")

    with pytest.raises(DatabaseError, match="does not exist"), transaction.atomic():
        PUT.rows(connection, ["b", 1])

    assert PUT.rows(connection, ["b", 1]) == [(1,)]


def test_other_columns_are_missed_once():
    """As after a migration, while the server runs on."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE shelf AS SELECT 1 AS place")
        everything = Statement("SELECT * FROM shelf")
        assert everything.rows(connection, []) == [(1,)]
        cursor.execute("ALTER TABLE shelf ADD COLUMN width int")

    with pytest.raises(DatabaseError, match="cached plan"), transaction.atomic():
        everything.rows(connection, [])

    assert everything.rows(connection, []) == [(1, None)]


def test_no_more_is_kept_than_may_be(monkeypatch):
    monkeypatch.setattr(module, "MOST_NAMES", 5)

    for number in range(20):
        assert Statement(f"SELECT %s + {number}").rows(connection, [1]) == [(1 + number,)]

    assert len(prepared()) <= 5


@pytest.mark.django_db(transaction=True)
def test_begins_the_transaction_that_it_stands_in():
    with transaction.atomic():
        PUT.rows(connection, ["a", 1])
        transaction.set_rollback(True)
    with transaction.atomic():
        PUT.rows(connection, ["b", 1])

    assert list(Tally.objects.values_list("key", flat=True)) == ["b"]


@pytest.mark.django_db(transaction=True)
def test_transaction_is_isolated_as_the_connection_says():
    connection.ensure_connection()
    connection.connection.isolation_level = 4  # psycopg.IsolationLevel.SERIALIZABLE
    try:
        with transaction.atomic():
            level = Statement("SELECT current_setting('transaction_isolation')")
            assert level.rows(connection, []) == [("serializable",)]
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_connection_that_was_closed_is_opened_again():
    PUT.rows(connection, ["a", 1])
    connection.close()

    assert PUT.rows(connection, ["b", 1]) == [(1,)]


@pytest.mark.django_db(transaction=True)
def test_connection_that_died_is_told_and_not_used_again():
    connection.ensure_connection()
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(_end_backend, connection.connection.info.backend_pid).result()

    with pytest.raises(OperationalError):
        PUT.rows(connection, ["a", 1])
    connection.close_if_unusable_or_obsolete()

    assert PUT.rows(connection, ["a", 1]) == [(1,)]


def _end_backend(pid):
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    connections["default"].close()


@pytest.mark.django_db(transaction=True)
def test_others_go_on_while_one_waits():
    together = Barrier(4)

    def wait(_):
        together.wait()
        Statement("SELECT pg_sleep(%s)").rows(connections["default"], [0.5])
        connections["default"].close()

    begun = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(wait, range(4)))

    assert time.monotonic() - begun < 1.5  # one after the other it would be two seconds


def test_what_names_the_same_key_twice_is_written_once():
    message = {"to": "a@example.com", "subject": "Hello", "text": "Hello."}

    assert OutboundMail.objects.write(key="once", **message)
    assert OutboundMail.objects.write(key="once", **message) is None


@pytest.mark.parametrize(
    ("items", "kind"),
    [
        ([], "bigint"),
        ([1, -2, 2**62, None], "bigint"),
        (["", "NULL", "a,b", '{"c"}', "d\\", " é\n", None], "text"),
        ([datetime(2026, 11, 26, 23, 59, 1, 5, tzinfo=UTC), None], "timestamptz"),
    ],
)
def test_array_comes_back_as_it_was(items, kind):
    assert Statement(f"SELECT %s::{kind}[]").rows(connection, [array(items)]) == [(items,)]
