"""What a thing costs now: its regular price, or that of a sale while the sale lasts."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

from catalog import clock
from catalog.pricing import PriceTag

# What the price at any moment follows from.
PRICE_FIELDS = (
    "price_minor",
    "sale_price_minor",
    "sale_starts_at",
    "sale_ends_at",
    "compare_at_minor",
    "currency",
)


def price_at(moment: datetime) -> Combinable:
    """Return the expression for ``Priced.price_at``, to filter and to sort by."""
    return Case(
        When(on_sale_at(moment), then=F("sale_price_minor")),
        default=F("price_minor"),
        output_field=models.PositiveIntegerField(),
    )


def on_sale_at(moment: datetime) -> Q:
    """Return the condition for ``Priced.is_on_sale``."""
    has_begun = Q(sale_starts_at=None) | Q(sale_starts_at__lte=moment)
    goes_on = Q(sale_ends_at=None) | Q(sale_ends_at__gt=moment)
    return Q(sale_price_minor__isnull=False) & has_begun & goes_on


class Priced(models.Model):
    """Something with a price, and perhaps a sale. Prices are minor units of its currency.

    A sale without a start has begun; one without an end lasts until somebody ends it, and nothing
    is said of its end. The end itself is the first moment without it.
    """

    price_minor = models.PositiveIntegerField(
        _("price"), help_text=_("In the smallest unit of the shop's currency: 3900 for $39.")
    )
    sale_price_minor = models.PositiveIntegerField(_("sale price"), null=True, blank=True)
    sale_starts_at = models.DateTimeField(_("sale starts"), null=True, blank=True)
    sale_ends_at = models.DateTimeField(_("sale ends"), null=True, blank=True)
    compare_at_minor = models.PositiveIntegerField(
        _("lowest price before the sale"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Found in the price history; struck through while the sale lasts."),
    )
    currency = models.CharField(max_length=3, editable=False)

    class Meta:
        abstract = True
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(sale_price_minor=None) | Q(sale_price_minor__lt=F("price_minor")),
                name="%(class)s_sale_is_lower",
            ),
            models.CheckConstraint(
                condition=Q(sale_starts_at=None)
                | Q(sale_ends_at=None)
                | Q(sale_starts_at__lt=F("sale_ends_at")),
                name="%(class)s_sale_starts_before_it_ends",
            ),
            models.CheckConstraint(
                condition=Q(sale_price_minor__isnull=False)
                | Q(sale_starts_at=None, sale_ends_at=None, compare_at_minor=None),
                name="%(class)s_sale_has_a_price",
            ),
            models.CheckConstraint(
                condition=Q(compare_at_minor=None) | Q(compare_at_minor__gt=F("sale_price_minor")),
                name="%(class)s_compare_at_is_higher",
            ),
        ]

    @property
    def has_no_sale(self) -> bool:
        """Whether no time changes the price by itself."""
        return self.sale_price_minor is None

    def is_on_sale(self, moment: datetime) -> bool:
        """Whether the sale price holds at ``moment``."""
        if self.has_no_sale:
            return False
        has_begun = self.sale_starts_at is None or self.sale_starts_at <= moment
        goes_on = self.sale_ends_at is None or moment < self.sale_ends_at
        return has_begun and goes_on

    def price_at(self, moment: datetime) -> int:
        """Return what it costs at ``moment``: the one number that is shown and charged."""
        sale_price = self.sale_price_minor if self.is_on_sale(moment) else None
        return self.price_minor if sale_price is None else sale_price

    def tag_at(self, moment: datetime) -> PriceTag:
        """Return the price at ``moment`` as it is shown."""
        if not self.is_on_sale(moment):
            return PriceTag(self.price_minor, self.currency)
        return PriceTag(
            self.price_at(moment),
            self.currency,
            before_minor=self.compare_at_minor,
            ends_at=self.sale_ends_at,
        )

    @property
    def price_now(self) -> int:
        """What it costs now."""
        return self.price_at(clock.now())

    @property
    def price_tag(self) -> PriceTag:
        """The price now as it is shown."""
        return self.tag_at(clock.now())

    @property
    def price(self) -> str:
        """The price now as people write it, or "Free"."""
        return self.price_tag.text
