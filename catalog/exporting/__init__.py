"""Courses as folders of Markdown files: what ``catalog.importing`` reads, written."""

from catalog.exporting.export import ExportRefused, export_course

__all__ = ["ExportRefused", "export_course"]
