"""Write the HTML of all texts anew, for when Markdown has learned something."""

from typing import Any

from django.core.management.base import BaseCommand

from catalog.models import Bundle, Course


class Command(BaseCommand):
    """Write the HTML of all texts anew."""

    help = "Write the HTML of all lessons and descriptions anew, from the Markdown that is kept."

    def handle(self, **options: Any) -> None:
        """Render course by course, so that no more than one is in memory."""
        courses = Course.objects.order_by("pk")
        for course in courses.iterator(chunk_size=50):
            course.render_again()
        for bundle in Bundle.objects.order_by("pk").iterator(chunk_size=50):
            bundle.save(update_fields=["description_html"])
        self.stdout.write(f"{courses.count()} courses are rendered anew.")
