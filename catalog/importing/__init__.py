"""Courses from folders of Markdown files.

A folder holds ``course.md`` and, in the order of their names, sections such as ``01-basics/``. A
section holds ``section.md`` and, in the order of their names, lessons such as ``01-hello.md``. Each
file begins with front matter, TOML between two lines of ``+++``; Markdown follows.
"""

from catalog.importing.front_matter import InvalidCourseFolder
from catalog.importing.import_folders import import_folders
from catalog.importing.report import Report

__all__ = ["InvalidCourseFolder", "Report", "import_folders"]
