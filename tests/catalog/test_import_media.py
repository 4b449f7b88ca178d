"""A lesson's media from a folder, and back into one."""

import pytest

from catalog.models import Caption, LessonFile, Video
from tests.catalog.test_import_course import COURSE, import_course, write
from tests.media import WEBVTT, webm

pytestmark = pytest.mark.django_db
KEYS = 'id = "l-1"\nslug = "bowline"\ntitle = "Bowline"\n'
MEDIA = 'video = "talk.webm"\ncaptions = { en = "en.vtt" }\nfiles = ["a.csv", "b.csv"]\n'


@pytest.fixture
def loops(tmp_path):
    loops = tmp_path / "knots" / "01-loops"
    write(loops.parent / "course.md", COURSE)
    write(loops / "section.md", 'id = "s-1"\ntitle = "Loops"')
    write(loops / "01-bowline.md", KEYS + MEDIA)
    (loops / "talk.webm").write_bytes(webm(seconds=75))
    (loops / "en.vtt").write_text(WEBVTT)
    (loops / "a.csv").write_text("a")
    (loops / "b.csv").write_text("b")
    return loops


def test_media_are_put_once_and_replaced_when_they_differ(loops):
    import_course(loops.parent)
    video = Video.objects.get()
    assert (video.content_type, video.seconds) == ("video/webm", 75)
    assert Caption.objects.get().transcript[1].seconds == 65
    assert "nothing to change" in import_course(loops.parent)
    assert Video.objects.get().file.name == video.file.name

    (loops / "talk.webm").write_bytes(webm(seconds=76))
    write(loops / "01-bowline.md", KEYS + MEDIA.replace('"a.csv", ', ""))
    said = import_course(loops.parent)

    assert "video talk.webm, file b.csv in another place, no file a.csv" in said
    assert Video.objects.get().seconds == 76
    assert [file.name for file in LessonFile.objects.all()] == ["b.csv"]


def test_media_of_which_the_folder_says_nothing_are_left_alone(loops):
    import_course(loops.parent)
    write(loops / "01-bowline.md", KEYS)

    assert "nothing to change" in import_course(loops.parent)
    assert LessonFile.objects.count() == 2


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ('video = "../course.md"', "There is no file"),
        ('video = "a.csv"', "Browsers cannot play this video"),
        ('video = "https://evil.example/x"', "YouTube or Vimeo"),
        ('video = "talk.webm"\ncaptions = { en = "a.csv" }', "Browsers cannot show these captions"),
        ('video = "talk.webm"\ncaptions = { EN = "en.vtt" }', "valid"),
        ('files = ["none.csv"]', "There is no file"),
    ],
)
def test_media_that_are_none_are_refused(loops, keys, problem):
    write(loops / "01-bowline.md", KEYS + keys)

    with pytest.raises(Exception, match=problem):
        import_course(loops.parent)
    assert not Video.objects.exists()
