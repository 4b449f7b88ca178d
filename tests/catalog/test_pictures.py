"""Pictures that are uploaded: what is taken, what becomes of it, and how it is shown."""

import struct
import zlib
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from PIL import Image, ImageCms, PngImagePlugin

from catalog.models import Course
from catalog.pictures import InvalidPicture, reading
from catalog.pictures.keeping import keep_picture
from catalog.pictures.kept import picture_name
from catalog.pictures.reading import read_picture
from catalog.pictures.shapes import COVER, PORTRAIT
from catalog.templatetags.covers import cover_url, picture_srcset, picture_url
from tests.catalog.pictures import as_file, give_picture, photograph
from tests.factories import create_course, create_instructor

BLUE, BROWN = (0, 0, 255), (160, 64, 32)
ORIENTATION, ARTIST = 0x0112, 0x013B


def files_in(folder):
    return sorted(f"{folder}/{name}" for name in default_storage.listdir(folder)[1])


def alike(pixel, color, tolerance=12):
    return all(abs(a - b) <= tolerance for a, b in zip(pixel, color, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_read_picture_takes_what_cameras_and_programs_make(kind):
    picture = read_picture(as_file(photograph(1600, 1200), kind), COVER)

    assert picture.size == (1600, 1000)
    assert alike(picture.getpixel((100, 500)), BLUE)
    assert alike(picture.getpixel((1500, 500)), BROWN)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "ICO", "PDF", "JPEG2000"])
def test_read_picture_takes_no_other_kind(kind):
    with pytest.raises(InvalidPicture, match="no picture that we can read"):
        read_picture(as_file(photograph(800, 600), kind), COVER)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture at all",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<?xml version='1.0'?><svg/>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 640 400\n",
        b"<html><script>alert(1)</script></html>",
    ],
)
def test_read_picture_goes_by_what_a_file_holds(content):
    with pytest.raises(InvalidPicture, match="no picture that we can read"):
        read_picture(BytesIO(content), COVER)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("part", [0.05, 0.5, 0.9])
def test_read_picture_refuses_what_is_cut_off(kind, part):
    whole = as_file(Image.effect_noise((800, 500), 90).convert("RGB"), kind).read()

    with pytest.raises(InvalidPicture):
        read_picture(BytesIO(whole[: int(len(whole) * part)]), COVER)


def test_read_picture_survives_any_damage():
    """Whatever a broken file makes the decoder do, its owner is told, and nothing else happens."""
    for kind in ("JPEG", "PNG", "WEBP", "AVIF"):
        whole = as_file(photograph(400, 250), kind).read()
        for place in range(0, len(whole), max(1, len(whole) // 150)):
            broken = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
            try:
                read_picture(BytesIO(broken), COVER)
            except InvalidPicture:
                continue


def png_that_promises(width, height):
    """Return a PNG of a few bytes that unfolds to ``width`` × ``height``."""

    def chunk(name, data):
        check = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, data) for name, data in chunks)


@pytest.mark.parametrize("size", [(8000, 5001), (10_000, 10_000), (30_000, 30_000)])
def test_read_picture_never_unfolds_a_bomb(size, monkeypatch):
    # Loading it at all would be the damage.
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("It was decoded."))

    with pytest.raises(InvalidPicture, match="40 megapixels"):
        read_picture(BytesIO(png_that_promises(*size)), COVER)


def test_read_picture_takes_ten_megabytes_and_no_more():
    picture = as_file(photograph()).read()
    allowed = picture + b"\0" * (reading.MOST_BYTES - len(picture))

    assert read_picture(BytesIO(allowed), COVER).size == (1600, 1000)
    with pytest.raises(InvalidPicture, match="10 MB"):
        read_picture(BytesIO(allowed + b"\0"), COVER)


@pytest.mark.parametrize("size", [(319, 400), (3000, 199), (1, 1)])
def test_read_picture_refuses_what_would_have_to_be_scaled_up(size):
    with pytest.raises(InvalidPicture, match="at least 320 × 200"):
        read_picture(as_file(photograph(*size)), COVER)


def test_read_picture_turns_it_as_the_camera_was_held():
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # to be turned by 90 degrees clockwise: its left is its top

    picture = read_picture(as_file(photograph(1600, 1000), exif=exif), COVER)

    assert picture.size == (1000, 625)
    assert alike(picture.getpixel((500, 40)), BLUE)
    assert alike(picture.getpixel((500, 600)), BROWN)


def test_read_picture_lays_paper_behind_transparency():
    picture = read_picture(as_file(Image.new("RGBA", (640, 400), (0, 0, 0, 0)), "PNG"), COVER)

    assert picture.getpixel((5, 5)) == (255, 253, 248)


