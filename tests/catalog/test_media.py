"""A lesson's video, captions and files: what is taken, where it lies, and when it goes."""

import os
import time
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.media.embeds import read_embed
from catalog.media.keeping import protected_storage, sweep
from catalog.media.videos import InvalidVideo, VideoFacts, read_video
from catalog.media.webvtt import InvalidCaptions, decode_captions, read_cues
from catalog.models import Caption, LessonFile, Video
from catalog.models.media import safe_name
from tests.factories import create_lesson, create_staff
from tests.media import WEBVTT, create_captions, create_file, create_video, mp4, webm


def test_video_is_what_it_holds():
    assert read_video(BytesIO(webm(seconds=75))) == VideoFacts(".webm", "video/webm", 75)
    assert read_video(BytesIO(mp4(seconds=75))) == VideoFacts(".mp4", "video/mp4", 75)
    assert read_video(BytesIO(mp4(seconds=75, is_long=True))).seconds == 75
    assert read_video(BytesIO(webm(seconds=-90))).seconds == 0  # which cannot be


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg onload=alert(1)>", b"\x89PNG", webm(doc_type=b"matroska"), mp4()[:40], webm()[:3]],
)
def test_video_that_is_none_is_refused(content):
    with pytest.raises(InvalidVideo):
        read_video(BytesIO(content))


@settings(max_examples=50, deadline=500)
@given(st.integers(0, 200), st.binary(max_size=12), st.sampled_from([webm(), mp4()]))
def test_video_that_is_broken_never_hangs_the_shop(at, noise, content):
    try:
        facts = read_video(BytesIO(content[:at] + noise + content[at + len(noise) :]))
    except InvalidVideo:
        return
    assert facts.seconds >= 0


def test_captions_are_read_as_a_transcript():
    cues = read_cues(WEBVTT)

    assert [(cue.seconds, cue.words) for cue in cues] == [
        (0, "Go where it is dark."),
        (65, "Wait for your eyes."),
    ]


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"1\n00:00 --> x", b"WEBVTT\n\n", b"<html>", b"W\0"]
)
def test_captions_that_are_none_are_refused(content):
    with pytest.raises(InvalidCaptions):
        read_cues(decode_captions(content))


@pytest.mark.parametrize(
    ("address", "player"),
    [
        (
            "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=5",
            "youtube-nocookie.com/embed/dQw4w9WgXcQ?",
        ),
        ("https://youtu.be/dQw4w9WgXcQ", "youtube-nocookie.com/embed/dQw4w9WgXcQ?"),
        ("https://vimeo.com/76979871", "player.vimeo.com/video/76979871?"),
        ("https://vimeo.com/76979871/abcdef12", "&h=abcdef12"),
    ],
)
def test_embed_is_played_without_being_followed(address, player):
    assert player in read_embed(address).player


@pytest.mark.parametrize(
    "address",
    [
        "http://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "https://evil.example/watch?v=dQw4w9WgXcQ",
        "https://youtube.com.evil.example/watch?v=dQw4w9WgXcQ",
        'https://youtu.be/"><script>',
        "https://vimeo.com/channels/staff",
        "javascript:alert(1)//youtu.be/dQw4w9WgXcQ",
        "https://[",
    ],
)
def test_embed_of_anybody_else_is_refused(address):
    assert read_embed(address) is None


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\secret\\a:b?.csv", "a b .csv"),
        ("..", "file"),
        ("x" * 200 + ".csv", "x" * 116 + ".csv"),
        ("tidy\n\u202e.pdf", "tidy .pdf"),
    ],
)
def test_file_has_a_name_that_is_safe_anywhere(name, safe):
    assert safe_name(name) == safe


@pytest.mark.django_db
def test_media_lie_under_names_that_nobody_guesses():
    lesson = create_lesson()
    video, file = create_video(lesson), create_file(lesson, name="list.CSV")

    assert video.file.name.startswith("videos/")
    assert len(video.file.name) > len("videos/.webm") + 30
    assert file.file.name.endswith(".csv")
    assert os.sep + "protected" + os.sep in protected_storage().path(video.file.name)
    with pytest.raises(ValueError, match="no address"):
        _ = video.file.url


