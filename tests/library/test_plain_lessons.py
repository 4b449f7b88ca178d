"""Lessons that are rendered once for many: everybody gets their own page all the same."""

import re
from datetime import timedelta

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from catalog.models import Course, Lesson, Section
from library.access import can_view
from library.having import may_view
from library.models import Enrollment, EnrollmentStatus, LessonProgress, Note
from library.views import lesson as views
from project.htmx import render_part
from tests.factories import create_course, create_learner, create_staff, enroll
from tests.keeping import forget_what_is_kept, lines_of

pytestmark = pytest.mark.django_db

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def signed_in(user, **kwargs):
    client = Client(**kwargs)
    client.force_login(user)
    return client


def look(client, url):
    """Return a page without what is another each time."""
    return TOKEN.sub("", client.get(url).content.decode())


@pytest.fixture
def course():
    return create_course(title="Bread", lessons=4)


@pytest.fixture
def url(course):
    return f"/library/bread/{course.lessons.order_by('pk')[1].slug}/"


@pytest.fixture
def learners(course):
    """Return a browser for each way in which the lesson can look."""
    lessons = list(course.lessons.order_by("pk"))
    beginner, further, elsewhere, noting, late = [create_learner() for _ in range(5)]
    for learner in (beginner, further, elsewhere, noting, late):
        enroll(learner, course=course)
    for lesson in lessons[:2]:
        LessonProgress.objects.mark(further, lesson)
    LessonProgress.objects.mark(elsewhere, lessons[3])
    Note.objects.write(noting, lessons[1], "Mine <alone>", version=0)
    finished = create_learner()
    enroll(finished, course=course)
    for lesson in lessons:
        LessonProgress.objects.mark(finished, lesson)
    people = [beginner, further, elsewhere, noting, finished]
    indonesian = signed_in(late, headers={"Accept-Language": "id"})
    return [*(signed_in(person) for person in people), signed_in(create_staff()), indonesian]


def test_everybody_gets_the_page_that_they_would_get_alone(learners, url):
    def alone(client):
        forget_what_is_kept()
        return look(client, url)

    expected = [alone(client) for client in learners]
    forget_what_is_kept()

    assert [look(client, url) for client in learners] == expected
    assert [look(client, url) for client in learners[::-1]] == expected[::-1]
    assert len(set(expected)) == len(learners)


def test_a_frame_changes_nothing(learners, url, monkeypatch):
    framed = [look(client, url) for client in learners]
    again = [look(client, url) for client in learners]
    monkeypatch.setattr(views, "render_framed", lambda *args, frame: render_part(*args))

    bare = [look(client, url) for client in learners]
    assert framed == again
    assert [lines_of(page) for page in framed] == [lines_of(page) for page in bare]


def test_whatever_a_lesson_shows_shows_at_once(course, url):
    learner = create_learner()
    enroll(learner, course=course)
    client = signed_in(learner)
    lessons = list(course.lessons.order_by("pk"))
    tomorrow = timezone.localdate() + timedelta(days=1)
    changes = [
        (Course, course.pk, {"title": "Rye"}),
        (Course, course.pk, {"language": "id"}),
        (Course, course.pk, {"hue": 200}),
        (Section, lessons[0].section_id, {"title": "First things"}),
        (Lesson, lessons[1].pk, {"title": "Kneading"}),
        (Lesson, lessons[1].pk, {"body_html": "<p>Knead.</p>"}),
        (Lesson, lessons[1].pk, {"minutes": 77}),
        (Lesson, lessons[0].pk, {"title": "Flour"}),
        (Lesson, lessons[2].pk, {"slug": "ovens"}),
        (Lesson, lessons[2].pk, {"opens_on": tomorrow}),
        (Lesson, lessons[3].pk, {"minutes": 7}),
    ]

    def check():
        warm = look(client, url)
        forget_what_is_kept()
        assert warm == look(client, url)
        return warm

    seen = [check()]
    for model, pk, change in changes:
        model.objects.filter(pk=pk).update(**change)
        seen.append(check())
    Note.objects.write(learner, lessons[1], "Something", version=0)
    seen.append(check())
    Lesson.objects.create(
        course=course, section=lessons[0].section, title="More", slug="more", position=9
    )
    seen.append(check())

    assert len(set(seen)) == len(seen)


FORMS = {"completion": {"done": "1"}, "note": {"text": "Mine", "version": "0"}}


@pytest.mark.parametrize("name", FORMS)
def test_forms_of_a_lesson_outlive_a_sign_in_in_another_window(course, url, name):
    learner = create_learner()
    enroll(learner, course=course)
    browser = signed_in(learner, enforce_csrf_checks=True)
    browser.get(url)
    browser.force_login(learner)

    response = browser.post(f"{url}{name}/", FORMS[name], headers={"Sec-Fetch-Site": "same-origin"})

    assert response.status_code == 303
    assert LessonProgress.objects.exists() or Note.objects.exists()


@pytest.mark.parametrize("name", [*FORMS, "position"])
@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}])
def test_forms_of_a_lesson_are_refused_from_another_site(course, url, name, headers):
    learner = create_learner()
    enroll(learner, course=course)

    response = signed_in(learner).post(f"{url}{name}/", FORMS.get(name, {}), headers=headers)

    assert response.status_code == 403
    assert not LessonProgress.objects.exists()
    assert not Note.objects.exists()


def test_lesson_sets_no_cookie_for_its_forms(learners, url):
    for client in learners[:4]:  # who has finished may put a name on the certificate, with a token
        client.get(url)

        assert "csrf" not in client.cookies


SEATS = [
    (status, days)
    for status in EnrollmentStatus.values
    for days in (None, -1, 1)
    if (status, days) != (EnrollmentStatus.ENDED, None)  # the database has no such row
]


@pytest.mark.parametrize(("status", "days"), SEATS)
def test_page_and_its_files_open_to_the_same_people(course, status, days):
    """The page asks what the visitor has, and its files ask for the seat: never two answers."""
    learner = create_learner()
    seat = enroll(learner, course=course)
    moment = timezone.now()
    Enrollment.objects.filter(pk=seat.pk).update(
        status=status,
        starts_at=moment - timedelta(days=3),
        ends_at=days and moment + timedelta(days=days),
        learner=None if status == EnrollmentStatus.UNCLAIMED else learner,
    )
    request = RequestFactory().get("/")
    request.user = learner
    lesson = course.lessons.first()

    is_open = status == EnrollmentStatus.ACTIVE and days != -1
    assert (may_view(request, lesson), can_view(lesson, learner)) == (is_open, is_open)
