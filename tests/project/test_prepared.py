"""Queries that are written once: with other values they give what a fresh one would give."""

from contextlib import suppress
from threading import Thread

import pytest
from django.core.exceptions import FieldFetchBlocked
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Exists, OuterRef
from django.db.models.signals import post_init
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Course, Lesson
from checkout.models import Cart, CartItem, WebhookEvent
from checkout.models.webhook_event import EventState
from library.models import Enrollment, EnrollmentSource
from project.accounts.models import User
from project.models import OutboundMail
from project.prepared import Given, GivenSet, Prepared, PreparedUpdate
from tests.factories import create_bundle, create_course, create_learner, create_seat, enroll

pytestmark = pytest.mark.django_db

SEATS = Enrollment.objects.filter(learner=Given("learner"), course=OuterRef("pk"))
COURSES = Prepared(
    lambda: (
        Course.objects.filter(slug=Given("slug"), published_at__lt=Given("moment"))
        .select_related("instructor")
        .defer("description")
        .annotate(is_held=Exists(SEATS))
        .fetch_mode(models.FETCH_RAISE)
    )
)


@pytest.fixture
def course():
    return create_course()


def find(course, learner):
    return COURSES.first(slug=course.slug, moment=timezone.now(), learner=learner.pk)


def test_each_use_gives_what_belongs_to_its_values():
    bread, soup = create_course(title="Bread"), create_course(title="Soup")
    baker, cook = create_learner(), create_learner()
    enroll(baker, course=bread)

    found = [find(course, learner) for course in (bread, soup) for learner in (baker, cook)]

    assert [(course.title, course.is_held) for course in found] == [
        ("Bread", True),
        ("Bread", False),
        ("Soup", False),
        ("Soup", False),
    ]
    assert find(create_course(), baker).instructor.name


def test_one_query_is_asked_and_as_the_queryset_says(course):
    learner = create_learner()
    find(course, learner)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = find(course, learner)
        assert found.instructor.name

    assert len(queries) == 1
    with pytest.raises(FieldFetchBlocked):
        found.description  # noqa: B018  deferred, and not to be fetched by the way


def test_what_does_not_change_is_written_into_the_sql(course):
    title = "100% 'sure' of %s and $1"
    certain = create_course(title=title)
    query = Prepared(
        lambda: Course.objects.filter(
            title=title, language__in=["en", "de"], slug=Given("slug"), lesson_count__lt=9
        ).exclude(summary=Given("slug"))
    )

    with CaptureQueriesContext(connection) as queries:
        by_cursor = query.all(slug=certain.slug)
    straight = query.all(slug=certain.slug)

    assert straight == by_cursor == [certain]
    assert query.all(slug=course.slug) == []
    assert "$1" in queries[0]["sql"]
    assert query._written.places == ("slug",)


def test_values_are_never_a_part_of_the_sql(course):
    odd = "'; DROP TABLE catalog_course; --%s"

    assert COURSES.first(slug=odd, moment=timezone.now(), learner=0) is None
    assert Course.objects.exists()


def test_missing_value_is_an_error_and_none_finds_nothing(course):
    with pytest.raises(KeyError, match="learner"):
        COURSES.first(slug=course.slug, moment=timezone.now())
    assert Prepared(lambda: Course.objects.filter(slug=Given("slug"))).first(slug=None) is None


def test_several_values_and_parts_of_rows():
    courses = [create_course(lessons=1) for _ in range(3)]
    titles = Prepared(
        lambda: (
            Lesson.objects.filter(course__in=GivenSet("courses"))
            .order_by("course")
            .values_list("course_id", flat=True)
        )
    )

    assert titles.all(courses=[course.pk for course in courses[:2]]) == [
        course.pk for course in courses[:2]
    ]
    assert titles.all(courses=[]) == []


def test_what_belongs_to_the_rows_is_fetched_too(django_assert_num_queries):
    course = create_course(lessons=2)
    with_lessons = Prepared(
        lambda: Course.objects.filter(pk=Given("course")).prefetch_related("lessons")
    )
    with_lessons.all(course=course.pk)

    with django_assert_num_queries(2):
        [found] = with_lessons.all(course=course.pk)
        assert len(found.lessons.all()) == 2


def test_what_lies_behind_a_key_is_fetched_where_some_row_has_one(django_assert_num_queries):
    courses = [create_course(), create_course()]
    cart = Cart.objects.create()
    cart.put(courses[0])
    items = Prepared(lambda: CartItem.objects.filter(cart=Given("cart")).with_goods())

    with django_assert_num_queries(1):
        [single] = items.all(cart=cart.pk)
        assert single.bundle is None

    cart.put_bundle(create_bundle(*courses))
    with django_assert_num_queries(2):
        [bundle] = [item.bundle for item in items.all(cart=cart.pk) if item.bundle]
    with django_assert_num_queries(0):
        assert len(bundle.entries.all()) == 2


def facts(instance):
    """Return all that Django keeps of an instance, and of what was joined to it."""
    kept = {name: value for name, value in vars(instance).items() if name != "_state"}
    state = {**vars(instance._state), "fields_cache": None}
    joined = {name: other and facts(other) for name, other in instance._state.fields_cache.items()}
    return kept, state, joined


def seats_of(learner):
    """Seats with what is joined to them, of which one has no learner."""
    is_hers = Exists(User.objects.filter(pk=OuterRef("learner"), email=learner))
    seats = Enrollment.objects.select_related("learner", "course__instructor").order_by("pk")
    return seats.annotate(is_hers=is_hers).defer("course__outcomes")


def events_of(name):
    """Rows with JSON."""
    return WebhookEvent.objects.filter(gateway=name).fetch_mode(models.FETCH_RAISE)


