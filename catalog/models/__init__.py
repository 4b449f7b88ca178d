"""What is for sale: courses, their sections and lessons."""

from catalog.models.course import Course, CourseQuerySet, CourseStatus, Level
from catalog.models.outline import Lesson, Section
from catalog.models.people_and_topics import Instructor, Topic

__all__ = [
    "Course",
    "CourseQuerySet",
    "CourseStatus",
    "Instructor",
    "Lesson",
    "Level",
    "Section",
    "Topic",
]
