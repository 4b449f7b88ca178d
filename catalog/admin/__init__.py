"""The catalog, for staff."""

from catalog.admin.bundles import BundleAdmin
from catalog.admin.courses import CourseAdmin, LessonAdmin

__all__ = ["BundleAdmin", "CourseAdmin", "LessonAdmin"]
