"""The catalog's shelf: what a visitor wishes to see of it, and what stands there then."""

from catalog.shelf.shelf import COURSES_PER_PAGE, Shelf, look_at
from catalog.shelf.wishes import Wishes

__all__ = ["COURSES_PER_PAGE", "Shelf", "Wishes", "look_at"]
