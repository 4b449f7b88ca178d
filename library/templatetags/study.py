"""Lessons and outlines, rendered once for all to whom they look the same."""

from collections.abc import Hashable
from typing import Any

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from catalog.models import Course, Lesson
from library.outline import OutlineLesson, OutlineSection
from library.shelf import Study
from library.templatetags.library import unfinished_studies
from project.kept import kept_piece

LESSON = "library/_lesson.html"

register = template.Library()


@register.simple_tag(takes_context=True)
def lesson_page(context: Context) -> SafeString:
    """Return a lesson as the visitor sees it.

    A plain one, only to be read, looks the same to all who are equally far, and is rendered once;
    not with what somebody has written down on it, which is nobody else's.
    """
    told: dict[str, Any] = context.flatten()  # type: ignore[assignment]  # all keys are names
    if not told.get("is_plain") or told["progress"].is_finished:
        return render_to_string(LESSON, told)
    shown = {name: told[name] for name in PLAIN}
    return kept_piece(LESSON, shown, key=_face(shown))


# What a plain lesson's page is made from: of each, all that is shown stands in its face.
PLAIN = (
    "course",
    "lesson",
    "outline",
    "progress",
    "is_open",
    "is_done",
    "has_notes",
    "note",
    "media",
    "previous",
    "following",
    "onward",
)


def _face(shown: dict[str, Any]) -> tuple[Hashable, ...]:
    course, lesson = shown["course"], shown["lesson"]
    of_course = (course.slug, course.title, course.language, course.hue)
    text = (lesson.pk, lesson.title, lesson.minutes, lesson.body_html, lesson.section.title)
    flags = (shown["is_open"], shown["is_done"], shown["has_notes"])
    # What comes before and after is in the outline; where to go on depends on what was watched.
    onward = shown["onward"] and shown["onward"].pk
    return *of_course, *text, lesson.questions_asked, *flags, onward, shown["outline"].face


@register.simple_tag
def study_card(study: Study) -> SafeString:
    """Return the card of a course that the visitor has, with how far they are."""
    return kept_piece("library/_study.html", {"study": study}, key=study.face)


@register.simple_tag(takes_context=True)
def continued_studies(context: Context) -> SafeString:
    """Return the courses that the visitor may go on with; nothing for who has none."""
    studies = unfinished_studies(context)
    if not studies:
        return mark_safe("")
    faces = tuple(study.face for study in studies)
    return kept_piece("library/_continue.html", {"studies": studies}, key=faces)


@register.simple_tag(takes_context=True)
def outline_lessons(context: Context, section: OutlineSection) -> SafeString:
    """Return the lessons of a section, with what the visitor has done and where they are."""
    course, current, is_open = context["course"], context.get("lesson"), context["is_open"]
    lessons = [_lesson(course, item, current, is_open=is_open) for item in section.lessons]
    return mark_safe("".join(lessons))  # noqa: S308  templates made them


def _lesson(
    course: Course, item: OutlineLesson, current: Lesson | None, *, is_open: bool
) -> SafeString:
    is_current = item.lesson == current
    told = {
        "item": item,
        "course_slug": course.slug,
        "language": course.language,
        "is_open": is_open,
        "is_current": is_current,
    }
    key = (course.slug, course.language, is_open, is_current, item.face)
    return kept_piece("library/_outline_lesson.html", told, key=key)
