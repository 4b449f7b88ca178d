"""Files that somebody might upload as a picture."""

from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from catalog.models import Course
from catalog.pictures.keeping import keep_picture
from catalog.pictures.kept import KeptPicture
from catalog.pictures.reading import read_picture
from catalog.pictures.shapes import COVER


def photograph(width=1600, height=1200, *, color="#a04020", mode="RGB"):
    """Return a picture whose left third is blue, so that one sees where it was cut and turned."""
    picture = Image.new(mode, (width, height), color)
    ImageDraw.Draw(picture).rectangle((0, 0, width // 3, height), fill="#0000ff")
    return picture


def as_file(picture, kind="JPEG", **options):
    """Return a picture as a file of that kind."""
    file = BytesIO()
    picture.save(file, kind, **options)
    file.seek(0)
    return file


def upload(picture=None, kind="JPEG", *, name="cover.jpg", content=None, **options):
    """Return a picture as a browser sends it."""
    if content is None:
        content = as_file(picture or photograph(), kind, **options).read()
    return SimpleUploadedFile(name, content)


def give_picture(course: Course, **picture) -> KeptPicture:
    """Have the course show a picture that was uploaded."""
    kept = keep_picture(read_picture(as_file(photograph(**picture)), COVER), COVER)
    course.show_picture(kept)
    return kept
