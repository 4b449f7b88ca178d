"""A course once more, to begin another one from it."""

from django.db import models, transaction
from django.utils.translation import gettext

from catalog.models import Course, CourseStatus, Illustration, Lesson, Section

LONGEST_TITLE = 120
LONGEST_SLUG = 70  # which leaves room for a number


@transaction.atomic
def duplicate(course: Course) -> Course:
    """Return a draft with the course's texts, outline, media and price.

    It has an address and ids of its own, no sale, no day of publication, and nobody has it. Files
    are not copied: both show the same ones, which stay while either does.
    """
    copy = _draft_of(course)
    copy.topics.set(course.topics.all())
    for picture in Illustration.objects.filter(course=course):
        _copied(picture, course=copy)
    for section in Section.objects.filter(course=course):
        _copy_section(section, copy)
    copy.recount()
    copy.render_again()
    copy.refresh_search()
    return copy


def _draft_of(course: Course) -> Course:
    copy = Course.objects.get(pk=course.pk)
    title = gettext("%(title)s (copy)") % {"title": course.title}
    return _copied(
        copy,
        title=title if len(title) <= LONGEST_TITLE else course.title,
        slug=_free_slug(course.slug),
        source_id=None,
        status=CourseStatus.DRAFT,
        published_at=None,
        sale_price_minor=None,
        sale_starts_at=None,
        sale_ends_at=None,
        compare_at_minor=None,
    )


def _copy_section(section: Section, course: Course) -> None:
    lessons = list(section.lessons.all())
    copy = _copied(section, course=course, source_id=None)
    for lesson in lessons:
        parts = _parts_of(lesson)
        lesson_copy = _copied(lesson, section=copy, source_id=None)
        for part in parts:
            _copied(part, lesson=lesson_copy)


def _parts_of(lesson: Lesson) -> list[models.Model]:
    """Return the rows of the catalog that belong to a lesson: its video, files, questions."""
    return [
        part
        for relation in Lesson._meta.related_objects
        if relation.related_model._meta.app_label == Lesson._meta.app_label
        for part in relation.related_model._base_manager.filter(**{relation.field.name: lesson})
    ]


def _copied[T: models.Model](row: T, **changes: object) -> T:
    """Save the row as a new one with these changes; it is the copy from then on."""
    row.pk = None
    row._state.adding = True
    for name, value in changes.items():
        setattr(row, name, value)
    row.save()
    return row


def _free_slug(slug: str) -> str:
    base = f"{slug[:LONGEST_SLUG]}-copy"
    taken = set(Course.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return base if base not in taken else next(name for name in numbered if name not in taken)
