"""What is for sale: courses, their sections and lessons."""

from catalog.models.course import Course, InvalidTransition
from catalog.models.course_queries import CourseQuerySet, CourseStatus, Level, Order
from catalog.models.findable import Assortment, SearchWord
from catalog.models.outline import Lesson, Section
from catalog.models.people_and_topics import Instructor, Topic

__all__ = [
    "Assortment",
    "Course",
    "CourseQuerySet",
    "CourseStatus",
    "Instructor",
    "InvalidTransition",
    "Lesson",
    "Level",
    "Order",
    "SearchWord",
    "Section",
    "Topic",
]
