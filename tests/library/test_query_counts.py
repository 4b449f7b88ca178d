"""However much somebody has, each page of the library asks the database as often as for a little.

The other tests of these pages say which queries there are; these say that no number of courses or
lessons adds one, whatever state they are in. Asked as a browser only: its page holds htmx's part.
"""

from datetime import timedelta
from itertools import count

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Course, Lesson, Question, Section, Video
from library.guests import MOST_SEATS, SEATS
from library.models import (
    Certificate,
    Enrollment,
    EnrollmentSource,
    EnrollmentStatus,
    LessonProgress,
    Note,
    VideoPosition,
)
from tests.factories import create_course, create_instructor

pytestmark = pytest.mark.django_db

FEW, MANY = 8, 300
_numbers = count(1)


def create_courses(number):
    """Create courses of one section with two lessons, in few statements; the second opens later."""
    teacher = create_instructor()
    courses = Course.objects.bulk_create(
        Course(
            title=f"Plenty {place}",
            slug=f"plenty-{place}",
            summary="One of many.",
            currency="usd",
            price_minor=3900,
            status="published",
            instructor=teacher,
            lesson_count=2,
        )
        for place in [next(_numbers) for _ in range(number)]
    )
    sections = Section.objects.bulk_create(Section(course=course, title="A") for course in courses)
    Lesson.objects.bulk_create(
        Lesson(
            course=section.course,
            section=section,
            title=f"Part {part}",
            slug=f"part-{part}",
            position=part,
            opens_after_days=7 if part else None,
        )
        for section in sections
        for part in range(2)
    )
    return courses


def fill_shelf(learner, number):
    """Give the learner courses in every state that a shelf shows."""
    courses, now = create_courses(number), timezone.now()
    Enrollment.objects.bulk_create(
        Enrollment(
            learner=learner,
            course=course,
            source=EnrollmentSource.STAFF,
            status=EnrollmentStatus.SUSPENDED if place % 4 == 1 else EnrollmentStatus.ACTIVE,
            starts_at=now - timedelta(days=2),
            ends_at=now - timedelta(days=1) if place % 4 == 2 else None,
        )
        for place, course in enumerate(courses)
    )
    finished = courses[::4]
    Certificate.objects.bulk_create(
        Certificate(
            learner=learner,
            course=course,
            name="Ada",
            title=course.title,
            language="en",
            instructor="Grace",
            hue=1,
            lessons=["Part 0"],
            minutes=1,
        )
        for course in finished
    )
    firsts = Lesson.objects.filter(course__in=finished, position=0)
    LessonProgress.objects.bulk_create(
        LessonProgress(learner=learner, lesson=one) for one in firsts
    )


def fill_course(course, learner, number):
    """Put lessons into the course, each with all that a learner may have left beside one."""
    section = Section.objects.create(course=course, title="Long")
    made = Lesson.objects.bulk_create(
        Lesson(
            course=course,
            section=section,
            title=f"Lesson {place}",
            slug=f"lesson-{place}",
            position=place,
            opens_after_days=9 if place % 5 == 4 else None,
        )
        for place in range(number)
    )
    now = timezone.now()
    Video.objects.bulk_create(
        Video(lesson=lesson, address="https://videos.example/one.mp4") for lesson in made
    )
    Question.objects.bulk_create(
        Question(lesson=lesson, text="Well?", answers="[x] Yes\n[ ] No") for lesson in made
    )
    Note.objects.bulk_create(Note(learner=learner, lesson=lesson, text="So.") for lesson in made)
    LessonProgress.objects.bulk_create(
        LessonProgress(learner=learner, lesson=lesson) for lesson in made[::3]
    )
    VideoPosition.objects.bulk_create(
        VideoPosition(
            learner=learner,
            lesson=lesson,
            seconds=9,
            playback="018f0000-0000-7000-8000-000000000000",
            number=1,
            resumed_at=now,
            updated_at=now,
        )
        for lesson in made
    )
    course.recount()


def queries_of(browser, url):
    """Return how many queries a page takes, and the page, once what a first look keeps is kept."""
    browser.get(url)
    with CaptureQueriesContext(connection) as queries:
        page = browser.get(url)
    assert page.status_code == 200
    return len(queries), page.content.decode()


def test_shelf_takes_as_many_queries_for_300_courses_as_for_8(browser):
    def look(number):
        fill_shelf(browser.sign_in(), number)
        queries, page = queries_of(browser, "/library/")
        assert page.count("<article") == number
        return queries

    assert look(MANY) == look(FEW)


def test_guests_shelf_takes_as_many_queries_for_200_courses_as_for_8(browser):
    def look(number):
        seats = Enrollment.objects.set_aside_each(
            create_courses(number), source=EnrollmentSource.PURCHASE
        )
        session = browser.client.session
        session[SEATS] = seats
        session.save()
        browser.client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        queries, page = queries_of(browser, "/library/")
        assert page.count("<article") == number
        return queries

    assert look(MOST_SEATS) == look(FEW)


@pytest.mark.parametrize("address", ["", "lesson-1/", "notes/"], ids=["course", "lesson", "notes"])
def test_page_takes_as_many_queries_for_300_lessons_as_for_8(browser, address):
    def look(number):
        learner = browser.sign_in()
        course = create_course()
        fill_course(course, learner, number)
        Enrollment.objects.grant(learner, course, source=EnrollmentSource.STAFF)
        queries, page = queries_of(browser, f"/library/{course.slug}/{address}")
        assert f"Lesson {number - 1}<" in page
        return queries

    assert look(MANY) == look(FEW)
