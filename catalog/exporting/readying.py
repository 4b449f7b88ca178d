"""What a course needs before it can be a folder: ids, and an order without gaps."""

import uuid

from catalog.markdown import tidied
from catalog.models import Course, Lesson, Section


def make_ready(course: Course) -> list[tuple[Section, list[Lesson]]]:
    """Give ids to what has none, and keep them; return the outline, complete.

    A folder knows places, not numbers, so that those of the shop become 1, 2, 3 here. To be called
    within a transaction.
    """
    _make_course_ready(course)
    outline = list[tuple[Section, list[Lesson]]]()
    sections = Section.objects.filter(course=course).select_for_update()
    for at, section in enumerate(sections, start=1):
        _make_section_ready(section, at)
        lessons = list(section.lessons.select_for_update())
        for place, lesson in enumerate(lessons, start=1):
            lesson.section = section
            _make_lesson_ready(lesson, place)
            _make_questions_ready(lesson)
        outline.append((section, lessons))
    return outline


def _make_course_ready(course: Course) -> None:
    if course.source_id is None or course.description != tidied(course.description):
        course.source_id = course.source_id or new_id()
        course.save()


def _make_section_ready(section: Section, position: int) -> None:
    section.source_id = section.source_id or new_id()
    section.position = position
    section.summary = " ".join(section.summary.split())
    section.save()


def _make_lesson_ready(lesson: Lesson, position: int) -> None:
    if lesson.source_id and lesson.position == position and lesson.body == tidied(lesson.body):
        return
    lesson.source_id = lesson.source_id or new_id()
    lesson.position = position
    lesson.save()


def _make_questions_ready(lesson: Lesson) -> None:
    for at, question in enumerate(lesson.questions.all(), start=1):
        lines = [line.strip() for line in question.answers.splitlines() if line.strip()]
        question.position = at
        question.text = question.text.strip()
        question.answers = "\n".join(lines)
        question.explanation = question.explanation.strip()
        question.save()


def new_id() -> str:
    """Return an id that no other course, section or lesson has."""
    return str(uuid.uuid4())