@pytest.mark.django_db
@pytest.mark.parametrize("values", [{}, {"file": "videos/x", "address": "https://youtu.be/x"}])
def test_video_is_here_or_elsewhere(values):
    with pytest.raises(IntegrityError, match="video_is_here_or_elsewhere"), transaction.atomic():
        Video.objects.create(lesson=create_lesson(), **values)


@pytest.mark.django_db
def test_captions_keep_their_transcript_and_refuse_what_is_none():
    captions = create_captions(create_lesson())
    assert captions.transcript[1].seconds == 65

    captions.text = "no"
    with pytest.raises(ValidationError):
        captions.full_clean()
    with pytest.raises(InvalidCaptions):
        captions.save()


@pytest.mark.django_db
def test_file_that_no_row_names_is_swept_after_a_day():
    lesson = create_lesson()
    video, file = create_video(lesson), create_file(lesson)
    storage = protected_storage()
    old, young = video.file.name, storage.save("videos/young.webm", ContentFile(b""))
    yesterday = time.time() - 25 * 60 * 60
    video.play(ContentFile(webm(), name="anew.webm"))
    video.save()
    for name in (old, video.file.name, file.file.name):
        os.utime(storage.path(name), (yesterday, yesterday))

    sweep()

    assert [storage.exists(name) for name in (old, video.file.name, file.file.name, young)] == [
        False,
        True,
        True,
        True,
    ]


INLINES = ("questions", "video", "captions", "files")


def office_form(lesson, **values):
    """Return the page of a lesson as staff send it."""
    fields = ("title", "slug", "minutes", "body", "position", "pass_percent")
    counts = {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0}
    return {
        "section": lesson.section_id,
        **{name: getattr(lesson, name) for name in fields},
        **{f"{p}-{k}": n for p in INLINES for k, n in counts.items()},
        **values,
    }


@pytest.mark.django_db
def test_staff_give_a_lesson_its_media(client):
    client.force_login(create_staff())
    lesson = create_lesson()
    page = f"/admin/catalog/lesson/{lesson.pk}/change/"
    sent = {
        "video-TOTAL_FORMS": 1,
        "video-0-file": SimpleUploadedFile("anything.exe", webm(seconds=61)),
        "captions-TOTAL_FORMS": 1,
        "captions-0-language": "en",
        "captions-0-upload": SimpleUploadedFile("en.vtt", WEBVTT.encode()),
        "files-TOTAL_FORMS": 1,
        "files-0-position": 0,
        "files-0-file": SimpleUploadedFile("list.csv", b"a,b"),
    }

    assert client.get(page).status_code == 200
    response = client.post(page, office_form(lesson, **sent))

    assert response.status_code == 302, response.context["errors"]
    video = Video.objects.get(lesson=lesson)
    assert (video.content_type, video.seconds) == ("video/webm", 61)
    assert Caption.objects.get(lesson=lesson).transcript[0].words == "Go where it is dark."
    assert LessonFile.objects.values_list("name", "size").get(lesson=lesson) == ("list.csv", 3)


@pytest.mark.django_db
def test_staff_are_told_what_is_no_video_and_no_captions(client):
    client.force_login(create_staff())
    lesson = create_lesson()
    sent = {
        "video-TOTAL_FORMS": 1,
        "video-0-file": SimpleUploadedFile("talk.mp4", b"<html>"),
        "captions-TOTAL_FORMS": 1,
        "captions-0-language": "en",
        "captions-0-upload": SimpleUploadedFile("en.vtt", b"1\n00:00,000 --> 00:01,000\nSRT"),
    }

    response = client.post(
        f"/admin/catalog/lesson/{lesson.pk}/change/", office_form(lesson, **sent)
    )

    page = response.content.decode()
    assert "Browsers cannot play this video." in page
    assert "Browsers cannot show these captions." in page
    assert not Video.objects.exists()
    assert not Caption.objects.exists()
