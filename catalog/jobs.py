"""What the catalog leaves to the worker: to clear away pictures that nobody shows any more."""

from catalog.models import Course, Instructor
from catalog.pictures.keeping import forget_files
from catalog.pictures.shapes import SHAPES
from project.jobs import PATIENTLY, job


@job(queue="pictures", retry=PATIENTLY)
def forget_picture(folder: str, digest: str, width: int) -> None:
    """Remove a picture's files, unless a course or a person shows it (again)."""
    showing = {Course.SHAPE.folder: Course, Instructor.SHAPE.folder: Instructor}[folder]
    if not showing._default_manager.filter(picture=digest).exists():
        forget_files(SHAPES[folder], digest, width)
