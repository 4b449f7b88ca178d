"""Seats, for staff to look after; and what courses show staff of their learners."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.admin import CourseAdmin, LessonAdmin
from catalog.models import Course, InvalidTransition, Lesson
from library.certificate_office import CertificateAdmin
from library.models import AlreadyEnrolled, Enrollment, LessonProgress
from library.office import ByHandForm, enroll_list, give
from library.question_office import LessonQuestionAdmin
from library.review_office import ReviewAdmin
from library.update_office import CourseUpdateAdmin
from project.accounts.models import User
from project.written import day

__all__ = [
    "CertificateAdmin",
    "CourseUpdateAdmin",
    "EnrollmentAdmin",
    "LessonQuestionAdmin",
    "ReviewAdmin",
    "TaughtCourseAdmin",
    "TaughtLessonAdmin",
]

MORE_DAYS = 30
EVERYWHERE = [admin.ActionLocation.CHANGE_LIST, admin.ActionLocation.CHANGE_FORM]

# The catalog knows nothing of learners, so that its pages in the admin get here what concerns them.
admin.site.unregister([Course, Lesson])


@admin.register(Course)
class TaughtCourseAdmin(CourseAdmin):
    """Courses, with how many people have them."""

    list_display = [*CourseAdmin.list_display, "learners"]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Course]":
        """Count the learners with the courses."""
        seats = Enrollment.objects.active().filter(course=OuterRef("pk"))
        counted = seats.order_by().values("course").annotate(count=Count("pk")).values("count")
        courses: QuerySet[Course] = super().get_queryset(request)
        return courses.annotate(learners=Coalesce(Subquery(counted), 0))

    @admin.display(ordering="learners")
    def learners(self, course: Any) -> str:
        """Show how many people may study it now, and lead to them."""
        seats = reverse("admin:library_enrollment_changelist")
        return format_html(
            '<a href="{}?course__id__exact={}">{}</a>', seats, course.pk, course.learners
        )

    def view_on_site(self, obj: Course) -> str:
        """Lead to where it is studied: staff may read it there, also while it is a draft."""
        return reverse("library:course", args=[obj.slug])


@admin.register(Lesson)
class TaughtLessonAdmin(LessonAdmin):
    """Lessons, with the way to where they are read."""

    def view_on_site(self, obj: Lesson) -> str:
        """Lead to where it is read."""
        return reverse("library:lesson", args=[obj.course.slug, obj.slug])


@admin.register(Enrollment)
class EnrollmentAdmin(admin.ModelAdmin):
    """Seats. Staff give them here; from then on only the actions change them."""

    actions = ["suspend", "restore", "revoke", "extend"]
    list_display = ["holder", "course", "status", "source", "created_at"]
    list_display_links = ["holder", "course"]
    list_select_related = ["learner", "course"]
    change_list_template = "admin/library/enrollment/change_list.html"
    list_filter = ["status", "source", ("course", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["learner__email", "learner__name", "course__title"]
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-pk"]
    autocomplete_fields = ["learner", "course"]
    fields = [
        "learner",
        "course",
        "status",
        "source",
        "created_at",
        "claimed_at",
        "reason",
        "given_by",
        "invited",
        "starts_at",
        "ends_at",
        "done",
        "link",
    ]

    @admin.display(description=_("learner"), ordering="learner__email")
    def holder(self, seat: Enrollment) -> User | str:
        """Show whose the seat is."""
        return seat.learner or gettext("nobody yet")

    @admin.display(description=_("lessons done"))
    def done(self, seat: Enrollment) -> str:
        """Show how far the learner is."""
        if seat.learner is None:
            return gettext("none")
        progress = LessonProgress.objects.in_course(seat.learner, seat.course)
        done = {"done": progress.done, "total": progress.total}
        return gettext("%(done)s of %(total)s") % done

    @admin.display(description=_("invited"))
    def invited(self, seat: Enrollment) -> str:
        """Say whom it is meant for."""
        invitation = getattr(seat, "invitation", None)
        if invitation is None:
            return "-"
        when = day(invitation.sent_at) if invitation.sent_at else gettext("not written to yet")
        who = f"{invitation.recipient} ({invitation.email})".strip()
        return f"{who}, {when}" if invitation.recipient else f"{invitation.email}, {when}"

    @admin.display(description=_("claim link"))
    def link(self, seat: Enrollment) -> str:
        """Show the link to hand out, while the seat is free."""
        return seat.claim_url if seat.is_unclaimed else gettext("none, the seat is not free")

    @admin.action(
        description=_("Suspend: pause access"), location=EVERYWHERE, permissions=["change"]
    )
    def suspend(self, request: HttpRequest, seats: "QuerySet[Enrollment]") -> None:
        """Pause access."""
        self._move(request, seats, Enrollment.suspend)

    @admin.action(
        description=_("Restore: give access back"), location=EVERYWHERE, permissions=["change"]
    )
    def restore(self, request: HttpRequest, seats: "QuerySet[Enrollment]") -> None:
        """Give access back."""
        self._move(request, seats, Enrollment.restore)

    @admin.action(
        description=_("Revoke: end access for good"), location=EVERYWHERE, permissions=["change"]
    )
    def revoke(self, request: HttpRequest, seats: "QuerySet[Enrollment]") -> None:
        """End access for good."""
        self._move(request, seats, Enrollment.revoke)

    @admin.action(
        description=_("Extend: 30 more days of access"), location=EVERYWHERE, permissions=["change"]
    )
    def extend(self, request: HttpRequest, seats: "QuerySet[Enrollment]") -> None:
        """Put off the end of access."""
        for seat in seats:
            if seat.extend(MORE_DAYS) and seat.ends_at:
                self.log_change(request, seat, f"Extended to {seat.ends_at.isoformat()}.")
                facts = {"seat": seat, "day": day(seat.ends_at)}
                told = gettext("“%(seat)s” ends on %(day)s now.") % facts
                self.message_user(request, told, messages.SUCCESS)
            else:
                told = gettext("“%(seat)s” has no end that could be put off.") % {"seat": seat}
                self.message_user(request, told, messages.ERROR)

    def get_fields(self, request: HttpRequest, obj: Enrollment | None = None) -> Any:
        """Ask for a new seat only whose it is and on what, why, and until when."""
        return self.fields if obj else ["learner", "email", "course", "reason", "ends_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Enrollment | None = None) -> Any:
        """Let nobody rewrite what happened."""
        return self.fields if obj else []

    def get_form(
        self,
        request: HttpRequest,
        obj: Enrollment | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Say what a seat without a learner is good for."""
        if obj:
            return super().get_form(request, obj, change=change, **kwargs)
        hint = gettext("Without a learner and an address you get a link that you can hand out.")
        words = {"form": ByHandForm, "help_texts": {"learner": hint}}
        return super().get_form(request, obj, change=change, **words, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Enrollment | None = None) -> bool:
        """Keep every seat that ever was: a seat that should be gone is revoked."""
        return False

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Tell that somebody has the course already, whenever that turns out."""
        try:
            return super().add_view(request, *args, **kwargs)
        except AlreadyEnrolled as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a seat, with nothing to save."""
        buttons = ("show_save", "show_save_and_continue", "show_save_and_add_another")
        context = {**(extra_context or {}), **dict.fromkeys(buttons, False)}
        return super().change_view(request, object_id, form_url, context)

    def save_model(self, request: HttpRequest, obj: Enrollment, form: Any, change: bool) -> None:
        """Give the seat by the verbs that everybody uses."""
        if change:
            return
        assert isinstance(request.user, User)  # noqa: S101  the admin lets nobody else in
        given = give(
            obj.learner,
            obj.course,
            email=form.cleaned_data.get("email", ""),
            reason=obj.reason,
            given_by=request.user,
            ends_at=obj.ends_at,
        )
        assert given.seat is not None  # noqa: S101  or else it would have been refused
        obj.pk = given.seat.pk
        obj.refresh_from_db()

    def get_urls(self) -> list[Any]:
        """Add the page on which many are enrolled at once."""
        wrap = self.admin_site.admin_view
        lists = path("list/", wrap(self.list_view), name="library_enrollment_list")
        return [lists, *super().get_urls()]

    def list_view(self, request: HttpRequest) -> HttpResponse:
        """Enroll the people of a list."""
        return enroll_list(request, self)

    def _move(
        self,
        request: HttpRequest,
        seats: "QuerySet[Enrollment]",
        verb: Callable[[Enrollment], bool],
    ) -> None:
        for seat in seats:
            try:
                if verb(seat):
                    self.log_change(request, seat, f"Made it {seat.status}.")
                    facts = {"seat": seat, "status": seat.get_status_display().lower()}
                    told = gettext("“%(seat)s” is now %(status)s.") % facts
                    self.message_user(request, told, messages.SUCCESS)
            except InvalidTransition as error:
                self.message_user(request, str(error), messages.ERROR)
