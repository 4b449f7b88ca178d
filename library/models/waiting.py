"""Which lessons have yet to open, told by the database.

``Lesson.opens_at`` says the same of one lesson, and when that is.
"""

from datetime import date

from django.db import models
from django.db.models import Case, F, Func, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, TruncDate

from library.models.enrollment_queries import EnrollmentQuerySet
from project.prepared import Given


def since_of(seats: EnrollmentQuerySet) -> Subquery:
    """Return since when a lesson's course is open by these seats, to annotate lessons with."""
    here = seats.filter(course=OuterRef("course_id")).order_by("starts_at")
    return Subquery(here.values(since=Coalesce("starts_at", "created_at"))[:1])


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
