"""Beginning to look at a course as somebody else, and leaving that."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from catalog.models import Course
from library.access import may_change_courses
from library.preview.form import PreviewForm
from library.preview.mark import Preview, Role, end, preview_in
from library.views.door import person, personal
from project.htmx import HtmxRequest, came_from, redirect_browser, render_part


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def preview(request: HtmxRequest, course_slug: str) -> HttpResponse:
    """Look at a course as a visitor, a buyer or a guest, on any day; or as myself again."""
    course = get_object_or_404(Course, slug=course_slug)
    if not may_change_courses(request.user):
        raise Http404
    if "leave" in request.POST:
        return _leave(request, course)
    form = PreviewForm(request.POST) if request.method == "POST" else _form(request, course)
    if form.is_bound and form.is_valid():
        return _begin(request, course, form)
    context = {"course": course, "form": form, "is_on": preview_in(request, course) is not None}
    status = 422 if form.is_bound else 200
    return render_part(request, "library/preview.html", "stage", context, status=status)


def _form(request: HtmxRequest, course: Course) -> PreviewForm:
    """Return the form with what is looked at now, or with today."""
    today = timezone.localdate()
    known = preview_in(request, course)
    begun = known or Preview(course.pk, person(request).pk, Role.BUYER, today, today)
    return PreviewForm(initial=begun.choices)


def _begin(request: HtmxRequest, course: Course, form: PreviewForm) -> HttpResponse:
    """Show the page of the course from which it was asked for, or else the one that sells it."""
    known = Preview(course.pk, person(request).pk, **form.cleaned_data)
    page, here = came_from(request), request.path
    elsewhere = page == "/" or page.startswith(here)
    response = redirect_browser(request, course.get_absolute_url() if elsewhere else page)
    known.begin(response)
    return response


def _leave(request: HtmxRequest, course: Course) -> HttpResponse:
    """Go back to where the course is written."""
    response = redirect_browser(request, reverse("admin:catalog_course_change", args=[course.pk]))
    end(response)
    return response
