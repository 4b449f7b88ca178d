"""What is for sale: courses, their sections and lessons."""

from catalog.models.course import Course, InvalidTransition
from catalog.models.course_queries import CourseQuerySet, CourseStatus, Level
from catalog.models.outline import Lesson, Section
from catalog.models.people_and_topics import Instructor, Topic

__all__ = [
    "Course",
    "CourseQuerySet",
    "CourseStatus",
    "Instructor",
    "InvalidTransition",
    "Lesson",
    "Level",
    "Section",
    "Topic",
]
