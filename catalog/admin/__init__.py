"""The catalog, for staff."""

from catalog.admin.bundles import BundleAdmin
from catalog.admin.courses import CourseAdmin, LessonAdmin
from catalog.admin.people_and_topics import InstructorAdmin, TopicAdmin

__all__ = ["BundleAdmin", "CourseAdmin", "InstructorAdmin", "LessonAdmin", "TopicAdmin"]
