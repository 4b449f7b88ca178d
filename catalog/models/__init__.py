"""What is for sale: courses, their sections and lessons, and bundles."""

from catalog.models.bundle import Bundle, BundleEntry, BundleOffer, BundlePart
from catalog.models.change import CatalogChange, Standing
from catalog.models.course import Course
from catalog.models.course_queries import CourseQuerySet, CourseStatus, Level, Order
from catalog.models.findable import Assortment, SearchWord
from catalog.models.illustration import Illustration
from catalog.models.media import Caption, LessonFile, Video
from catalog.models.outline import Lesson, Section
from catalog.models.people_and_topics import Instructor, Topic
from catalog.models.price_history import PricePoint
from catalog.models.question import Choice, Question, QuestionKind
from catalog.models.sellable import InvalidTransition

__all__ = [
    "Assortment",
    "Bundle",
    "BundleEntry",
    "BundleOffer",
    "BundlePart",
    "Caption",
    "CatalogChange",
    "Choice",
    "Course",
    "CourseQuerySet",
    "CourseStatus",
    "Illustration",
    "Instructor",
    "InvalidTransition",
    "Lesson",
    "LessonFile",
    "Level",
    "Order",
    "PricePoint",
    "Question",
    "QuestionKind",
    "SearchWord",
    "Section",
    "Standing",
    "Topic",
    "Video",
]
