"""What the buttons and fields of the cart send."""

from dataclasses import dataclass

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from checkout.models import MAX_SEATS

WRONG_SEATS = {
    "max_value": _("At most %(limit_value)s seats at a time. Write to us for a larger group."),
    "min_value": _("The number of seats cannot be less than 0."),
    "invalid": _("Please give the number of seats in digits."),
    "required": _("Please give the number of seats."),
}


class Unclear(Exception):
    """What was sent names no one thing to put into the cart. No page of ours sends that."""


@dataclass(frozen=True)
class Wish:
    """What the add button sends: a course with so many seats, or a bundle, each by its slug.

    It is read by fields without a form, which is never shown: Django copies the fields of each
    form that it makes, and took as long for that as for asking who is signed in.
    """

    course: str
    bundle: str
    seats: int
    is_for_others: bool

    @classmethod
    def read(cls, sent: QueryDict) -> "Wish":
        """Read what was sent. ``ValidationError`` says what is wrong with the number of seats.

        Raise ``Unclear`` if it is not one thing: a bundle has one seat on each of its courses.
        """
        try:
            course, bundle = (_SLUG.clean(sent.get(name)) for name in ("course", "bundle"))
        except forms.ValidationError as error:
            raise Unclear from error
        if bool(course) == bool(bundle):
            raise Unclear
        seats = _SEATS.clean(sent.get("seats")) or 1
        if bundle and seats > 1:
            raise Unclear
        return cls(course, bundle, seats, _FOR_OTHERS.clean(sent.get("for_others")))


_SLUG = forms.SlugField(max_length=80, required=False)
_SEATS = forms.IntegerField(
    min_value=1,
    max_value=MAX_SEATS,
    required=False,
    error_messages={**WRONG_SEATS, "min_value": _("Please choose at least one seat.")},
)
_FOR_OTHERS = forms.BooleanField(required=False)


class SeatsForm(forms.Form):
    """What the seats field and the remove button send."""

    seats = forms.IntegerField(min_value=0, max_value=MAX_SEATS, error_messages=WRONG_SEATS)
