"""What the buttons and fields of the cart send."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from checkout.models import MAX_SEATS

WRONG_SEATS = {
    "max_value": _("At most %(limit_value)s seats at a time. Write to us for a larger group."),
    "min_value": _("The number of seats cannot be less than 0."),
    "invalid": _("Please give the number of seats in digits."),
    "required": _("Please give the number of seats."),
}


class AddForm(forms.Form):
    """What the add button sends."""

    course = forms.SlugField(max_length=80, required=False)
    bundle = forms.SlugField(max_length=80, required=False)
    seats = forms.IntegerField(
        min_value=1,
        max_value=MAX_SEATS,
        required=False,
        error_messages={**WRONG_SEATS, "min_value": _("Please choose at least one seat.")},
    )

    for_others = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        """Ask for one thing, a course or a bundle; a bundle has one seat on each course."""
        data = super().clean() or {}
        if bool(data.get("course")) == bool(data.get("bundle")):
            raise forms.ValidationError(_("Name a course or a bundle."))
        if data.get("bundle") and (data.get("seats") or 1) > 1:
            raise forms.ValidationError(_("A bundle has one seat on each course."))
        return data


class SeatsForm(forms.Form):
    """What the seats field and the remove button send."""

    seats = forms.IntegerField(min_value=0, max_value=MAX_SEATS, error_messages=WRONG_SEATS)
