"""The catalog's version: whatever changes what the shop's window shows makes it another."""

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone

from catalog.models import CatalogChange, Course, Lesson
from tests.factories import create_course, create_instructor

pytestmark = pytest.mark.django_db(transaction=True)

# No page that everybody sees shows these.
SHOWN_NOWHERE = {"catalog_catalogchange", "catalog_pricepoint", "catalog_searchword"}


def version():
    return CatalogChange.standing(timezone.now()).version


def test_every_table_of_the_catalog_has_the_trigger():
    models = apps.get_app_config("catalog").get_models(include_auto_created=True)
    tables = {model._meta.db_table for model in models} | {"library_review"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'catalog_changed'"
        )
        watched = {name for (name,) in cursor.fetchall()}

    assert watched == tables - SHOWN_NOWHERE


def test_every_change_makes_another_version():
    course = create_course(lessons=2)
    seen = [version()]
    changes = [
        course.save,
        lambda: Course.objects.update(summary="Other words."),
        lambda: Lesson.objects.all().delete(),
        lambda: course.topics.create(name="Baking", slug="baking"),
    ]

    for change in changes:
        change()
        assert version() == version()
        seen.append(version())

    assert len(set(seen)) == 5


def test_a_transaction_counts_once_and_only_if_it_ends_well():
    course = create_course()
    before = version()

    with transaction.atomic():
        course.save()
        assert version() != before
        transaction.set_rollback(True)
    assert version() == before
    with transaction.atomic():
        with transaction.atomic():
            course.save()
            transaction.set_rollback(True)
        for _ in range(30):
            course.save()

    assert len(set(version().split()) - set(before.split())) == 1


def test_what_ends_last_counts_whenever_it_began():
    course = create_course()
    early = connection.copy()
    try:
        early.set_autocommit(False)
        with early.cursor() as cursor:
            cursor.execute("UPDATE catalog_instructor SET name = 'Early'")
        create_instructor()  # waits for nobody
        between = version()
        early.commit()
    finally:
        early.close()

    assert version() != between
    course.refresh_from_db()
    assert course.instructor.name == "Early"


def test_only_the_latest_are_kept():
    for _ in range(50):
        create_instructor()

    assert CatalogChange.objects.count() <= 21
