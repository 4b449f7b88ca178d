"""How PostgreSQL finds what the catalog shows, when there are thousands of courses."""

import json

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Course

MADE, COURSES = 500, 10_000
# What one query of the page may look at: those that have a word, or come next; never all.
ROWS_AT_MOST = COURSES / 3


@pytest.fixture(scope="module")
def large_catalog(django_db_setup, django_db_blocker):
    """Fill the catalog once for all tests of this module, and empty it again."""
    with django_db_blocker.unblock():
        call_command("seed", courses=MADE, verbosity=0)
        with connection.cursor() as cursor:
            # What is not on disk yet VACUUM does not count as seen by all, and so indexes would
            # look dearer than they are.
            for statement in ("SET synchronous_commit TO on", copies(), "VACUUM ANALYZE"):
                cursor.execute(statement)
            cursor.execute("RESET synchronous_commit")
        yield
        tables = ["catalog_course", "catalog_topic", "catalog_instructor", "catalog_assortment"]
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(tables)}, catalog_searchword CASCADE")


def copies():
    """Return the statement that copies the courses, each under other names, to ``COURSES``."""
    different = {
        "slug": "course.slug || '-' || copy",
        "source_id": "NULL",
        "title": "left(course.title, 100) || ' ' || copy",
        "published_at": "course.published_at - copy * interval '1 hour'",
    }
    columns = [field.column for field in Course._meta.concrete_fields if not field.primary_key]
    values = [different.get(column, f"course.{column}") for column in columns]
    return (
        f"INSERT INTO catalog_course ({', '.join(columns)}) SELECT {', '.join(values)}"
        f" FROM catalog_course AS course, generate_series(1, {COURSES // MADE - 1}) AS copy"
    )


def plans(client, url):
    """Return the plans of the queries about courses that the page at ``url`` takes."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    asked = [query["sql"] for query in queries if '"catalog_course"' in query["sql"]]
    return [explain(sql) for sql in asked]


def explain(sql):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql.replace('%', '%%')}")
        plan = cursor.fetchone()[0]
    return (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]


def nodes(plan):
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


def rows_looked_at(node):
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return (node["Actual Rows"] + removed) * node["Actual Loops"]


def assert_bounded(plan):
    of_courses = [node for node in nodes(plan) if node.get("Relation Name") == "catalog_course"]
    assert of_courses
    for node in of_courses:
        assert node["Node Type"] != "Seq Scan", node
        assert rows_looked_at(node) <= ROWS_AT_MOST, node


def last_of(sort):
    """Return the slug of a course far down in the order."""
    return Course.objects.published().sorted_by(sort)[COURSES - 100].slug


@pytest.mark.django_db
@pytest.mark.usefixtures("large_catalog")
@pytest.mark.parametrize("sort", ["newest", "price", "-price", "title"])
@pytest.mark.parametrize("is_far_down", [False, True])
@pytest.mark.parametrize(
    "wishes",
    [
        "",
        "level=advanced",
        "language=fr",
        "price=free",
        "price=paid",
        "topic=cooking",
        "topic=cooking&level=beginner&language=id&price=paid",
        "q=bread",
        "q=the",
    ],
)
def test_shelf_scans_no_whole_table(client, wishes, sort, is_far_down):
    after = f"&after={last_of(sort)}" if is_far_down else ""

    for plan in plans(client, f"/?{wishes}&sort={sort}{after}"):
        assert_bounded(plan)


@pytest.mark.django_db
@pytest.mark.usefixtures("large_catalog")
@pytest.mark.parametrize(
    "wishes",
    [
        "q=bread",
        "q=baked+sourdough",
        "q=the",
        "q=b",
        "q=lessons",
        "q=test+de",  # French means nothing by the second, so the first stands alone
        "q=braed",
        "q=xyzzy",
        "q=lessons&topic=cooking",
        "q=lessons&language=fr",
        "q=lessons&level=advanced&price=free",
    ],
)
def test_search_scans_no_whole_table(client, wishes):
    for plan in plans(client, f"/?{wishes}"):
        assert_bounded(plan)


@pytest.mark.django_db
@pytest.mark.usefixtures("large_catalog")
def test_going_on_costs_the_same_however_far_down(client):
    first, *_ = plans(client, "/?sort=newest")
    *_, page = plans(client, f"/?after={last_of('newest')}")

    for plan in (first, page):
        scans = [node for node in nodes(plan) if node.get("Relation Name") == "catalog_course"]
        # The page, and as many as are counted.
        assert sorted(map(rows_looked_at, scans)) == [25, 1001]


@pytest.mark.django_db
@pytest.mark.usefixtures("large_catalog")
def test_plans_would_show_a_scan_of_the_whole_table():
    plan = explain("SELECT * FROM catalog_course WHERE summary LIKE '%bread%'")

    with pytest.raises(AssertionError):
        assert_bounded(plan)
