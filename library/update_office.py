"""What is new in courses, for staff to write and to mail."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from library.models import CourseUpdate
from library.updates import mail_out

EVERYWHERE = [admin.ActionLocation.CHANGE_LIST, admin.ActionLocation.CHANGE_FORM]


@admin.register(CourseUpdate)
class CourseUpdateAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Course updates. They are shown by themselves, and mailed only when staff say so."""

    actions = ["mail"]
    list_display = ["title", "course", "published_at", "mailed_at"]
    list_select_related = ["course"]
    list_filter = [("course", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["title", "course__title"]
    ordering = ["-published_at", "-pk"]
    autocomplete_fields = ["course"]
    readonly_fields = ["mailed_at"]

    @admin.action(
        description=_("Mail to all who study the course and want to know"),
        location=EVERYWHERE,
        permissions=["change"],
    )
    def mail(self, request: HttpRequest, updates: "QuerySet[CourseUpdate]") -> None:
        """Have updates mailed, each once."""
        begun = sum(mail_out(update) for update in updates)
        left = len(updates) - begun
        if begun:
            told = ngettext(
                "%(count)s update is being mailed.", "%(count)s updates are being mailed.", begun
            )
            self.message_user(request, told % {"count": begun}, messages.SUCCESS)
        if left:
            told = gettext(
                "Left alone, as they are mailed already or not published yet: %(count)s."
            )
            self.message_user(request, told % {"count": left}, messages.WARNING)
