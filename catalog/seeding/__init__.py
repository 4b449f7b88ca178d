"""A large catalog that could be somebody's, for trying things out."""

from catalog.seeding.courses import seed_courses

__all__ = ["seed_courses"]
