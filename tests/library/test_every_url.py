"""Every URL of the library, walked by those who may not see what is there.

A new URL fails the first test until it is walked here as well.
"""

from urllib.parse import urlsplit

import pytest

from catalog.models import LessonFile
from library.models import EnrollmentStatus, LessonProgress, LessonQuestion
from library.urls import urlpatterns
from tests.factories import create_course, create_learner, create_lesson, create_seat, enroll
from tests.media import create_captions, create_file, create_video

SECRET = "What only learners read."
FOR_ALL = {"certificate", "reviews"}
FOR_STAFF = {"preview"}  # tests/library/test_preview.py


@pytest.fixture
def course(db):
    course = create_course(title="Knots", slug="knots")
    lesson = create_lesson(slug="bowline", title="Bowline", body=SECRET)
    lesson.section.course = course
    lesson.section.save()
    lesson.save()
    create_video(lesson)
    create_captions(lesson, text=f"WEBVTT\n\n00:00.000 --> 00:01.000\n{SECRET}\n")
    create_file(lesson, content=SECRET.encode())
    return course


def walk(course):
    """Return each URL's name, its path and the data to post to it."""
    lesson = course.lessons.get()
    question = LessonQuestion.objects.ask(create_learner(), lesson, text=SECRET, name="Ada")
    return {
        "shelf": ("/library/", None),
        "course": ("/library/knots/", None),
        "lesson": ("/library/knots/bowline/", None),
        "note": ("/library/knots/bowline/note/", {"text": "Mine.", "version": "0"}),
        "notes": ("/library/knots/notes/", None),
        "notes_file": ("/library/knots/notes.md", None),
        "updates": ("/library/knots/updates/", None),
        "search": ("/library/knots/search/?q=learners", None),
        "review": ("/library/knots/review/", {"rating": "5", "name": "Eve"}),
        "ask": ("/library/knots/bowline/questions/", {"text": "Why?", "name": "Eve"}),
        "question": (f"/library/knots/bowline/questions/{question.pk}/", {"text": "So."}),
        "quiz": ("/library/knots/bowline/quiz/", {}),
        "certificate_name": ("/library/knots/certificate/", {"name": "Eve"}),
        "completion": ("/library/knots/bowline/completion/", {"done": "1"}),
        "position": (
            "/library/knots/bowline/position/",
            {"seconds": "7", "playback": "0" * 32, "number": "1", "ago": "50"},
        ),
        "video": ("/library/knots/bowline/media/video/", None),
        "poster": ("/library/knots/bowline/media/poster/", None),
        "captions": ("/library/knots/bowline/media/captions/en/", None),
        "file": (f"/library/knots/bowline/media/files/{LessonFile.objects.get().pk}/", None),
        "archive": ("/library/knots/bowline/media/files/", None),
        "sharing": ("/sharing/knots/", {"share": "1"}),
        "claim": (urlsplit(create_seat(course=course).claim_url).path, {}),
    }


def test_walk_misses_nothing(course):
    assert set(walk(course)) | FOR_ALL | FOR_STAFF == {pattern.name for pattern in urlpatterns}


def test_strangers_are_sent_to_sign_in(visitor, course):
    for name, (path, data) in walk(course).items():
        response = visitor.get(path) if data is None else visitor.post(path, data)

        assert visitor.is_sent_to(response).startswith("/accounts/login/?next=%2F"), name
        assert SECRET not in response.content.decode()
    assert not LessonProgress.objects.exists()


@pytest.mark.parametrize("status", [None, EnrollmentStatus.SUSPENDED, EnrollmentStatus.REVOKED])
def test_people_without_an_active_seat_are_sent_elsewhere(visitor, course, status):
    enroll(course=course)
    visitor.sign_in()
    if status:
        enroll(visitor.learner, course=course, status=status)
    elsewhere = "/library/" if status == EnrollmentStatus.SUSPENDED else "/courses/knots/"

    for name, (path, data) in walk(course).items():
        if name in ("shelf", "claim"):
            continue
        response = visitor.get(path) if data is None else visitor.post(path, data)

        assert visitor.is_sent_to(response) == elsewhere, name
        assert SECRET not in response.content.decode()
    assert not LessonProgress.objects.exists()


@pytest.mark.parametrize("status", [None, EnrollmentStatus.SUSPENDED, EnrollmentStatus.REVOKED])
def test_shelf_shows_others_nothing_to_read(visitor, course, status):
    enroll(course=course)
    visitor.sign_in()
    if status:
        enroll(visitor.learner, course=course, status=status)

    page = visitor.get("/library/").content.decode()

    assert "/library/knots/" not in page
    assert SECRET not in page


def test_learners_are_let_in(visitor, course):
    enroll(visitor.sign_in(), course=course)

    assert SECRET in visitor.get("/library/knots/bowline/").content.decode()
