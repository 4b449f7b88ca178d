"""What somebody studies, as a part of their data."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from library.models import Enrollment, LessonProgress
from project.accounts.models import User
from project.accounts.my_data.parts import Facts, Part


def collect(user: User) -> Facts:
    """Return the person's seats, and which lessons they have done."""
    seats = Enrollment.objects.held_by(user).select_related("course").order_by("created_at", "pk")
    done = (
        LessonProgress.objects.filter(learner=user)
        .select_related("lesson")
        .order_by("completed_at")
        .fetch_mode(models.FETCH_RAISE)
    )
    return [
        {
            "course": seat.course.title,
            "status": seat.status,
            "source": seat.source,
            "since": seat.claimed_at or seat.created_at,
            "lessons_in_all": seat.course.lesson_count,
            "lessons_done": [
                {"lesson": progress.lesson.title, "on": progress.completed_at}
                for progress in done
                if progress.lesson.course_id == seat.course_id
            ],
        }
        for seat in seats
    ]


STUDIES = Part(
    name="studies",
    title=_("Courses"),  # type: ignore[arg-type]  # lazy
    template="library/my_data/studies.html",
    collect=collect,
)
