"""What staff say of a refund: how much of the order, and whether its courses close."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.money import format_money, to_minor
from checkout.models import LineAccess, OrderLine, Payment
from checkout.refunds import refundable_minor


class Scope(models.TextChoices):
    """How much goes back."""

    WHOLE = "whole", _("All that is left of it")
    LINES = "lines", _("The price of some seats")
    AMOUNT = "amount", _("An amount")


class Access(models.TextChoices):
    """Whether what was paid for closes, once the money has gone back."""

    USUAL = "usual", _("As usual: closed with the whole order and with seats, open with an amount")
    CLOSE = "close", _("Close what the money was for")
    KEEP = "keep", _("Leave everything open")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A refund that staff have in mind."""

    amount_minor: int
    lines: list[OrderLine]
    ends_access: bool
    note: str
    closes: list[OrderLine]


class SeatsField(forms.ModelMultipleChoiceField):
    """Seats whose price can go back, to be ticked."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, line: Any) -> str:
        """Say what it is, whose, for how much, and whether it is open."""
        return describe(line)


class RefundForm(forms.Form):
    """How much of a payment goes back. ``already`` guards against two that are at it at once."""

    scope = forms.ChoiceField(label=_("Give back"), choices=Scope, widget=forms.RadioSelect)
    lines = SeatsField(label=_("Seats"), queryset=OrderLine.objects.none(), required=False)
    amount = forms.CharField(required=False, max_length=20)
    access = forms.ChoiceField(
        label=_("Access"), choices=Access, widget=forms.RadioSelect, initial=Access.USUAL
    )
    note = forms.CharField(
        label=_("Note, for staff"),
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )
    already = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, payment: Payment, lines: list[OrderLine]) -> None:
        """``lines`` are the order's; only those that this payment bought can be chosen."""
        start = {"scope": Scope.WHOLE, "already": payment.refund_reserved_minor}
        super().__init__(data, initial=start, label_suffix="")
        self.payment = payment
        self.seats = lines if payment.settles_order else []
        self.left = refundable_minor(payment)
        self.plan: Plan | None = None
        self._offer_seats()

    def clean(self) -> dict[str, Any]:
        """Make a plan of it, or say what is wrong with it."""
        data = super().clean() or {}
        if self.errors:
            return data
        amount_minor = self._amount(data)
        if amount_minor is None:
            return data
        if amount_minor > self.left:
            facts = {"amount": self._money(amount_minor), "left": self._money(self.left)}
            told = gettext("That is %(amount)s, and %(left)s is left of this payment.")
            self.add_error("scope", told % facts)
            return data
        lines = data["lines"] if data["scope"] == Scope.LINES else []
        self.plan = self._plan(data, amount_minor, list(lines))
        return data

    @property
    def would_close(self) -> list[str]:
        """What would end if the courses close, and whose it is."""
        return [describe(line) for line in self._open_seats()]

    def _offer_seats(self) -> None:
        free = [line.pk for line in self.seats if line.price_minor and not line.refund_id]
        if free:
            seats = OrderLine.objects.filter(pk__in=free)
            self.fields["lines"].queryset = seats.select_related(  # type: ignore[attr-defined]
                "order", "enrollment__learner"
            )
        else:
            del self.fields["lines"]
            scopes = [choice for choice in Scope.choices if choice[0] != Scope.LINES]
            self.fields["scope"].choices = scopes  # type: ignore[attr-defined]
        if not self._open_seats():
            del self.fields["access"]
        left = gettext("At most: %(left)s is left of this payment.")
        self.fields["scope"].help_text = left % {"left": self._money(self.left)}
        code = self.payment.received_currency.upper()
        self.fields["amount"].help_text = gettext("In %(currency)s.") % {"currency": code}

    def _amount(self, data: dict[str, Any]) -> int | None:
        """Return how much goes back, in minor units; ``None`` if it was not said."""
        if data["scope"] == Scope.WHOLE:
            return self.left
        if data["scope"] == Scope.AMOUNT:
            return self._typed_amount(data["amount"].strip())
        if not data["lines"]:
            self.add_error("lines", gettext("Choose the seats whose price goes back."))
            return None
        prices: list[int] = [line.price_minor for line in data["lines"]]
        return sum(prices)

    def _typed_amount(self, text: str) -> int | None:
        try:
            amount_minor = to_minor(text, self.payment.received_currency)
        except ValueError:
            amount_minor = 0
        if amount_minor > 0:
            return amount_minor
        self.add_error("amount", gettext("Write an amount, such as 12.50."))
        return None

    def _plan(self, data: dict[str, Any], amount_minor: int, lines: list[OrderLine]) -> Plan:
        access = data.get("access", Access.KEEP)
        is_usual = access == Access.USUAL and data["scope"] != Scope.AMOUNT
        ends_access = access == Access.CLOSE or is_usual
        chosen = {line.pk for line in lines}
        closes = [line for line in self._open_seats() if not chosen or line.pk in chosen]
        return Plan(
            amount_minor=amount_minor,
            lines=lines,
            ends_access=ends_access,
            note=data["note"].strip(),
            closes=closes if ends_access else [],
        )

    def _open_seats(self) -> list[OrderLine]:
        return [line for line in self.seats if is_open(line)]

    def _money(self, amount_minor: int) -> str:
        return format_money(amount_minor, self.payment.received_currency)


def is_open(line: OrderLine) -> bool:
    """Whether there is still something to close."""
    seat = line.enrollment
    return seat is not None and line.access != LineAccess.ENDED and not seat.is_revoked


def describe(line: OrderLine) -> str:
    """Say what a seat is, whose, for how much, and whether it is open."""
    seat = line.enrollment
    holder = (seat and seat.learner) or gettext("nobody yet")
    whose = f"{holder}, {seat.get_status_display().lower()}" if seat else ""
    what = whose or line.get_outcome_display().lower()
    facts = {"title": line.title, "seat": line.seat, "price": line.price, "what": what}
    if line.bundle_title:
        facts["bundle"] = line.bundle_title
        return (
            gettext("%(title)s (part of “%(bundle)s”), seat %(seat)s: %(price)s (%(what)s)") % facts
        )
    return gettext("%(title)s, seat %(seat)s: %(price)s (%(what)s)") % facts
