"""What addresses in a course's texts mean: ``lesson:bowline``, or ``images/knot.jpg``."""

from django.urls import reverse

from catalog.markdown.addresses import anchor

LESSON = "lesson:"
IMAGES = "images/"


def find_address(course_slug: str, course_pk: int | None, address: str) -> str | None:
    """Return the real address, or ``None`` if it is not one of a course's own."""
    if address.startswith(LESSON):
        return _of_lesson(course_slug, address.removeprefix(LESSON))
    if address.startswith(IMAGES) and course_pk:
        return _of_picture(course_pk, address.removeprefix(IMAGES))
    return None


def lesson_in(address: str) -> str | None:
    """Return the slug of the lesson that an address leads to, if it is one of the same course."""
    if not address.startswith(LESSON):
        return None
    return address.removeprefix(LESSON).partition("#")[0]


def _of_lesson(course_slug: str, address: str) -> str | None:
    slug, _sign, heading = address.partition("#")
    if not slug.replace("-", "").replace("_", "").isalnum() or not slug.isascii():
        return None
    page = reverse("library:lesson", args=[course_slug, slug])
    return f"{page}#{anchor(heading)}" if heading else page


def _of_picture(course_pk: int, name: str) -> str | None:
    from catalog.models.illustration import Illustration

    picture = Illustration.objects.filter(course=course_pk, name=name).first()
    return picture.url if picture else None
