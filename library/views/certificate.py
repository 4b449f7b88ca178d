"""A certificate: putting one's name on it, and showing it to anybody."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from catalog.models import Course
from library.access import has_seat
from library.models import Certificate
from library.views.door import personal, turn_away
from project.htmx import (
    HtmxRequest,
    SignedInRequest,
    login_required,
    redirect_browser,
    render_part,
)


class NameForm(forms.Form):
    """The name that the certificate shall bear."""

    name = forms.CharField(label=_("Your name"), max_length=120, min_length=2)


@require_safe
@personal
def certificate(request: HtmxRequest, code: str) -> HttpResponse:
    """Show a certificate to whoever has its address, and whether it holds."""
    certificates = Certificate.objects.named().select_related("course")
    known = get_object_or_404(certificates, code=code)
    context = {
        "certificate": known,
        "course": known.course,
        "holds": known.holds,
        "is_mine": known.learner_id == request.user.pk,
    }
    return render_part(request, "library/certificate.html", "stage", context)


@require_POST
@login_required
def certificate_name(request: SignedInRequest, course_slug: str) -> HttpResponse:
    """Put my name on my certificate, once, and show it."""
    course = get_object_or_404(Course.objects.select_related("instructor"), slug=course_slug)
    if not has_seat(course, request.user):
        return turn_away(request, course, page=reverse("library:course", args=[course.slug]))
    known = Certificate.objects.issue(request.user, course)
    if known is None:
        raise Http404("The course is not finished.")
    form = NameForm(request.POST)
    if not form.is_valid():
        messages.error(request, gettext("Please type the name that it should show."))
        return redirect_browser(request, reverse("library:course", args=[course.slug]))
    known.bear(form.cleaned_data["name"])
    return redirect_browser(request, known.get_absolute_url())
