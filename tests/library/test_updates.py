"""What is new in a course: shown, marked until seen, and mailed to who wants to know."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from library import updates
from library.models import CourseUpdate, EnrollmentStatus, UpdatesSeen
from library.updates import mail_batch, mail_out
from project.accounts.optional_mail import COURSE_UPDATES, choose
from project.models import OutboundMail
from tests.factories import create_course, create_learner, enroll

pytestmark = pytest.mark.django_db

SHELF, COURSE, PAGE = "/library/", "/library/knots/", "/library/knots/updates/"
MARK = "Something new"


@pytest.fixture
def course():
    return create_course(title="Knots", slug="knots", lessons=1)


def tell(course, title="A new knot", *, hours=0, body="It *holds*."):
    when = timezone.now() + timedelta(hours=hours)
    return CourseUpdate.objects.create(course=course, title=title, body=body, published_at=when)


def text(response):
    return response.content.decode()


def mailed():
    return sorted(OutboundMail.objects.values_list("to", flat=True))


def test_learner_sees_the_newest_three_and_all_on_a_page(visitor, course):
    enroll(visitor.sign_in(), course=course)
    for hours in (-1, -2, -3, -4, 5):
        tell(course, f"News {hours}", hours=hours, body="It *holds*.<script>")

    glance, page = text(visitor.get(COURSE)), text(visitor.get(PAGE))

    assert [f"News {hours}" in glance for hours in (-1, -2, -3, -4, 5)] == [True] * 3 + [False] * 2
    assert [f"News {hours}" in page for hours in (-1, -2, -3, -4, 5)] == [True] * 4 + [False]
    assert PAGE in glance
    assert "<em>holds</em>" in page
    assert "It <em>holds</em>.<script>" not in page


@pytest.mark.parametrize("url", [COURSE, PAGE])
def test_shelf_marks_what_is_new_until_it_is_seen(visitor, course, url):
    tell(course, hours=-1)
    enroll(visitor.sign_in(), course=course)
    assert MARK not in text(visitor.get(SHELF))  # it was there when they came

    tell(course)
    assert MARK in text(visitor.get(SHELF))
    visitor.get(url)
    visitor.get(url)
    assert MARK not in text(visitor.get(SHELF))
    assert UpdatesSeen.objects.count() == 1

    tell(course)
    assert MARK in text(visitor.get(SHELF))


def test_seeing_is_written_once(browser, course):
    enroll(browser.sign_in(), course=course)
    for _ in range(10):
        tell(course)
    browser.get(COURSE)

    with CaptureQueriesContext(connection) as asked:
        browser.get(COURSE)

    assert not [query for query in asked if not query["sql"].startswith("SELECT")]


def test_update_is_mailed_once_to_who_studies_and_wants_to_know(course, monkeypatch):
    monkeypatch.setattr(updates, "BATCH", 2)
    learners = [create_learner(email=f"{name}@example.com") for name in "abcde"]
    for learner in learners[:4]:
        enroll(learner, course=course)
    enroll(learners[4], course=course, status=EnrollmentStatus.SUSPENDED)
    choose(learners[1], COURSE_UPDATES, is_wanted=False)
    update = tell(course)

    assert (mail_out(update), mail_out(update)) == (True, False)
    mail_batch(update.pk, 0)
    mail_batch(update.pk, 0)
    assert mailed() == ["a@example.com"]
    mail_batch(update.pk, learners[1].pk)
    mail_batch(update.pk, learners[3].pk)

    assert mailed() == ["a@example.com", "c@example.com", "d@example.com"]
    letter = OutboundMail.objects.get(to="d@example.com")
    assert letter.subject == "New in “Knots”"
    assert "A new knot" in letter.text
    assert letter.stop_url in letter.html


def test_update_is_not_mailed_before_its_time(course):
    update = tell(course, hours=1)

    assert mail_out(update) is False
    update.refresh_from_db()
    assert update.mailed_at is None
