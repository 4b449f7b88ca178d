"""What courses are found by stays what they say, whoever changes it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from catalog.models import Assortment, Course, SearchWord
from catalog.search.indexing import refresh_search
from catalog.search.query import find, words_in
from tests.catalog.test_course_admin import COURSES, LESSONS, filled_in, page_of, save
from tests.factories import create_instructor, create_staff, create_topic, put_on_shelf

BREAD = Path(settings.BASE_DIR, "catalog", "demo_courses", "bread-from-scratch")


@pytest.fixture
def staff(db):
    client = Client()
    client.force_login(create_staff())
    return client


def found(text):
    finds = find(Course.objects.published(), words_in(text), languages=["en"], most=100)
    slugs = dict(Course.objects.values_list("pk", "slug"))
    return [slugs[pk] for pk in finds.pks]


def counted():
    return dict(SearchWord.objects.values_list("word", "courses"))


def test_course_saved_in_the_admin_is_found_by_its_new_words(staff):
    course = put_on_shelf(title="Knots", lesson_titles=["Bowline"], summary="Rope.")
    data = filled_in(staff, page_of(course))
    topic = create_topic(name="Sailing")

    changed = {**data, "title": "Loops", "topics": [topic.pk], "lessons-0-title": "Sheepshank"}
    assert save(staff, page_of(course), changed) == []

    for word in ("loops", "sailing", "sheepshank"):
        assert found(word) == ["knots"]
    for word in ("knots", "bowline"):
        assert found(word) == []
    assert counted() == {
        **dict.fromkeys(("loops", "sailing", "sheepshank", "rope"), 1),
        **{word: 1 for word in words_in(course.instructor.name) if word.isalpha()},
    }
    assert [topic["slug"] for topic in Assortment.objects.current().topics] == ["sailing"]


def test_lesson_saved_or_deleted_in_the_admin_changes_what_its_course_is_found_by(staff):
    course = put_on_shelf(title="Knots", lesson_titles=["Bowline", "Sheepshank"])
    bowline, sheepshank = course.lessons.order_by("position")

    data = {**filled_in(staff, page_of(bowline)), "title": "Carrick"}
    save(staff, page_of(bowline), data)
    staff.post(f"{LESSONS}{sheepshank.pk}/delete/", {"post": "yes"})

    assert (found("carrick"), found("bowline"), found("sheepshank")) == (["knots"], [], [])


@pytest.mark.parametrize("kind", ["topic", "instructor"])
def test_topic_or_instructor_renamed_or_deleted_changes_what_courses_are_found_by(staff, kind):
    made = create_topic(name="Sailing") if kind == "topic" else create_instructor(name="Sailing")
    named = {"topics": [made]} if kind == "topic" else {"instructor": made}
    course = put_on_shelf(title="Knots", **named)

    page = page_of(made)
    save(staff, page, {**filled_in(staff, page), "name": "Boating"})
    assert (found("boating"), found("sailing")) == (["knots"], [])

    if kind == "topic":
        staff.post(f"/admin/catalog/topic/{made.pk}/delete/", {"post": "yes"})
        assert found("boating") == []
        assert Assortment.objects.current().topics == []
    assert Course.objects.get().pk == course.pk


def test_course_deleted_in_the_admin_takes_its_words_and_topics(staff):
    course = put_on_shelf(title="Knots", topics=[create_topic(name="Sailing")])

    staff.post(f"{COURSES}{course.pk}/delete/", {"post": "yes"})

    assert not Course.objects.exists()
    assert counted() == {}
    assert Assortment.objects.current().topics == []


def test_course_is_in_the_vocabulary_while_it_is_published(db):
    course = put_on_shelf(title="Knots", status="draft", topics=[create_topic(name="Sailing")])
    assert (counted(), Assortment.objects.current().topics) == ({}, [])

    course.publish()
    assert counted()["knots"] == 1
    assert len(Assortment.objects.current().topics) == 1

    course.unlist()
    assert (counted(), Assortment.objects.current().topics) == ({}, [])


def test_course_imported_is_found_by_all_that_its_folder_says(db):
    call_command("import_course", str(BREAD), verbosity=0)

    for words in ("bread scratch", "ingrid pawlak", "cooking", "baker percentage", "starter"):
        assert found(words) == ["bread-from-scratch"]


def test_import_that_is_only_tried_changes_nothing_of_the_search(db):
    call_command("import_course", str(BREAD), "--dry-run", verbosity=0)

    assert not SearchWord.objects.exists()
    assert not Assortment.objects.exists()


def test_saving_a_course_that_was_read_before_keeps_what_it_is_found_by(db):
    stale = put_on_shelf(title="Knots", lesson_titles=["Bowline"])
    full = Course._base_manager.get(pk=stale.pk)
    lesson = stale.lessons.get()
    lesson.title = "Sheepshank"
    lesson.save()
    refresh_search([stale.pk])

    for course in (stale, full):
        course.save()

    assert (found("sheepshank"), found("bowline")) == (["knots"], [])
    assert counted()["sheepshank"] == 1


def test_what_courses_are_found_by_is_not_read_with_them(db):
    put_on_shelf(title="Knots")

    assert {"search", "topic_pks", "words"} <= Course.objects.get().get_deferred_fields()


def test_languages_to_choose_from_are_those_of_published_courses(db):
    for language in ("de", "id", "id"):
        put_on_shelf(language=language)
    put_on_shelf(language="fr", status="draft")

    assert Assortment.objects.current().languages == ["id", "de"]


@pytest.mark.django_db(transaction=True)
def test_words_are_counted_right_when_two_courses_are_refreshed_at_once():
    courses = [put_on_shelf(title=f"Bread {word}") for word in ("rye", "oat")]
    Course.objects.update(title="Bread and cheese")
    starting_line = Barrier(2)

    def refresh(course):
        try:
            starting_line.wait()
            for _ in range(10):
                course.refresh_search()
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        list(pool.map(refresh, courses))

    words = counted()
    assert (words["bread"], words["cheese"]) == (2, 2)
    assert not {"rye", "oat"} & set(words)


@pytest.mark.django_db
def test_what_courses_are_found_by_lies_at_hand():
    """In the rows and not behind them, and in the index at once and not before it in a heap."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attstorage FROM pg_attribute"
            " WHERE attrelid = 'catalog_course'::regclass AND attname = 'search'"
        )
        assert cursor.fetchone() == ("m",)
        cursor.execute(
            "SELECT count(*) FILTER (WHERE 'fastupdate=off' = ANY(reloptions)), count(*)"
            " FROM pg_class JOIN pg_am ON pg_am.oid = relam AND amname = 'gin'"
            " WHERE relname LIKE 'course_published%'"
        )
        assert cursor.fetchone() == (3, 3)
