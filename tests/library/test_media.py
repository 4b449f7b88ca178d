"""A lesson's media: who gets them, and how they are sent."""

import re
import zipfile
from fnmatch import fnmatchcase
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.storage import storages
from django.urls import reverse

from catalog.models import LessonFile, Video
from library.guests import SEATS
from library.models import EnrollmentStatus
from project.environment import media_hosts
from tests.factories import (
    create_course,
    create_learner,
    create_lesson,
    create_seat,
    create_section,
    enroll,
)
from tests.media import WEBVTT, create_captions, create_file, create_video, webm

pytestmark = pytest.mark.django_db
VIDEO = "/library/sky/dark/media/video/"


@pytest.fixture
def lesson():
    course = create_course(title="Sky", slug="sky")
    lesson = create_lesson(section=create_section(course=course), title="Dark")
    create_video(lesson)
    create_captions(lesson)
    create_file(lesson)
    lesson.video.poster = "posters/none.webp"
    lesson.video.save()
    return lesson


def urls(lesson):
    """Return the address of all that the lesson has."""
    place = [lesson.course.slug, lesson.slug]
    return [
        reverse("library:video", args=place),
        reverse("library:poster", args=place),
        reverse("library:captions", args=[*place, "en"]),
        reverse("library:file", args=[*place, lesson.files.get().pk]),
        reverse("library:archive", args=place),
    ]


def body(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.fixture
def reader(client, lesson):
    client.force_login(enroll(course=lesson.course).learner)
    return client


@pytest.mark.parametrize("who", ["stranger", "other", "suspended", "revoked", "former guest"])
def test_media_are_for_nobody_else(client, lesson, who):
    learner = create_learner()
    enroll(learner)
    if who in ("suspended", "revoked"):
        enroll(learner, course=lesson.course, status=EnrollmentStatus(who))
    if who == "former guest":
        session = client.session
        session[SEATS] = [enroll(course=lesson.course).pk]  # somebody has claimed it
        session.save()
    elif who != "stranger":
        client.force_login(learner)

    for url in urls(lesson):
        response = client.get(url, headers={"Range": "bytes=0-3"})
        assert response.status_code == 303, url
        assert body(response) == b""


def test_media_of_a_lesson_that_has_yet_to_open_are_not_there(client, lesson):
    client.force_login(enroll(course=lesson.course).learner)
    lesson.opens_after_days = 3
    lesson.save()

    assert {client.get(url).status_code for url in urls(lesson)} == {404}


def test_media_of_another_lesson_are_not_had_by_way_of_ones_own(reader, lesson):
    other = create_file(create_lesson(), name="other.csv")

    assert reader.get(f"/library/sky/dark/media/files/{other.pk}/").status_code == 404


def test_media_of_a_free_preview_are_for_everybody(client, lesson):
    lesson.is_preview = True
    lesson.save()

    assert body(client.get(VIDEO)) == webm()
    assert client.get(VIDEO)["Cache-Control"] == "private, no-cache"


def test_media_are_for_the_guest_who_bought_them(client, lesson):
    session = client.session
    session[SEATS] = [create_seat(course=lesson.course).pk]
    session.save()

    assert body(client.get(VIDEO)) == webm()


def test_captions_are_sent_as_they_are(reader):
    response = reader.get("/library/sky/dark/media/captions/en/")

    assert response["Content-Type"] == "text/vtt; charset=utf-8"
    assert response.content.decode() == WEBVTT
    assert reader.get("/library/sky/dark/media/captions/id/").status_code == 404


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("0-", 0, None), ("100-199", 100, 200), ("-50", -50, None), ("4000-99999999", 4000, None)],
)
def test_video_is_sent_in_the_part_that_a_player_asks_for(reader, asked, start, end):
    whole = webm()

    response = reader.get(VIDEO, headers={"Range": f"bytes={asked}"})

    part = whole[start:end]
    first = start % len(whole)
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{first + len(part) - 1}/{len(whole)}"
    assert response["Content-Length"] == str(len(part))
    assert response["Content-Type"] == "video/webm"
    assert body(response) == part


@pytest.mark.parametrize("asked", ["999999-", "-0", "999999-1999999"])
def test_video_has_nothing_behind_its_end(reader, asked):
    response = reader.get(VIDEO, headers={"Range": f"bytes={asked}"})

    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(webm())}"


@pytest.mark.parametrize("asked", ["lines=1-2", "bytes=9-2", "bytes=0-1,4-5", "bytes=-", "bytes=x"])
def test_video_is_sent_whole_if_the_part_is_none(reader, asked):
    response = reader.get(VIDEO, headers={"Range": asked})

    assert (response.status_code, body(response)) == (200, webm())


def test_video_is_sent_again_only_if_it_is_another(reader, lesson):
    etag = reader.get(VIDEO)["ETag"]

    assert reader.get(VIDEO, headers={"If-None-Match": etag}).status_code == 304
    part = {"Range": "bytes=0-9", "If-Range": etag}
    assert reader.get(VIDEO, headers=part).status_code == 206
    create_file(lesson, name="more.csv")
    lesson.video.delete()
    create_video(lesson, seconds=91)
    assert reader.get(VIDEO, headers=part).status_code == 200
    assert reader.get(VIDEO, headers={"If-None-Match": etag}).status_code == 200
    assert etag.strip('"') not in lesson.video.file.name


