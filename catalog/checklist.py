"""What a course should have before it is published."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext

from catalog.markdown import addresses_of, undescribed_pictures
from catalog.models import Caption, Course, Lesson, Video
from catalog.models.addresses import IMAGES, lesson_in


@dataclass(frozen=True)
class Remark:
    """Something that is missing. Without what is a must, the course is not published."""

    text: str
    is_must: bool


class Draft:
    """A course as the checks look at it: its lessons are asked for once."""

    def __init__(self, course: Course) -> None:
        self.course = course

    @cached_property
    def lessons(self) -> list[Lesson]:
        """Its lessons in order, with ``has_video``, ``has_own_video`` and ``has_captions``."""
        videos = Video.objects.filter(lesson=OuterRef("pk"))
        captions = Caption.objects.filter(lesson=OuterRef("pk"))
        lessons = Lesson.objects.filter(course=self.course).annotate(
            has_video=Exists(videos),
            has_own_video=Exists(videos.exclude(file="")),
            has_captions=Exists(captions),
        )
        return list(lessons.order_by("section__position", "section_id", "position", "pk"))

    @cached_property
    def texts(self) -> list[tuple[str, str]]:
        """Its texts, each with what it is called."""
        lessons = [(lesson.title, lesson.body) for lesson in self.lessons]
        return [(gettext("the description"), self.course.description), *lessons]


def remarks_on(course: Course) -> list[Remark]:
    """Return what the course lacks, what is a must first."""
    draft = Draft(course)
    musts = [Remark(text, is_must=True) for check in MUSTS for text in check(draft)]
    return musts + [Remark(text, is_must=False) for check in SHOULDS for text in check(draft)]


def _summary(draft: Draft) -> Iterator[str]:
    if not draft.course.summary.strip():
        yield gettext("It has no summary.")


def _lessons(draft: Draft) -> Iterator[str]:
    if not draft.lessons:
        yield gettext("It has no lessons.")


def _contents(draft: Draft) -> Iterator[str]:
    empty = [
        lesson.title
        for lesson in draft.lessons
        if not lesson.body.strip() and not lesson.has_video  # type: ignore[attr-defined]
    ]
    if empty:
        yield _told(gettext("Lessons without a text or a video: %(which)s."), empty)


def _links(draft: Draft) -> Iterator[str]:
    slugs = {lesson.slug for lesson in draft.lessons}
    pictures: set[str] | None = None
    for name, text in draft.texts:
        for address in addresses_of(text) if "lesson:" in text or IMAGES in text else []:
            slug = lesson_in(address)
            is_dead = slug is not None and slug not in slugs
            if address.startswith(IMAGES):
                if pictures is None:
                    pictures = set(draft.course.illustrations.values_list("name", flat=True))
                is_dead = address.removeprefix(IMAGES) not in pictures
            if is_dead:
                facts = {"address": address, "text": name}
                yield gettext("“%(address)s” in “%(text)s” leads nowhere.") % facts


def _price(draft: Draft) -> Iterator[str]:
    if draft.course.price_minor == 0:
        yield gettext("It is free. Is that meant?")


def _description(draft: Draft) -> Iterator[str]:
    if not draft.course.description.strip():
        yield gettext("It has no description.")


def _outcomes(draft: Draft) -> Iterator[str]:
    if not draft.course.outcomes:
        yield gettext("It does not say what learners will be able to do.")


def _cover(draft: Draft) -> Iterator[str]:
    if not draft.course.picture:
        yield gettext("It has no picture of its own; the drawn cover stands in.")


def _preview(draft: Draft) -> Iterator[str]:
    if draft.course.price_minor and not any(lesson.is_preview for lesson in draft.lessons):
        yield gettext("No lesson can be read before buying.")


def _durations(draft: Draft) -> Iterator[str]:
    if untimed := [lesson.title for lesson in draft.lessons if not lesson.minutes]:
        yield _told(gettext("Lessons that do not say how long they take: %(which)s."), untimed)


def _alternatives(draft: Draft) -> Iterator[str]:
    if silent := [name for name, text in draft.texts if undescribed_pictures(text)]:
        yield _told(
            gettext("Pictures without words for people who cannot see them: %(which)s."), silent
        )


def _captions(draft: Draft) -> Iterator[str]:
    silent = [
        lesson.title
        for lesson in draft.lessons
        if lesson.has_own_video and not lesson.has_captions  # type: ignore[attr-defined]
    ]
    if silent:
        yield _told(gettext("Videos without captions: %(which)s."), silent)


def _told(text: str, titles: list[str]) -> str:
    """Name the first few; nobody reads forty titles in a sentence."""
    named = ", ".join(f"“{title}”" for title in titles[:5])
    return text % {"which": named + (" …" if len(titles) > 5 else "")}


type Check = Callable[[Draft], Iterator[str]]
MUSTS: list[Check] = [_summary, _lessons, _contents, _links]
SHOULDS: list[Check] = [
    _price,
    _description,
    _outcomes,
    _cover,
    _preview,
    _durations,
    _alternatives,
    _captions,
]
