"""What grows makes no page dearer: as many queries at 100 times the rows, each with an index.

Not timed. At both sizes every query of the busy pages is explained; PostgreSQL is told to shun
sequential scans, so that one is planned only where no index would do.
"""

import json

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import CatalogChange, Course, Lesson, Section
from checkout.models import Cart, CartItem, Order, OrderLine, Payment
from library.models import Enrollment, LessonProgress
from tests.checkout.conftest import HTMX, create_shopper
from tests.checkout.shop import create_order, create_payment
from tests.factories import create_course, enroll, put_on_shelf

pytestmark = pytest.mark.django_db

SMALL, LARGE = 20, 2000
GROWING = {
    model._meta.db_table
    for model in (Course, Section, Lesson, Cart, CartItem, Order, OrderLine, Payment)
} | {"library_enrollment", "library_lessonprogress", "django_session", "accounts_user"}
ROWS_AT_MOST = 300  # that one query of a page looks at; the count stops at 1,001


def copy_rows(model, number, **different):
    """Copy the newest row so often, in one statement; ``copy`` numbers them in ``different``."""
    columns = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    values = [different.get(column, column) for column in columns]
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM"
            f" (SELECT * FROM {table} ORDER BY id DESC LIMIT 1) AS one,"
            f" generate_series(1, {number}) AS copy RETURNING id"
        )
        return [pk for (pk,) in cursor.fetchall()]


def pick(pks):
    """Return what stands for another one of these rows in each copy."""
    return f"(ARRAY{pks})[copy]"


def fill(number):
    """Fill the shop with other people's rows, set by set."""
    other = create_shopper()
    course = put_on_shelf(title=f"Another {number}")
    order = create_order(buyer=other.user, courses=[course])
    create_payment(order=order)
    section = Section.objects.create(course=course, title="Only")
    Lesson.objects.create(course=course, section=section, title="One", slug="one")
    seat = enroll(other.user, course=course)
    courses = copy_rows(
        Course,
        number,
        slug="slug || copy",
        title="title || ' ' || copy",
        published_at="published_at - copy * interval '1 hour'",
    )
    sections = copy_rows(Section, number, course_id=pick(courses))
    copy_rows(Lesson, number, course_id=pick(courses), section_id=pick(sections))
    people = copy_rows(type(other.user), number, email="copy || email")
    carts = copy_rows(Cart, number, owner_id=pick(people))
    copy_rows(CartItem, number, cart_id=pick(carts), course_id=pick(courses))
    orders = copy_rows(
        Order,
        number,
        reference="left(md5(copy || reference), 32)",
        checkout_token="gen_random_uuid()",
        cart_id="NULL",
        user_id=pick(people),
    )
    copy_rows(OrderLine, number, order_id=pick(orders), course_id=pick(courses))
    copy_rows(
        Payment,
        number,
        order_id=pick(orders),
        idempotency_key="idempotency_key || copy",
        session_id="session_id || copy",
    )
    LessonProgress.objects.mark(other.user, Lesson.objects.filter(course=course).first())
    copy_rows(LessonProgress, number, learner_id=pick(people))
    copy_rows(type(seat), number, learner_id=pick(people))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def pages(shopper, course, order, lesson):
    """Return the busy pages: each a function that asks for it."""
    get, post = shopper.client.get, shopper.client.post
    status = f"/orders/{order.reference}/status/"
    return {
        "catalog": lambda: get("/"),
        "next page": lambda: get("/?sort=price&after=another-209"),
        "search": lambda: get("/?q=sextant", headers=HTMX),
        "course": lambda: get(course.get_absolute_url()),
        "cart": lambda: get("/cart/", headers=HTMX),
        "add": lambda: post("/cart/items/", {"course": "another-207", "shown": "1"}, headers=HTMX),
        "status": lambda: get(status, headers=HTMX),
        "order": lambda: get(f"/orders/{order.reference}/"),
        "orders": lambda: get("/orders/"),
        "shelf": lambda: get("/library/"),
        "lesson": lambda: get(f"/library/{course.slug}/{lesson.slug}/"),
    }


def nodes(plan):
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