@pytest.mark.parametrize("mode", ["L", "P", "1", "CMYK", "I;16", "LA"])
def test_read_picture_takes_every_kind_of_color(mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    picture = Image.new(mode, (640, 400))

    assert read_picture(as_file(picture, kind), COVER).mode == "RGB"


def test_read_picture_survives_a_profile_that_is_none():
    file = as_file(photograph(640, 400), icc_profile=b"nonsense")

    assert read_picture(file, COVER).size == (640, 400)


def test_kept_picture_tells_nothing_of_its_maker(media):
    exif = Image.Exif()
    exif[ARTIST] = "Ada Secret"
    told = PngImagePlugin.PngInfo()
    told.add_text("Author", "Ada Secret")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    jpeg = as_file(photograph(), exif=exif, icc_profile=profile, comment=b"Ada Secret")
    png = as_file(photograph(color="#123456"), "PNG", exif=exif, pnginfo=told)

    for file in (jpeg, png):
        kept = keep_picture(read_picture(file, COVER), COVER)
        for width in COVER.widths:
            content = default_storage.open(picture_name(COVER, kept.digest, width)).read()
            shown = Image.open(BytesIO(content))
            assert b"Secret" not in content
            assert not {"exif", "icc_profile", "xmp", "comment"} & set(shown.info)


@pytest.mark.parametrize(
    ("size", "widths"),
    [
        ((4000, 2500), [320, 640, 960, 1280]),
        ((1280, 800), [320, 640, 960, 1280]),
        ((1000, 2000), [320, 640, 960, 1000]),
        ((700, 438), [320, 640, 700]),
        ((320, 200), [320]),
    ],
)
def test_keep_picture_writes_every_width_it_is_large_enough_for(media, size, widths):
    kept = keep_picture(read_picture(as_file(photograph(*size)), COVER), COVER)

    names = [picture_name(COVER, kept.digest, width) for width in widths]
    assert files_in("covers") == sorted(names)
    for name, width in zip(names, widths, strict=True):
        picture = Image.open(default_storage.open(name))
        assert (picture.format, picture.size) == ("WEBP", (width, round(width / 1.6)))


def test_keep_picture_of_a_face_is_square(media):
    kept = keep_picture(read_picture(as_file(photograph(900, 700)), PORTRAIT), PORTRAIT)

    picture = Image.open(default_storage.open(picture_name(PORTRAIT, kept.digest, 320)))
    assert picture.size == (320, 320)


def test_keep_picture_replaces_a_file_that_was_only_half_written(media):
    picture = read_picture(as_file(photograph()), COVER)
    kept = keep_picture(picture, COVER)
    file = media / picture_name(COVER, kept.digest, 640)
    whole = file.read_bytes()
    file.write_bytes(whole[:100])

    assert keep_picture(picture, COVER) == kept
    assert file.read_bytes() == whole
    assert len(files_in("covers")) == 4


@pytest.mark.django_db
def test_course_shows_what_was_uploaded_in_all_its_widths(client, media):
    course = create_course()
    kept = give_picture(course, width=700, height=438)
    course.refresh_from_db()

    assert cover_url(course) == f"/media/covers/{kept.digest}-640.webp"
    assert picture_srcset(course) == ", ".join(
        f"/media/covers/{kept.digest}-{width}.webp {width}w" for width in (320, 640, 700)
    )
    page = client.get(course.get_absolute_url()).content.decode()
    assert f'srcset="{picture_srcset(course)}"' in page
    assert "/covers/" in page
    assert f"/covers/{course.slug}/{course.hue}-" not in page


def test_course_without_a_picture_has_its_drawing():
    course = Course(slug="bread", hue=40)

    assert cover_url(course).startswith("/covers/bread/40-")
    assert picture_srcset(course) == ""


@pytest.mark.django_db
def test_picture_url_is_kept_for_ever(client, media):
    course = create_course()
    give_picture(course)

    response = client.get(cover_url(course))

    assert response.status_code == 200
    assert response["Content-Type"] == "image/webp"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert Image.open(BytesIO(response.content)).size == (640, 400)
    assert "Vary" not in response
    assert dict(response.cookies) == {}


@pytest.mark.django_db
def test_picture_url_of_a_small_face_is_the_width_it_has(media):
    instructor = create_instructor()
    face = read_picture(as_file(photograph(200, 200)), PORTRAIT)
    instructor.show_picture(keep_picture(face, PORTRAIT))

    assert picture_url(instructor).endswith("-200.webp")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "covers/0123456789abcdef-640.webp",
        "covers/../secret.webp",
        "covers/..%2f..%2fsecret_key",
        "covers/0123456789abcdef-640.svg",
        "previews/1/0123456789ab.png",
        "covers/",
        "",
    ],
)
def test_media_holds_nothing_else(client, media, path):
    (media / "secret.webp").write_text("secret")

    assert client.get(f"/media/{path}").status_code == 404
