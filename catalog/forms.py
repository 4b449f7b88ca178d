"""How staff type what a course is."""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.models import Bundle, Course, Instructor
from catalog.models.pictured import Pictured
from catalog.money import exponent, to_decimal, to_minor
from catalog.pictures import InvalidPicture
from catalog.pictures.shapes import COVER, PORTRAIT, Shape


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


class PictureField(forms.FileField):
    """A picture to upload. What it holds is what counts, not what it is called."""

    def __init__(self, shape: Shape, **options: Any) -> None:
        self.shape = shape
        kinds = "image/jpeg,image/png,image/webp,image/avif"
        super().__init__(required=False, widget=forms.FileInput({"accept": kinds}), **options)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return the picture in its shape, or ``None``."""
        file = super().clean(data, initial)
        if not file:
            return None
        from catalog.pictures.reading import read_picture

        try:
            return read_picture(file, self.shape)
        except InvalidPicture as error:
            raise ValidationError(str(error)) from error


class PicturedForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A row with a picture: a new one may be uploaded, and the one it has taken away."""

    remove_picture = forms.BooleanField(required=False, label=_("Remove the picture"))

    def put_picture(self, row: Pictured) -> None:
        """Show what was uploaded, once the row is saved."""
        if picture := self.cleaned_data.get("upload"):
            from catalog.pictures.keeping import keep_picture

            row.show_picture(keep_picture(picture, row.SHAPE))
        elif self.cleaned_data.get("remove_picture"):
            row.show_picture(None)


class InstructorForm(PicturedForm):
    """Somebody who teaches, as their page in the admin shows them."""

    upload = PictureField(
        PORTRAIT,
        label=_("Picture"),
        help_text=_("A face that looks at us: JPEG, PNG, WebP or AVIF, cut to a square."),
    )

    class Meta:
        model = Instructor
        fields = ["name", "bio"]


class CourseForm(PicturedForm):
    """A course as its page in the admin shows it."""

    price_minor = MoneyField(
        label=format_lazy("{} ({})", _("Price"), settings.SHOP_CURRENCY.upper())
    )
    sale_price_minor = MoneyField(
        label=_("Sale price"),
        required=False,
        help_text=_("Lower than the price. Leave it empty, and there is no sale."),
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

    upload = PictureField(
        COVER,
        label=_("Picture"),
        help_text=_(
            "Instead of the drawing that every course has: JPEG, PNG, WebP or AVIF, at best"
            " 1280 × 800 pixels or more. It is cut to 16:10, around its middle."
        ),
    )

    class Meta:
        model = Course
        fields = [
            "title",
            "slug",
            "summary",
            "price_minor",
            "sale_price_minor",
            "sale_starts_at",
            "sale_ends_at",
            "description",
            "outcomes",
            "instructor",
            "topics",
            "level",
            "language",
            "hue",
        ]
        help_texts = {
            "sale_starts_at": _("Empty: as soon as this is saved. It cannot be dated back."),
            "sale_ends_at": _(
                "The first moment without it: midnight of 1 December for “until 30 November”. "
                "Empty: until you end it, and no end is promised to anybody."
            ),
        }
        widgets = {
            "title": forms.TextInput({"size": 60}),
            "slug": forms.TextInput({"size": 60}),
            "summary": forms.Textarea({"cols": 80, "rows": 2}),
        }

    def clean(self) -> dict[str, Any]:
        """Refuse a sale that is none."""
        values: dict[str, Any] = super().clean() or {}
        price, sale_price = values.get("price_minor"), values.get("sale_price_minor")
        starts_at, ends_at = values.get("sale_starts_at"), values.get("sale_ends_at")
        if price is not None and sale_price is not None and sale_price >= price:
            self.add_error(
                "sale_price_minor", gettext("It must be lower than the price, or empty.")
            )
        if sale_price is None and (starts_at or ends_at) and not self.has_error("sale_price_minor"):
            self.add_error(
                "sale_price_minor", gettext("Give the sale a price, or leave its days empty.")
            )
        if starts_at and ends_at and starts_at >= ends_at:
            self.add_error("sale_ends_at", gettext("A sale ends after it has started."))
        return values


class BundleForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A bundle as its page in the admin shows it."""

    price_minor = MoneyField(
        label=f"Price ({settings.SHOP_CURRENCY.upper()})",
        help_text=_(
            "Split over the courses by their regular prices. Who has one of them already does "
            "not pay its part."
        ),
    )
    hue = forms.IntegerField(
        min_value=0, max_value=359, initial=40, help_text=_("Its own color, 0 to 359.")
    )

    class Meta:
        model = Bundle
        fields = ["title", "slug", "summary", "price_minor", "description", "hue"]
        widgets = {
            "title": forms.TextInput({"size": 60}),
            "slug": forms.TextInput({"size": 60}),
            "summary": forms.Textarea({"cols": 80, "rows": 2}),
        }