def steps_of(sql):
    """Return what PostgreSQL does to answer, step by step."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql.replace('%', '%%')}")
        plan = cursor.fetchone()[0]
    return list(nodes((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]))


def faults_in(sql):
    """Return what is wrong with how PostgreSQL answers: whole tables, or too many rows."""
    counts = "COUNT(*)" in sql
    found = []
    for node in steps_of(sql):
        removed = node.get("Rows Removed by Filter", 0)
        looked_at = (node.get("Actual Rows", 0) + removed) * node.get("Actual Loops", 1)
        if node.get("Relation Name") not in GROWING:
            continue
        if node["Node Type"] == "Seq Scan":
            found.append(f"scans {node['Relation Name']}")
        if looked_at > ROWS_AT_MOST and not counts:
            found.append(f"looks at {looked_at:.0f} rows of {node['Relation Name']}")
    return found


def asked_by(ask):
    """Return the queries of a page, undoing what it changes."""
    with transaction.atomic():
        with CaptureQueriesContext(connection) as queries:
            assert ask().status_code in (200, 204)
        transaction.set_rollback(True)
    frames = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")
    return [q["sql"] for q in queries if not q["sql"].lstrip().startswith(frames)]


@pytest.fixture
def asked():
    """Return the busy pages of a shop that has little in it yet."""
    shopper = create_shopper()
    put_on_shelf(title="The Sextant")
    own, wanted = create_course(lessons=2), [create_course() for _ in range(3)]
    for course in (own, create_course(lessons=2)):
        enroll(shopper.user, course=course)
    order = create_order(buyer=shopper.user, courses=wanted)
    create_payment(order=order)
    return pages(shopper, own, order, own.lessons.first())


def test_busy_pages_take_as_many_queries_and_an_index_at_100_times_the_rows(asked):
    counts = []
    for number in (SMALL, LARGE - SMALL):
        fill(number)
        for ask in asked.values():
            asked_by(ask)  # what a first look keeps
        queries = {name: asked_by(ask) for name, ask in asked.items()}
        counts.append({name: len(sqls) for name, sqls in queries.items()})

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    selects = {
        name: [sql for sql in sqls if sql.lstrip(" (\n").startswith(("SELECT", "WITH"))]
        for name, sqls in queries.items()
        if name != "search"  # whose plans tests/catalog/test_shelf_plans.py holds, at 10,000
    }
    faults = {name: [f for sql in sqls for f in faults_in(sql)] for name, sqls in selects.items()}
    assert counts[0] == counts[1]
    assert faults == {name: [] for name in selects}
    assert faults_in("SELECT * FROM catalog_course WHERE summary LIKE '%bread%'")  # it would tell
    assert Enrollment.objects.count() > LARGE


def planned_anew():
    """Return the prepared statements for which no plan was kept, though they were asked often."""
    with connection.cursor() as cursor:
        # Of each, the first five are planned for their values, to see what that is worth.
        cursor.execute(
            "SELECT statement FROM pg_prepared_statements"
            " WHERE NOT from_sql AND custom_plans > 5 AND generic_plans = 0"
        )
        return [statement for (statement,) in cursor.fetchall()]


def test_what_busy_pages_ask_is_planned_once(asked):
    for number in (SMALL, LARGE - SMALL):
        fill(number)
    for ask in asked.values():
        for _ in range(8):
            with transaction.atomic():
                assert ask().status_code in (200, 204)
                transaction.set_rollback(True)
    for _ in range(8):
        CatalogChange.standing(timezone.now())

    # A search is planned for its words: what is rare is found otherwise than what is common. A list
    # is planned for its length, where that is worth it.
    varied = ("catalog_search_question", "unnest")
    assert [sql for sql in planned_anew() if not any(part in sql for part in varied)] == []


@pytest.mark.parametrize("name", ["catalog", "shelf", "course", "lesson"])
def test_a_seat_is_looked_for_by_course_and_not_by_lesson(asked, name):
    section = Section.objects.exclude(course__enrollments=None).earliest("pk")
    Lesson.objects.create(course=section.course, section=section, title="Long", slug="long")
    copy_rows(Lesson, 60, slug="slug || copy", position="position + copy")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    looks = [
        step["Actual Loops"]
        for sql in asked_by(asked[name])
        if sql.startswith("SELECT")
        for step in steps_of(sql)
        if step.get("Relation Name") == "library_enrollment"
    ]

    assert looks, "nobody looked"
    assert max(looks) < 20
