"""Which lessons have yet to open, told by the database.

``Lesson.opens_at`` says the same of one lesson, and when that is.
"""

from typing import Any

from django.db import models
from django.db.models import Case, F, FilteredRelation, Func, OuterRef, Q, Subquery, When
from django.db.models.functions import Cast, Coalesce, Greatest, TruncDate
from django.db.models.lookups import GreaterThan

from library.models.enrollment_queries import EnrollmentQuerySet, EnrollmentStatus
from project.prepared import Given


def since_of(seats: EnrollmentQuerySet) -> Subquery:
    """Return since when a lesson's course is open by these seats, to annotate lessons with."""
    here = seats.filter(course=OuterRef("course_id")).order_by("starts_at")
    return Subquery(here.values(since=Coalesce("starts_at", "created_at"))[:1])


def since_learner_has(learner: Given, moment: Given, *, seats: str) -> dict[str, Any]:
    """Return what annotates with ``since`` when the learner has had a course; null if not at all.

    ``seats`` lead from what is annotated to those on the course. As ``since_of`` the learner's
    active ones; of these one at most is on a course (``one_current_enrollment``), and so it is
    joined once rather than looked for in each lesson.
    """
    lasts = Q(**{f"{seats}__ends_at": None}) | Q(**{f"{seats}__ends_at__gt": moment})
    is_active = Q(**{f"{seats}__learner": learner, f"{seats}__status": EnrollmentStatus.ACTIVE})
    return {
        "seat": FilteredRelation(seats, condition=is_active & lasts),
        "since": Coalesce("seat__starts_at", "seat__created_at"),
    }


def waits_until(today: Given) -> Case:
    """Return the day on which a lesson that has a ``since`` opens, if that is later than today."""
    opens_on = Greatest(  # PostgreSQL's leaves out what is null
        F("opens_on"),
        F("section__opens_on"),
        _days_after_since("opens_after_days"),
        _days_after_since("section__opens_after_days"),
        output_field=models.DateField(),
    )
    is_later = GreaterThan(opens_on, Cast(today, models.DateField()))
    return Case(When(Q(is_later, since__isnull=False), then=opens_on))


def _days_after_since(days: str) -> Func:
    return Func(
        TruncDate(F("since")),
        F(days),
        template="(%(expressions)s)",
        arg_joiner=" + ",
        output_field=models.DateField(),
    )
