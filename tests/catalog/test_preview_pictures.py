"""The picture of 1200 × 630 that stands for a course where its link is shared."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from catalog.colors import oklch_to_rgb, with_plain_colors
from catalog.covers import draw_cover
from catalog.models import Course, CourseStatus
from catalog.pictures import previews
from catalog.pictures.keeping import keep_picture
from catalog.pictures.kept import preview_digest
from catalog.pictures.previews import HEIGHT, PAPER_HEIGHT, draw_preview
from catalog.pictures.shapes import COVER
from catalog.templatetags.covers import preview_picture_url
from tests.catalog.pictures import give_picture
from tests.factories import create_course

PAPER = (246, 241, 230)
DRAWN = b"drawn" + previews.END_OF_PNG


def drawn(title="Bread from Scratch", **fields):
    fields = {"slug": "bread", "hue": 40, **fields}
    return Image.open(BytesIO(draw_preview(Course(title=title, **fields)))).convert("RGB")


def path_of(course):
    return preview_picture_url(course).removeprefix("http://localhost:8000")


def has_words(picture):
    """Return whether there is paper below the art, with something printed on it."""
    paper = picture.crop((0, HEIGHT - PAPER_HEIGHT + 20, 1200, HEIGHT))
    colors = paper.getcolors(1_000_000)
    return max(colors)[1] == PAPER and len(colors) > 1


@pytest.mark.parametrize("hue", range(0, 360, 90))
def test_preview_picture_is_small_and_of_the_size_that_others_want(hue):
    content = draw_preview(Course(slug=f"course-{hue}", hue=hue, title="Bread from Scratch"))

    picture = Image.open(BytesIO(content))
    assert (picture.format, picture.size) == ("PNG", (1200, 630))
    assert len(content) <= 300_000


def test_preview_picture_of_the_noisiest_photograph_is_small_as_well(media):
    noise = Image.frombytes("RGB", (1280, 800), os.urandom(1280 * 800 * 3))
    kept = keep_picture(noise, COVER)
    looks = {"picture": kept.digest, "picture_width": kept.width}

    for title in ("Words", "星空"):
        content = draw_preview(Course(slug="noise", hue=3, title=title, **looks))
        assert len(content) <= 300_000


@pytest.mark.parametrize(
    "title",
    ["Bread", "A “quoted” one – with dashes", "SQL by detective work: who took the money? A case"],
)
def test_preview_picture_has_the_title(title):
    assert has_words(drawn(title))


@pytest.mark.parametrize(
    "title", ["星空", "Café", "النجوم", "Bread 🍞", "W" * 120, "ww " * 40, " "]
)
def test_preview_picture_is_of_art_alone_when_the_title_cannot_be_printed(title):
    picture = drawn(title)

    assert picture.getpixel((5, HEIGHT - 5)) != PAPER
    assert not has_words(picture)


def test_preview_picture_leaves_out_a_name_of_the_shop_that_cannot_be_printed(settings):
    settings.SHOP_NAME = "書店"

    assert has_words(drawn())


def test_preview_picture_shows_the_cover():
    art = drawn("星空")
    ground = re.search(r'fill="(#\w{6})"', with_plain_colors(draw_cover("bread", 40)))[1]

    colors = [color for _, color in art.getcolors(1_000_000)]
    assert tuple(bytes.fromhex(ground[1:])) in colors


def test_preview_picture_shows_what_was_uploaded(media):
    kept = keep_picture(Image.new("RGB", (1280, 800), "#00ff00"), COVER)
    picture = drawn(picture=kept.digest, picture_width=kept.width)

    red, green, blue = picture.getpixel((600, 100))
    assert green > 240
    assert max(red, blue) < 30


def test_preview_picture_shows_the_drawing_when_the_upload_is_lost(media):
    assert drawn("星空", picture="0" * 16, picture_width=1280).tobytes() == drawn("星空").tobytes()


@pytest.mark.parametrize(
    ("color", "expected"),
    [
        ((1.0, 0.0, 0), (255, 255, 255)),
        ((0.0, 0.0, 0), (0, 0, 0)),
        # CSS Color 4: the primaries of sRGB in oklch()
        ((0.62796, 0.25768, 29.234), (255, 0, 0)),
        ((0.86644, 0.29483, 142.495), (0, 255, 0)),
        ((0.45201, 0.31321, 264.052), (0, 0, 255)),
    ],
)
def test_oklch_to_rgb_agrees_with_browsers(color, expected):
    found = oklch_to_rgb(*color)
    assert all(abs(a - b) <= 1 for a, b in zip(found, expected, strict=True)), found


def test_with_plain_colors_leaves_no_oklch():
    for number in range(50):
        assert "oklch" not in with_plain_colors(draw_cover(f"course-{number}", number * 7))


@pytest.mark.parametrize(
    "change",
    [{"title": "Other"}, {"hue": 41}, {"slug": "other"}, {"picture": "1" * 16}],
    ids=lambda change: next(iter(change)),
)
def test_preview_digest_changes_with_what_is_shown(change):
    fields = {"slug": "bread", "hue": 40, "title": "Bread"}

    assert preview_digest(Course(**fields)) != preview_digest(Course(**fields | change))
    assert preview_digest(Course(**fields)) == preview_digest(Course(**fields, price_minor=5))


def test_preview_digest_changes_with_the_shops_name(settings):
    course = Course(slug="bread", hue=40, title="Bread")
    before = preview_digest(course)
    settings.SHOP_NAME = "Other"

    assert preview_digest(course) != before


@pytest.mark.django_db
def test_picture_is_drawn_once_and_kept_for_ever(client, media, monkeypatch):
    course = create_course()

    first = client.get(path_of(course))
    monkeypatch.setattr(previews, "draw_preview", lambda _: pytest.fail("It was drawn again."))
    second = client.get(path_of(course))

    for response in (first, second):
        assert response.status_code == 200
        assert response["Content-Type"] == "image/png"
        assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert first.content == second.content
    assert Image.open(BytesIO(first.content)).size == (1200, 630)


@pytest.mark.django_db
def test_picture_of_an_earlier_title_leads_to_todays_and_is_removed(client, media):
    course = create_course(title="Before")
    earlier = path_of(course)
    client.get(earlier)
    course.title = "After"
    course.save()

    response = client.get(earlier)

    assert (response.status_code, response["Location"]) == (302, path_of(course))
    assert "Cache-Control" not in response
    client.get(path_of(course))
    names = default_storage.listdir(f"previews/{course.pk}")[1]
    assert names == [f"{preview_digest(course)}.png"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "code"),
    [(CourseStatus.DRAFT, 404), (CourseStatus.UNLISTED, 200), (CourseStatus.ARCHIVED, 200)],
)
def test_picture_is_there_for_every_course_with_a_page(client, media, status, code):
    assert client.get(path_of(create_course(status=status))).status_code == code


@pytest.mark.django_db
def test_picture_of_no_course_is_not_there(client, media):
    assert client.get("/covers/nothing/0123456789ab.png").status_code == 404


@pytest.mark.django_db
def test_picture_asks_to_come_again_when_others_are_being_drawn(client, media, monkeypatch):
    monkeypatch.setattr(previews, "PATIENCE", 0.01)
    course = create_course()

    with previews._desk:
        response = client.get(path_of(course))

    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert not (media / "previews").exists()
    assert client.get(path_of(course)).status_code == 200


def test_picture_is_drawn_by_one_of_many_who_ask_at_once(media, monkeypatch):
    drawings = []

    def draw(course):
        drawings.append(course)
        return DRAWN

    monkeypatch.setattr(previews, "draw_preview", draw)
    course = Course(pk=1, slug="bread", hue=40, title="Bread")

    with ThreadPoolExecutor(8) as pool:
        pictures = list(pool.map(previews.preview_picture, [course] * 8))

    assert pictures == [DRAWN] * 8
    assert drawings == [course]


def test_picture_that_is_only_half_written_is_drawn_anew(media):
    """As another process may find it, or as one that was killed has left it."""
    course = Course(pk=1, slug="bread", hue=40, title="Bread")
    whole = previews.preview_picture(course)
    [file] = (media / "previews" / "1").iterdir()

    for length in (0, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:length])
        assert previews.preview_picture(course) == whole
        assert file.read_bytes() == whole


@pytest.mark.django_db
def test_picture_shows_a_new_upload(client, media):
    course = create_course(title="星空", slug="sky")
    before = client.get(path_of(course)).content
    give_picture(course)

    assert client.get(path_of(course)).content != before


def test_preview_picture_url_is_absolute(settings):
    settings.SITE_URL = "https://shop.example.com"

    url = preview_picture_url(Course(slug="bread", hue=40, title="Bread"))

    assert re.fullmatch(r"https://shop\.example\.com/covers/bread/[0-9a-f]{12}\.png", url)
