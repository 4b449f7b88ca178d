"""How staff type what a course is."""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.models import Course
from catalog.money import exponent, to_decimal, to_minor


class MoneyField(forms.DecimalField):
    """An amount of the shop's currency: minor units to the program, a decimal to people."""

    def __init__(self, **options: Any) -> None:
        decimals = exponent(settings.SHOP_CURRENCY)
        super().__init__(min_value=0, max_digits=9, decimal_places=decimals, **options)

    def prepare_value(self, value: Any) -> Any:
        """Show minor units as a decimal; what somebody typed is shown as it was typed."""
        return to_decimal(value, settings.SHOP_CURRENCY) if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        """Return the minor units, or ``None`` for an empty field that may be empty."""
        amount: Decimal | None = super().clean(value)
        return None if amount is None else to_minor(amount, settings.SHOP_CURRENCY)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare amounts with amounts."""
        return super().has_changed(self.prepare_value(initial), data)


class LinesField(forms.CharField):
    """A list of texts, one a line."""

    widget = forms.Textarea({"cols": 80, "rows": 8})

    def prepare_value(self, value: Any) -> Any:
        """Show a list as lines."""
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """Return the lines that say something."""
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare lists with lists."""
        return bool((initial or []) != self.clean(data))


class CourseForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A course as its page in the admin shows it."""

    price_minor = MoneyField(
        label=format_lazy("{} ({})", _("Price"), settings.SHOP_CURRENCY.upper())
    )
    compare_at_minor = MoneyField(
        label=_("Compare-at price"),
        required=False,
        help_text=_("An earlier, higher price, if honest."),
    )
    outcomes = LinesField(
        required=False, help_text=_("What one will be able to do: one a line, about six of them.")
    )
    hue = forms.IntegerField(
        min_value=0,
        max_value=359,
        initial=40,
        help_text=_("The course's own color, 0 to 359: 0 is red, 120 green, 240 blue."),
    )

    class Meta:
        model = Course
        fields = [
            "title",
            "slug",
            "summary",
            "price_minor",
            "compare_at_minor",
            "description",
            "outcomes",
            "instructor",
            "topics",
            "level",
            "language",
            "hue",
        ]
        widgets = {
            "title": forms.TextInput({"size": 60}),
            "slug": forms.TextInput({"size": 60}),
            "summary": forms.Textarea({"cols": 80, "rows": 2}),
        }

    def clean(self) -> dict[str, Any]:
        """Refuse an earlier price that is not higher than the price."""
        values: dict[str, Any] = super().clean() or {}
        price, compare_at = values.get("price_minor"), values.get("compare_at_minor")
        if price is not None and compare_at is not None and compare_at <= price:
            self.add_error(
                "compare_at_minor", gettext("It must be higher than the price, or empty.")
            )
        return values
