"""What the catalog leaves to the worker: files that nobody shows, and sales that come and go."""

from django.utils import timezone

from catalog.media.keeping import sweep
from catalog.models import Course, Instructor
from catalog.pictures.kept import forget_files
from catalog.pictures.shapes import SHAPES
from project.jobs import PATIENTLY, job, periodic


@job(queue="pictures", retry=PATIENTLY)
def forget_picture(folder: str, digest: str, width: int) -> None:
    """Remove a picture's files, unless a course or a person shows it (again)."""
    showing = {Course.SHAPE.folder: Course, Instructor.SHAPE.folder: Instructor}[folder]
    if not showing._default_manager.filter(picture=digest).exists():
        forget_files(SHAPES[folder], digest, width)


@periodic("* * * * *")
def keep_sorting_prices() -> None:
    """Let courses stand where their price belongs when a sale begins or ends."""
    Course.objects.keep_sorting_prices(timezone.now())


@periodic("50 3 * * *")
def sweep_media() -> None:
    """Remove videos and files that no lesson has any longer."""
    sweep()
