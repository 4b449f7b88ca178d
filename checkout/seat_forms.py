"""What somebody says who gives a seat away: to whom, and with what words."""

import re
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

ODD_ADDRESS = _("That is no e-mail address that we can write to. Please look at it once more.")
LONGEST_WAIT = timedelta(days=366)
LINK = re.compile(r"://|\bwww\.", re.IGNORECASE)


class InvitationForm(forms.Form):
    """An address that a seat's link is mailed to."""

    is_gift = False

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "off"}),
        error_messages={
            "required": _("Please give the address that the link is mailed to."),
            "invalid": ODD_ADDRESS,
            "max_length": ODD_ADDRESS,
        },
    )

    def clean_email(self) -> str:
        """Return the address in lower case, as those of accounts are kept."""
        email: str = self.cleaned_data["email"]
        return email.lower()

    @property
    def words(self) -> dict[str, Any]:
        """What is said beside the address."""
        return {}


class GiftForm(InvitationForm):
    """A seat as a gift: for whom, with a note, and the day on which it is mailed."""

    is_gift = True

    recipient = forms.CharField(
        label=_("For whom"),
        max_length=100,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": _("Please say for whom the gift is.")},
    )
    note = forms.CharField(
        label=_("A few words from you"),
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
    deliver_on = forms.DateField(
        label=_("Mail it on"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": _("Please write the day as 2027-12-24.")},
    )

    field_order = ("recipient", "email", "note", "deliver_on")

    def clean_recipient(self) -> str:
        """Refuse links: mail that strangers get from us leads nowhere else."""
        return _without_links(self.cleaned_data["recipient"])

    def clean_note(self) -> str:
        """Refuse links, likewise."""
        return _without_links(self.cleaned_data["note"])

    def clean_deliver_on(self) -> date | None:
        """Refuse days that are over, and those that are too far away to be kept in mind."""
        day: date | None = self.cleaned_data["deliver_on"]
        today = timezone.localdate()
        if day and day < today:
            raise forms.ValidationError(_("That day is over. Choose today or a later one."))
        if day and day > today + LONGEST_WAIT:
            raise forms.ValidationError(_("Please choose a day within a year."))
        return day

    @property
    def words(self) -> dict[str, Any]:
        """What is said beside the address."""
        return {name: self.cleaned_data[name] for name in ("recipient", "note", "deliver_on")}


def _without_links(text: str) -> str:
    if LINK.search(text):
        raise forms.ValidationError(
            _("Please leave links out: mail with links often ends up as spam.")
        )
    return text