def test_video_tells_its_length_without_being_sent(reader):
    response = reader.head(VIDEO, headers={"Range": "bytes=0-3"})

    assert (response.status_code, response.content) == (200, b"")
    assert response["Content-Length"] == str(len(webm()))
    assert response["Accept-Ranges"] == "bytes"


def test_file_is_downloaded_by_its_name(reader, lesson):
    file = create_file(lesson, name="Sterne für alle.html", content=b"<script>1</script>")

    response = reader.get(f"/library/sky/dark/media/files/{file.pk}/")

    assert (
        response["Content-Disposition"]
        == "attachment; filename*=utf-8''Sterne%20f%C3%BCr%20alle.html"
    )
    assert response["X-Content-Type-Options"] == "nosniff"
    assert body(response) == b"<script>1</script>"


def test_all_files_come_as_one_archive(reader, lesson):
    create_file(lesson, name="LIST.csv", content=b"other")

    response = reader.get("/library/sky/dark/media/files/")

    assert response.streaming
    assert response["Content-Disposition"] == 'attachment; filename="sky-dark.zip"'
    archive = zipfile.ZipFile(BytesIO(body(response)))
    assert {name: archive.read(name) for name in archive.namelist()} == {
        "list.csv": b"a,b\n1,2\n",
        "LIST-2.csv": b"other",
    }


def test_proxy_is_told_where_the_video_lies(reader, lesson, settings):
    settings.MEDIA_ACCEL = "/"

    response = reader.get(VIDEO)

    assert response["X-Accel-Redirect"] == f"/{lesson.video.file.name}"
    assert response["Content-Type"] == "video/webm"
    assert response["Cache-Control"] == "private, no-cache"
    assert response.content == b""


def object_storage(bucket="lessons", endpoint="https://s3.example.com", region="eu-1"):
    """Return a storage as the settings make it."""
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "endpoint_url": endpoint or None,
            "region_name": region or None,
            "access_key": "key",
            "secret_key": "secret",
            "signature_version": "s3v4",
        },
    }


@pytest.fixture
def bucket(settings, monkeypatch):
    """Keep the media in object storage; nothing is sent there."""
    settings.S3_BUCKET = "lessons"
    settings.STORAGES = {**settings.STORAGES, "protected": object_storage()}
    for field in (Video.file.field, Video.poster.field, LessonFile.file.field):
        monkeypatch.setattr(field, "storage", storages["protected"])


@pytest.mark.parametrize(
    ("name", "endpoint", "region"),
    [
        ("lessons", "", ""),
        ("lessons", "", "eu-central-1"),
        ("lessons.shop.example", "", "ap-southeast-3"),
        ("lessons", "https://s3.example.com", "eu-1"),
        ("lessons", "http://storage:9000", ""),
        ("lessons.shop.example", "https://s3.example.com", ""),
    ],
)
def test_browsers_may_play_what_object_storage_sends(settings, name, endpoint, region):
    """The policy is written before any address is signed: it has to know them all."""
    settings.STORAGES = {
        **settings.STORAGES,
        "protected": object_storage(name, endpoint, region),
    }

    place = urlsplit(storages["protected"].url("videos/a.webm"))

    origin = f"{place.scheme}://{place.netloc}"
    assert any(fnmatchcase(origin, host) for host in media_hosts(name, endpoint))


def test_captions_come_from_the_shop_wherever_the_video_lies(reader, lesson, bucket):
    """A <track> of another origin is read only with CORS, which buckets mostly have not."""
    page = reader.get("/library/sky/dark/").content.decode()
    sources = re.findall(r'<(?:video|source|track)\b[^>]*?\b(?:src|poster)="([^"]+)"', page)

    assert sources
    assert {urlsplit(source).netloc for source in sources} == {""}
    assert reader.get(VIDEO).status_code == 302
    assert reader.get("/library/sky/dark/media/poster/").status_code == 302
    captions = reader.get("/library/sky/dark/media/captions/en/")
    assert (captions.status_code, captions.content.decode()) == (200, WEBVTT)


def test_object_storage_sends_by_an_address_that_ends(reader, lesson, bucket):

    video = reader.get(VIDEO)
    download = reader.get(f"/library/sky/dark/media/files/{lesson.files.get().pk}/")

    assert (video.status_code, video["Cache-Control"]) == (302, "private, no-cache")
    place = urlsplit(video["Location"])
    assert place.hostname.endswith("s3.example.com")
    assert place.path.endswith(lesson.video.file.name)
    signed = {name: values[0] for name, values in parse_qs(place.query).items()}
    assert signed["X-Amz-Expires"] == str(600 + 2 * lesson.video.seconds)
    assert len(signed["X-Amz-Signature"]) == 64
    told = parse_qs(urlsplit(download["Location"]).query)
    assert told["response-content-disposition"] == ['attachment; filename="list.csv"']
    assert told["X-Amz-Expires"] == ["600"]


def test_no_public_address_leads_to_what_is_protected(reader, lesson):
    name = lesson.video.file.name

    for path in (f"/media/protected/{name}", f"/media/{name}", f"/protected/{name}", f"/{name}"):
        assert reader.get(path).status_code == 404
