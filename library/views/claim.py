"""Taking a seat that somebody has set aside."""

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from catalog.models import Course
from library.models import AlreadyEnrolled, Enrollment, EnrollmentStatus, InvalidTransition
from library.views.door import person
from project.accounts.models import User
from project.headers import never_kept
from project.htmx import HtmxRequest, redirect_browser, render_part, sign_in_first
from project.limits import Limit, limited

CLAIMS = Limit("claim", times=20, seconds=3600)


@require_http_methods(["GET", "HEAD", "POST"])
@never_kept
@limited(CLAIMS)
def claim(request: HtmxRequest, token: str) -> HttpResponse:
    """Show whom a seat is waiting for, and give it to whoever is signed in and takes it."""
    seats = Enrollment.objects.select_related("course", "invitation")
    try:
        seat = seats.get_by_claim_token(token)
    except Enrollment.DoesNotExist:
        return _say_it_is_dead(request, token)
    if request.method == "POST":
        return _take(request, seat)
    context = {"seat": seat, "course": seat.course, "state": _seat_state(seat, request.user)}
    return render_part(request, "library/claim.html", "stage", context)


def _say_it_is_dead(request: HtmxRequest, token: str) -> HttpResponse:
    """Say of a link that was taken back that its seat is not to be had by it any more."""
    try:
        seat = Enrollment.objects.select_related("course").get_by_dead_token(token)
    except Enrollment.DoesNotExist as error:
        raise Http404("There is no such seat.") from error
    context = {"course": seat.course, "state": "dead"}
    return render_part(request, "library/claim.html", "stage", context)


def _take(request: HtmxRequest, seat: Enrollment) -> HttpResponse:
    """Give the seat to the visitor; if that cannot be, the seat's page says why."""
    if request.user.is_anonymous:
        return sign_in_first(request, next_url=request.path)
    try:
        seat.claim(person(request), shares_progress=request.POST.get("shares") == "yes")
    except (AlreadyEnrolled, InvalidTransition):
        return redirect_browser(request, request.path)
    messages.success(request, gettext("“%(course)s” is yours. Enjoy it.") % {"course": seat.course})
    return redirect_browser(request, _course_url(seat.course))


def _seat_state(seat: Enrollment, viewer: User | AnonymousUser) -> str:
    """Name what the visitor can do about the seat: the page has a text for each."""
    if seat.status == EnrollmentStatus.REVOKED:
        return "revoked"
    if seat.is_suspended and not seat.learner_id:
        return "paused"
    if not seat.is_unclaimed:
        return "yours" if seat.learner_id == viewer.pk else "taken"
    if isinstance(viewer, AnonymousUser):
        return "sign_in"
    has_one = Enrollment.objects.current().held_by(viewer).filter(course=seat.course).exists()
    return "owned" if has_one else "free"


def _course_url(course: Course) -> str:
    return reverse("library:course", args=[course.slug])
