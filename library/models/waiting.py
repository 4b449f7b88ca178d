"""Which lessons have yet to open, told by the database.

``Lesson.opens_at`` says the same of one lesson, and when that is.
"""

from datetime import date
from typing import Any

from django.db import models
from django.db.models import Case, F, FilteredRelation, Func, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, TruncDate

from library.models.enrollment_queries import EnrollmentQuerySet, EnrollmentStatus
from project.prepared import Given


def since_of(seats: EnrollmentQuerySet) -> Subquery:
    """Return since when a lesson's course is open by these seats, to annotate lessons with."""
    here = seats.filter(course=OuterRef("course_id")).order_by("starts_at")
    return Subquery(here.values(since=Coalesce("starts_at", "created_at"))[:1])


def since_learner_has(learner: Given, moment: Given) -> dict[str, Any]:
    """Return what annotates lessons with since when the learner has had their course.

    As ``since_of`` their active seats; of a learner's, one at most is active on a course
    (``one_current_enrollment``), and so it is joined once rather than looked for in each lesson.
    """
    seat = "course__enrollments"
    lasts = Q(**{f"{seat}__ends_at": None}) | Q(**{f"{seat}__ends_at__gt": moment})
    is_active = Q(**{f"{seat}__learner": learner, f"{seat}__status": EnrollmentStatus.ACTIVE})
    return {
        "seat": FilteredRelation(seat, condition=is_active & lasts),
        "since": Coalesce("seat__starts_at", "seat__created_at"),
    }


def is_waiting(today: date | Given) -> Case:
    """Tell whether a lesson that has a ``since`` opens later than today."""
    days = Func(
        Cast(today if isinstance(today, Given) else Value(today), models.DateField()),
        TruncDate(F("since")),
        template="(%(expressions)s)",
        arg_joiner=" - ",
        output_field=models.IntegerField(),
    )
    opens_later = (
        Q(opens_on__gt=today)
        | Q(section__opens_on__gt=today)
        | Q(opens_after_days__gt=days)
        | Q(section__opens_after_days__gt=days)
    )
    return Case(
        When(Q(since__isnull=False) & opens_later, then=True),
        default=False,
        output_field=models.BooleanField(),
    )
