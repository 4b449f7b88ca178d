"""The form in which one says as whom one looks at a course, and when."""

from datetime import date

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from library.preview.mark import Role

DAYS = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2199, 12, 31))]
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class PreviewForm(forms.Form):
    """As whom one looks, and when."""

    role = forms.TypedChoiceField(label=_("Look at it as"), choices=Role, coerce=Role)
    day = forms.DateField(label=_("On"), validators=DAYS, widget=DAY)
    since = forms.DateField(
        label=_("Bought on"),
        validators=DAYS,
        widget=DAY,
        help_text=_("Lessons that open by and by, and the time of access, count from then."),
    )
