"""Writing a review: the form, and what its page shows."""

from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext_lazy as _

from catalog.models import Course
from library.access import may_review
from library.models import Review
from library.models.review import BEST, LONGEST, LONGEST_NAME
from library.shown_words import ShownNameField, WordsField
from project.accounts.models import User


class ReviewForm(forms.Form):
    """What a learner says of a course."""

    rating = forms.TypedChoiceField(
        label=_("Stars"), coerce=int, choices=[(stars, stars) for stars in range(1, BEST + 1)]
    )
    text = WordsField(label=_("Your review"), max_length=LONGEST, required=False)
    name = ShownNameField(max_length=LONGEST_NAME)


def form_for(learner: User, review: Review | None) -> ReviewForm:
    """Return the form with what the learner has said, or with their name to begin with."""
    if review is None:
        name = "" if "@" in learner.name else learner.name[:LONGEST_NAME]
        return ReviewForm(initial={"name": name})
    return ReviewForm(initial={"rating": review.rating, "text": review.text, "name": review.name})


def review_context(
    course: Course, viewer: User | AnonymousUser, *, knows_it: bool | None = None
) -> dict[str, Any]:
    """Return what the form needs, if the viewer may review the course or has done so.

    ``knows_it`` says whether they may, where the page has found that out already.
    """
    if not isinstance(viewer, User):
        return {"may_review": False}
    mine = Review.objects.of(viewer, course).first()
    may = mine is not None or (may_review(course, viewer) if knows_it is None else knows_it)
    return {"may_review": may, "review": mine, "form": form_for(viewer, mine)}
