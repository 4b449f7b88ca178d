"""What learners say of a course, and what the shop answers."""

from collections.abc import Iterable
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import Course
from project.accounts.models import User

LONGEST = 2000  # characters
LONGEST_NAME = 60
BEST = 5

models.TextField.register_lookup(Length)


class ReviewStatus(models.TextChoices):
    """Whether anybody may read it."""

    PUBLISHED = "published", _("Published")
    HIDDEN = "hidden", _("Hidden")


class ReviewQuerySet(models.QuerySet["Review"]):
    """Reviews. Whatever changes which are shown, or what they give, counts its course again."""

    def shown(self, course: Course) -> "ReviewQuerySet":
        """Those of the course that anybody may read, the newest first."""
        return self.filter(course=course, status=ReviewStatus.PUBLISHED).order_by("-pk")

    def older_than(self, place: int | None) -> "ReviewQuerySet":
        """Those that come after the one with this pk; all of them without one."""
        return self if place is None else self.filter(pk__lt=place)

    def of(self, learner: User, course: Course) -> "ReviewQuerySet":
        """The learner's, of one course: one at most."""
        return self.filter(learner=learner, course=course)

    @transaction.atomic
    def write(
        self, learner: User, course: Course, *, rating: int, text: str, name: str
    ) -> "Review":
        """Keep what the learner says of the course, in the place of what they said before.

        One statement (``review_once``), so that a form that is sent twice is no error. One that is
        hidden stays so.
        """
        self.bulk_create(
            [self.model(learner=learner, course=course, rating=rating, text=text, name=name)],
            update_conflicts=True,
            unique_fields=["learner", "course"],
            update_fields=["rating", "text", "name", "updated_at"],
        )
        recount([course.pk])
        return self.of(learner, course).get()

    @transaction.atomic
    def forget(self, learner: User) -> None:
        """Delete all that the learner has said."""
        theirs = self.filter(learner=learner)
        courses = list(theirs.values_list("course_id", flat=True))
        theirs.delete()
        recount(courses)


class Review(models.Model):
    """What a learner says of a course: stars, and words if they like."""

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reviews"
    )
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="reviews")
    rating = models.PositiveSmallIntegerField(
        _("stars"), validators=[MinValueValidator(1), MaxValueValidator(BEST)]
    )
    text = models.TextField(_("text"), blank=True, max_length=LONGEST)
    name = models.CharField(
        _("name"), max_length=LONGEST_NAME, help_text=_("That is shown: the learner chose it.")
    )
    status = models.CharField(
        max_length=16, choices=ReviewStatus, default=ReviewStatus.PUBLISHED, editable=False
    )
    hidden_reason = models.CharField(
        _("why it is hidden"),
        max_length=200,
        blank=True,
        help_text=_("Its writer reads it. Empty: the review is shown."),
    )
    answer = models.TextField(
        _("answer"), blank=True, max_length=LONGEST, help_text=_("Is shown below the review.")
    )
    answered_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["learner", "course"], name="review_once"),
            models.CheckConstraint(
                condition=Q(rating__gte=1, rating__lte=BEST), name="review_has_1_to_5_stars"
            ),
            models.CheckConstraint(
                condition=Q(text__length__lte=LONGEST), name="review_is_not_too_long"
            ),
            models.CheckConstraint(
                condition=Q(status="published", hidden_reason="")
                | Q(status="hidden") & ~Q(hidden_reason=""),
                name="review_is_hidden_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_at=None)
                | ~Q(answer="") & Q(answered_at__isnull=False),
                name="review_answer_has_its_time",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                "course", F("id").desc(), condition=Q(status="published"), name="review_shown"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.course}"

    @property
    def is_hidden(self) -> bool:
        """Whether the shop has hidden it."""
        return self.status == ReviewStatus.HIDDEN

    @property
    def stars(self) -> str:
        """Its stars, for the eye: "★★★★☆"."""
        return "★" * self.rating + "☆" * (BEST - self.rating)

    @transaction.atomic
    def withdraw(self) -> None:
        """Take it away, as its writer asks.

        Of a hidden one it stays known that it is hidden: who writes anew is not shown either.
        """
        mine = Review.objects.filter(pk=self.pk)
        mine.filter(status=ReviewStatus.PUBLISHED).delete()
        mine.update(text="", name="", answer="", answered_at=None)
        recount([self.course_id])

    @transaction.atomic
    def hide(self, reason: str) -> None:
        """Show it to nobody but its writer, who reads why. The reason must say something."""
        self._change(status=ReviewStatus.HIDDEN, hidden_reason=reason)

    @transaction.atomic
    def show(self) -> None:
        """Show it again."""
        self._change(status=ReviewStatus.PUBLISHED, hidden_reason="")

    def reply(self, answer: str) -> None:
        """Answer it for all to read; with nothing, take the answer back."""
        self._change(answer=answer, answered_at=timezone.now() if answer else None)

    def _change(self, **changes: object) -> None:
        Review.objects.filter(pk=self.pk).update(**changes)
        if "status" in changes:
            recount([self.course_id])
        self.refresh_from_db(fields=list(changes))


def recount(courses: Iterable[int]) -> None:
    """Keep what these courses are given, by their pks. To be called after the change, with it.

    Each course is locked before its reviews are counted: of two people who write at once the second
    counts both. And after the review was written, as who deletes their account does: so that they
    do not wait for each other in a circle.
    """
    pks = sorted(set(courses))
    locked = Course.objects.filter(pk__in=pks).order_by("pk").select_for_update(no_key=True)
    for pk in list(locked.values_list("pk", flat=True)):
        shown = Review.objects.filter(course=pk, status=ReviewStatus.PUBLISHED)
        totals = shown.aggregate(count=Count("pk"), sum=Sum("rating", default=0))
        Course.objects.filter(pk=pk).update(rating_count=totals["count"], rating_sum=totals["sum"])