@pytest.mark.parametrize("ask", [seats_of, events_of])
def test_instances_are_those_that_django_makes(ask, course):
    enroll(create_learner(email="ada@example.com"), course=course)
    create_seat(course=course)
    now = timezone.now()
    for state in EventState.RECEIVED, EventState.DONE:
        WebhookEvent.objects.create(
            gateway="stripe",
            livemode=False,
            event_id=state,
            payload={"of": ["words", 1]},
            event_created_at=now,
            state=state,
        )
    for value in "ada@example.com", "stripe", "nobody":
        prepared = Prepared(lambda: ask(Given("value", models.TextField())))
        by_django = [facts(each) for each in ask(value)]

        assert [facts(each) for each in prepared.all(value=value)] == by_django
        assert prepared.first(value=value) == next(iter(ask(value)), None)


def test_instances_tell_whoever_listens(course):
    """And then they are made as Django makes them."""
    heard = []
    told = lambda instance, **_: heard.append(instance.slug)  # noqa: E731
    post_init.connect(told, sender=Course)
    try:
        found = Prepared(lambda: Course.objects.filter(slug=Given("slug")).only("slug")).first(
            slug=course.slug
        )
    finally:
        post_init.disconnect(told, sender=Course)

    assert heard == [course.slug]
    assert found.get_deferred_fields() >= {"title", "description"}


def test_what_could_not_be_given_is_refused():
    with pytest.raises(TypeError, match="ValuesIterable"):
        Prepared(lambda: Course.objects.values("slug")).all()
    with pytest.raises(TypeError, match="peers"):
        Prepared(lambda: Course.objects.fetch_mode(models.FETCH_PEERS)).all()


def test_only_one_must_be_there(course):
    one = Prepared(lambda: Course.objects.filter(pk=Given("course")))

    assert one.only_one(course=course.pk) == course
    with pytest.raises(Course.DoesNotExist):
        one.only_one(course=0)


@pytest.mark.django_db(transaction=True)
def test_threads_share_the_sql_and_not_the_connection():
    courses = [create_course() for _ in range(4)]
    learner, seen = create_learner(), {}

    def look(course):
        try:
            seen[course.pk] = [find(course, learner).pk for _ in range(20)]
        finally:
            connection.close()

    threads = [Thread(target=look, args=[course]) for course in courses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == {course.pk: [course.pk] * 20 for course in courses}


MOVED = PreparedUpdate(
    lambda: WebhookEvent.objects.filter(pk=Given("pk"), state__in=[EventState.RECEIVED]),
    deliveries=models.F("deliveries") + 1,
)


@pytest.fixture
def event():
    return WebhookEvent.objects.create(
        gateway="stripe",
        livemode=False,
        event_id="evt_1",
        payload={},
        event_created_at=timezone.now(),
    )


def test_update_changes_what_it_may_and_says_how_many(event):
    now = timezone.now()
    changes = {"state": EventState.DONE, "processed_at": now, "payload": {"of": ["words"]}}

    assert MOVED.change({"pk": event.pk}, **changes) == 1
    assert MOVED.change({"pk": event.pk}, **changes) == 0  # not received any more

    event.refresh_from_db()
    assert (event.state, event.processed_at, event.payload) == ("done", now, {"of": ["words"]})
    assert event.deliveries == 2


def test_update_writes_other_sql_for_other_fields(event):
    """And nothing that is given is a part of it."""
    odd = "'; DROP TABLE checkout_webhookevent; --%s"

    assert MOVED.change({"pk": event.pk}, error=odd) == 1
    assert MOVED.change({"pk": event.pk}, error="", processed_at=None, payment=None) == 1
    assert MOVED.change({"pk": event.pk}, error=odd) == 1
    with pytest.raises(KeyError, match="pk"):
        MOVED.change({}, error=odd)

    event.refresh_from_db()
    assert (event.error, event.processed_at, event.deliveries) == (odd, None, 4)


def test_update_of_what_cannot_be_changes_nothing(event):
    nowhere = PreparedUpdate(lambda: WebhookEvent.objects.filter(pk=Given("pk"), state__in=[]))

    assert nowhere.change({"pk": event.pk}, state=EventState.DEAD) == 0


def test_update_that_the_database_refuses_spoils_the_transaction(event):
    """Whoever hears of it goes on only after a rollback, as with Django's own."""
    with transaction.atomic():
        with suppress(IntegrityError):
            MOVED.change({"pk": event.pk}, gateway=None)
        with pytest.raises(TransactionManagementError):
            WebhookEvent.objects.exists()
        transaction.set_rollback(True)


# As another process would: of its own ALTER a connection knows, and prepares all anew.
MIGRATION = """
SET CONSTRAINTS ALL IMMEDIATE;
DO $$ BEGIN
    ALTER TABLE project_outboundmail ADD COLUMN of_tomorrow integer;
    ALTER TABLE library_enrollment ADD COLUMN of_tomorrow integer;
    ALTER TABLE catalog_course ADD COLUMN of_tomorrow integer;
END $$;
"""


def write_letter(key):
    kept = {"to": "ada@example.com", "letter": "receipt", "about_id": 1}
    return OutboundMail.objects.write(key=key, **kept)


def test_statements_of_a_running_process_outlive_a_migration_that_adds_columns(course):
    """The shop goes on while it is upgraded, and money arrives."""
    learner = create_learner()

    def work(number):
        letter = OutboundMail.objects.get(pk=write_letter(f"receipt {number}"))
        seats = Enrollment.objects.grant_each(
            create_learner(), [create_course()], source=EnrollmentSource.PURCHASE
        )
        return letter.letter, len(seats), find(course, learner).is_held

    before = [work(number) for number in range(4)]  # prepared by then
    with connection.cursor() as cursor:
        cursor.execute(MIGRATION)

    assert work(4) == before[0]
