"""A lesson's video on its page, and where somebody was in it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from library.models import LessonProgress, VideoPosition
from library.my_data import collect
from library.outline import outline_of
from tests.factories import complete, create_course, create_learner, enroll
from tests.media import create_captions, create_file, create_video

pytestmark = pytest.mark.django_db
NOW = timezone.now()
POSITION = "/library/sky/dark/position/"


@pytest.fixture
def lesson():
    course = create_course(title="Sky", slug="sky", lessons=3)
    lesson = course.lessons.order_by("position")[1]
    lesson.title, lesson.slug = "Dark", "dark"
    lesson.save()
    create_video(lesson, seconds=245)
    return lesson


@pytest.fixture
def learner(visitor, lesson):
    enroll(visitor.sign_in(), course=lesson.course)
    return visitor.learner


def tell(client, seconds, *, playback=None, number=1, ago=0):
    told = {"seconds": seconds, "playback": playback or uuid4(), "number": number, "ago": ago}
    return client.post(POSITION, told).status_code


def place(learner):
    return VideoPosition.objects.values_list("seconds", flat=True).get(learner=learner)


def test_page_plays_the_video_with_what_is_said(visitor, learner, lesson):
    create_captions(lesson)
    create_file(lesson)
    create_file(lesson, name="more.csv")

    page = visitor.get("/library/sky/dark/").content.decode()

    assert 'src="/library/sky/dark/media/video/"' in page
    assert 'src="/library/sky/dark/media/captions/en/"' in page
    assert 'href="/library/sky/dark/?t=65#video" data-seek="65"' in page
    assert "Wait for your eyes." in page
    assert page.count("4:05") == 2  # under the video, and in the outline
    assert 'data-module="/static/js/video.js"' in page
    assert 'action="/library/sky/dark/position/"' in page
    assert "list.csv" in page
    assert "/library/sky/dark/media/files/" in page


def test_page_without_a_video_needs_no_more_than_before(visitor, learner, lesson):
    lesson.video.delete()

    page = visitor.get("/library/sky/dark/").content.decode()

    assert "data-module" not in page
    assert "media/" not in page


def test_page_loads_nothing_from_another_host(visitor, learner, lesson):
    lesson.video.delete()
    create_video(lesson, address="https://youtu.be/dQw4w9WgXcQ")

    page = visitor.get("/library/sky/dark/?t=9").content.decode()

    assert "youtube-nocookie.com/embed/dQw4w9WgXcQ?autoplay=1&amp;rel=0&amp;start=9" in page
    assert 'href="https://www.youtube.com/watch?v=dQw4w9WgXcQ"' in page
    assert "<iframe" not in page
    assert 'src="https://' not in page


def test_free_preview_plays_for_everybody_and_keeps_no_place(client, lesson):
    lesson.is_preview = True
    lesson.save()

    for url in ("/library/sky/dark/", "/courses/sky/?preview=dark"):
        response = client.get(url)
        assert 'src="/library/sky/dark/media/video/"' in response.content.decode()
        assert "position/" not in response.content.decode()
        assert not response.cookies


@pytest.mark.parametrize(
    ("asked", "begins"),
    [("", "#t=125"), ("?t=30", "#t=30"), ("?t=x", "#t=125"), ("?t=²", "#t=125")],
)
def test_page_goes_on_where_the_learner_was(visitor, learner, lesson, asked, begins):
    assert tell(visitor.client, 125) == 204

    page = visitor.get(f"/library/sky/dark/{asked}").content.decode()

    assert f'src="/library/sky/dark/media/video/{begins}"' in page


def test_video_that_was_seen_to_its_end_begins_anew(visitor, learner, lesson):
    tell(visitor.client, 244)

    assert "#t=" not in visitor.get("/library/sky/dark/").content.decode()


def test_continue_leads_to_the_second(visitor, learner, lesson):
    tell(visitor.client, 125)

    for url in ("/library/", "/library/sky/"):
        assert 'href="/library/sky/dark/?t=125"' in visitor.get(url).content.decode(), url


def test_continue_leads_past_a_video_whose_lesson_is_done(visitor, learner, lesson):
    tell(visitor.client, 125)
    complete(visitor.learner, lesson)
    first = lesson.course.lessons.order_by("position")[0]

    in_course = LessonProgress.objects.in_course(visitor.learner, lesson.course)
    assert in_course.next_lesson == first
    assert outline_of(lesson.course, visitor.learner).progress.next_lesson == first


def test_place_is_never_the_beginning(visitor, learner):
    playback = uuid4()
    tell(visitor.client, 125, playback=playback)

    assert tell(visitor.client, 0, playback=playback, number=2) == 400
    assert place(learner) == 125
    with pytest.raises(IntegrityError, match="has_begun"), transaction.atomic():
        VideoPosition.objects.update(seconds=0)


@pytest.mark.parametrize(
    "told", [{}, {"seconds": "x"}, {"seconds": 5, "playback": "1", "number": 1, "ago": 0}]
)
def test_place_that_is_none_is_refused(visitor, learner, told):
    assert visitor.client.post(POSITION, told).status_code == 400
    assert not VideoPosition.objects.exists()


def test_place_is_not_taken_back_by_a_tab_that_was_left_open(visitor, learner):
    old, new = uuid4(), uuid4()
    tell(visitor.client, 60, playback=old, ago=60_000)
    tell(visitor.client, 200, playback=new, ago=5_000)

    tell(visitor.client, 61, playback=old, number=2, ago=61_000)

    assert place(learner) == 200


def test_place_may_go_back_when_the_learner_does(visitor, learner):
    playback = uuid4()
    tell(visitor.client, 200, playback=playback, ago=5_000)
    tell(visitor.client, 30, playback=playback, number=2, ago=9_000)
    assert place(learner) == 30

    tell(visitor.client, 200, playback=playback, number=1, ago=5_000)  # overtaken on its way
    assert place(learner) == 30

    tell(visitor.client, 10)  # in another browser, later
    assert place(learner) == 10


def test_guest_has_a_place_in_their_browser_alone(client, lesson):
    assert tell(client, 5) == 303
    assert not VideoPosition.objects.exists()


def test_places_are_part_of_my_data(visitor, learner):
    tell(visitor.client, 125)

    [study] = collect(learner)

    assert [(watched["lesson"], watched["seconds"]) for watched in study["videos"]] == [
        ("Dark", 125)
    ]


def naive_keep(learner, lesson, *, seconds, **told):
    """Read, compare and write: the control, which has to fail."""
    known = VideoPosition.objects.filter(learner=learner, lesson=lesson).first()
    starting_line.wait()
    if known is None or known.resumed_at < told["resumed_at"]:
        VideoPosition.objects.update_or_create(
            learner=learner, lesson=lesson, defaults={"seconds": seconds, "updated_at": NOW, **told}
        )


def real_keep(learner, lesson, **told):
    starting_line.wait()
    VideoPosition.objects.keep(learner, lesson, **told)


starting_line = Barrier(4)


def race(keep):
    """Have four playbacks tell at once where they are; return where the learner is then."""
    course = create_course(lessons=1)
    learner, lesson = create_learner(), course.lessons.get()

    def report(number):
        try:
            begun = NOW + timedelta(seconds=number)
            seconds = 100 + number
            keep(learner, lesson, seconds=seconds, playback=uuid4(), number=1, resumed_at=begun)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(report, range(4)))
    return place(learner)


@pytest.mark.django_db(transaction=True)
def test_of_several_tabs_at_once_the_one_that_began_last_counts():
    assert [race(real_keep) for _ in range(15)] == [103] * 15
    assert [race(naive_keep) for _ in range(15)] != [103] * 15
