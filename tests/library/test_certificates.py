"""What one gets for a finished course, and who may see it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from library.completing import complete as do
from library.models import Certificate, LessonProgress
from library.my_data import certificates, collect_certificates
from project.accounts.my_data.deletion import delete_account
from tests.factories import complete, create_course, create_learner, create_staff, enroll


def finish(visitor, course):
    """Do all lessons, each by its button."""
    for lesson in course.lessons.all():
        visitor.post(f"/library/{course.slug}/{lesson.slug}/completion/", {"done": "1"})


def certified(*, name="Ada Lovelace", **words):
    course = create_course(lessons=2, **words)
    seat = enroll(course=course)
    complete(seat.learner, *course.lessons.all())
    certificate = Certificate.objects.issue(seat.learner, course)
    certificate.bear(name)
    return certificate, seat


def test_last_lesson_makes_the_certificate_and_the_learner_names_it_once(visitor):
    course = create_course(title="Knots", slug="knots", lessons=2)
    learner = enroll(visitor.sign_in(), course=course).learner
    finish(visitor, course)
    certificate = Certificate.objects.get()
    assert (certificate.learner, certificate.course, certificate.name) == (learner, course, "")
    assert "Make my certificate" in visitor.get("/library/knots/").content.decode()

    first = visitor.post("/library/knots/certificate/", {"name": "Ada Lovelace"})
    visitor.post("/library/knots/certificate/", {"name": "Somebody Else"})

    page = f"/certificates/{certificate.code}/"
    assert visitor.is_sent_to(first) == page
    shown = visitor.get(page).content.decode()
    assert "Ada Lovelace" in shown
    assert "Somebody Else" not in shown
    assert page in visitor.get("/library/").content.decode()


def test_certificate_waits_for_the_last_lesson(visitor):
    course = create_course(slug="knots", lessons=2)
    enroll(visitor.sign_in(), course=course)
    do(visitor.learner, course.lessons.first())

    assert visitor.post("/library/knots/certificate/", {"name": "Ada"}).status_code == 404
    assert not Certificate.objects.exists()


@pytest.mark.django_db
def test_certificate_says_what_was_so_on_that_day():
    certificate, seat = certified(title="Knots")
    titles = list(certificate.course.lessons.values_list("title", flat=True))
    course = certificate.course
    course.title = "Ropes"
    course.save()
    course.lessons.first().delete()
    course.recount()

    again = Certificate.objects.issue(seat.learner, course)

    assert again == certificate
    assert (again.title, again.lessons, again.minutes) == ("Knots", titles, 20)


@pytest.mark.django_db
def test_staff_who_look_get_no_certificate():
    course = create_course(lessons=1)

    assert do(create_staff(), course.lessons.get()) is None
    assert not Certificate.objects.exists()


@pytest.mark.django_db
def test_strangers_see_a_named_certificate_and_no_other(client):
    certificate, _ = certified()
    unnamed, _ = certified(name="")

    shown = client.get(f"/certificates/{certificate.code}/")

    assert shown.status_code == 200
    assert '<meta name="robots" content="noindex">' in shown.content.decode()
    assert "it is valid" in shown.content.decode()
    assert client.get(f"/certificates/{unnamed.code}/").status_code == 404
    assert client.get("/certificates/aaaaaaaaaaaa/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["withdrawn", "seat revoked"])
def test_certificate_that_does_not_hold_says_so_until_it_holds_again(client, how):
    certificate, seat = certified()
    page = f"/certificates/{certificate.code}/"
    if how == "withdrawn":
        assert certificate.withdraw() is True
    else:
        seat.revoke()

    assert "is no longer valid" in client.get(page).content.decode()
    if how == "withdrawn":
        assert certificate.reinstate() is True
    else:
        enroll(seat.learner, course=seat.course)
    assert "is no longer valid" not in client.get(page).content.decode()


@pytest.mark.django_db
def test_certificate_is_taken_along_and_goes_with_the_person():
    certificate, seat = certified(title="Knots")

    (facts,) = collect_certificates(seat.learner)
    (page,) = certificates(seat.learner).values()
    delete_account(seat.learner)

    assert facts["course"] == "Knots"
    assert "Ada Lovelace" in page
    assert not Certificate.objects.filter(pk=certificate.pk).exists()


def two_last_lessons(finish_one):
    course = create_course(lessons=2)
    learner, starting_line = enroll(create_learner(), course=course).learner, Barrier(2)

    def try_it(lesson):
        try:
            return finish_one(learner, lesson, starting_line)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(try_it, course.lessons.all()))
    return Certificate.objects.filter(learner=learner).count()


@pytest.mark.django_db(transaction=True)
def test_two_last_lessons_at_once_make_one_certificate():
    def finish_one(learner, lesson, starting_line):
        starting_line.wait()
        do(learner, lesson)

    assert two_last_lessons(finish_one) == 1


@pytest.mark.django_db(transaction=True)
def test_two_last_lessons_that_look_before_the_other_is_noted_would_make_none():
    def finish_naively(learner, lesson, starting_line):
        count = LessonProgress.objects.of(learner, lesson.course).count()
        starting_line.wait()
        LessonProgress.objects.mark(learner, lesson)
        if count + 1 == lesson.course.lessons.count():
            Certificate.objects.issue(learner, lesson.course)

    assert two_last_lessons(finish_naively) == 0
