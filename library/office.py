"""How staff enroll by hand in the admin: one person by a form, many by a list."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog.models import Course
from library.by_hand import Given, Outcome, enroll, enroll_address
from library.models import AlreadyEnrolled, Enrollment, EnrollmentSource
from library.rosters import (
    MOST_BYTES,
    MOST_ROWS,
    NEEDED,
    Result,
    UnreadableRoster,
    decode_roster,
    enroll_all,
    read_roster,
    seats_of,
)
from project.accounts.models import User

type SeatPages = "admin.ModelAdmin[Enrollment]"


class ByHandForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """Whom staff enroll: an account, or an address, or nobody yet."""

    email = forms.EmailField(
        label=_("e-mail address"),
        max_length=254,
        required=False,
        help_text=_(
            "Instead of a learner: somebody without an account gets a seat's link by mail."
        ),
    )

    class Meta:
        model = Enrollment
        fields = ("learner", "course", "reason", "ends_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "reason" in self.fields:
            self.fields["reason"].required = True

    def clean(self) -> dict[str, Any]:
        """Ask for one of both, and for an end that is to come."""
        data = super().clean() or {}
        if data.get("learner") and data.get("email"):
            self.add_error("email", gettext("Choose a learner or give an address, not both."))
        ends_at = data.get("ends_at")
        if ends_at and ends_at <= timezone.now():
            self.add_error("ends_at", gettext("That is over already."))
        return data


class RosterForm(forms.Form):
    """A list to be enrolled: a file, and then once more what was in it."""

    file = forms.FileField(label=_("CSV file"), required=False)
    roster = forms.CharField(widget=forms.HiddenInput, required=False, strip=False)

    def clean(self) -> dict[str, Any]:
        """Read the list."""
        data = super().clean() or {}
        upload = data.get("file")
        content = upload.read(MOST_BYTES + 1) if upload else data.get("roster", "").encode()
        if not content:
            raise forms.ValidationError(gettext("Choose a file."))
        try:
            data["text"] = decode_roster(content)
            data["rows"] = read_roster(data["text"])
        except UnreadableRoster as error:
            raise forms.ValidationError(str(error)) from error
        return data


def give(
    learner: User | None, course: Course, *, email: str, reason: str, given_by: User, ends_at: Any
) -> Given:
    """Give a seat by account or by address, or set one aside with a link to hand out.

    Raise ``AlreadyEnrolled`` if they have one, or were invited before.
    """
    facts = {"reason": reason, "given_by": given_by, "ends_at": ends_at}
    if learner is None and not email:
        seat = Enrollment.objects.set_aside(course, source=EnrollmentSource.STAFF, **facts)
        return Given(Outcome.ENROLLED, seat)
    given = enroll(learner, course, **facts) if learner else enroll_address(email, course, **facts)
    if given.outcome == Outcome.INVITED_BEFORE:
        told = gettext("%(email)s was invited to “%(course)s” already.")
        raise AlreadyEnrolled(told % {"email": email, "course": course})
    if not given.is_new:
        told = gettext("%(learner)s has “%(course)s” already.")
        raise AlreadyEnrolled(told % {"learner": learner or email, "course": course})
    return given


def enroll_list(request: HttpRequest, page: SeatPages) -> HttpResponse:
    """Show what a list would do, and then do it."""
    if not page.has_add_permission(request):
        raise PermissionDenied
    is_sent = request.method == "POST"
    form = RosterForm(request.POST, request.FILES) if is_sent else RosterForm()
    results: list[Result] = []
    is_done = False
    if is_sent and form.is_valid():
        is_done = "commit" in request.POST
        assert isinstance(request.user, User)  # noqa: S101  the admin lets nobody else in
        rows = form.cleaned_data["rows"]
        results = enroll_all(rows, given_by=request.user, commit=is_done)
    if is_done:
        _note(request, page, results)
    context = {
        **page.admin_site.each_context(request),
        "title": gettext("Enroll the people of a list"),
        "opts": page.opts,
        "form": form,
        "results": results,
        "wrong": sum(result.is_wrong for result in results),
        "new": sum(result.is_new for result in results),
        "is_done": is_done,
        "needed": NEEDED,
        "most": MOST_ROWS,
        "roster": form.cleaned_data["text"] if results else "",
    }
    status = 422 if form.errors else 200
    return render(request, "admin/library/enrollment/roster.html", context, status=status)


def _note(request: HttpRequest, page: SeatPages, results: list[Result]) -> None:
    seats = seats_of(results)
    for seat in seats:
        page.log_addition(request, seat, f"Enrolled from a list: {seat.reason}")
    count = len(seats)
    told = ngettext("%(count)s seat was given.", "%(count)s seats were given.", count)
    page.message_user(request, told % {"count": count}, messages.SUCCESS)
