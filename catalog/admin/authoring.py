"""What helps to write a course: how a text will look, what is missing, and another one like it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from catalog.admin.moving import EVERYWHERE, Moving
from catalog.checklist import remarks_on
from catalog.duplicating import duplicate
from catalog.markdown import render_markdown
from catalog.models import Course, CourseStatus

ACTION_NAMES = ("action", "CHANGE_FORM-action")  # on the list, and on a page


class MarkdownWidget(forms.Textarea):
    """A text in Markdown, and a button that shows how it will look. It needs no script."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """Put the button below the text. It sends the form to another page, in another window."""
        return format_html(
            '{}<p><button class="button" type="submit" name="shown" value="{}" formaction="{}"'
            ' formtarget="_blank" formnovalidate>{}</button></p>',
            super().render(name, value, attrs, renderer),
            name,
            reverse("admin:catalog_course_text"),
            gettext("See how it will look"),
        )


class Authoring(Moving):
    """Has what helps to write a course."""

    actions = [*Moving.actions, "duplicate_course"]

    def get_urls(self) -> list[URLPattern]:
        """Show texts before they are saved."""
        show = self.admin_site.admin_view(require_POST(self.show_text))
        return [path("text/", show, name="catalog_course_text"), *super().get_urls()]

    def show_text(self, request: HttpRequest) -> HttpResponse:
        """Show a text as the shop will show it, and keep nothing of it."""
        if not request.user.has_perm("catalog.change_course"):
            raise PermissionDenied
        text = request.POST.get(request.POST.get("shown", ""), "")
        course = _course_in(request)
        html = course.rendered(text) if course else render_markdown(text)
        title = request.POST.get("title", "")
        context = {"html": html, "title": title, "course": course}
        return render(request, "catalog/text_preview.html", context)

    @admin.display(description=_("before it is published"))
    def checklist(self, course: Course) -> SafeString | str:
        """Say what is missing, and what of it is a must."""
        if course.pk is None:
            return "-"
        remarks = remarks_on(course)
        if not remarks:
            return gettext("Nothing is missing.")
        rows = format_html_join(
            "\n",
            "<li><strong>{}</strong>{}</li>",
            (
                (
                    format_html("<strong>{}</strong> ", gettext("Needed:")) if one.is_must else "",
                    one.text,
                )
                for one in remarks
            ),
        )
        return format_html("<ul>{}</ul>", rows)

    def _move(self, request: HttpRequest, things: "QuerySet[Any]", verb: Any) -> None:
        """Sell nothing that lacks what is a must; say what it lacks besides."""
        if not {"publish", "unlist"} & {request.POST.get(name) for name in ACTION_NAMES}:
            return super()._move(request, things, verb)
        ready = [course for course in things if self._is_ready(request, course)]
        return super()._move(request, things.filter(pk__in=[one.pk for one in ready]), verb)

    def _is_ready(self, request: HttpRequest, course: Course) -> bool:
        remarks = remarks_on(course)
        musts = [remark.text for remark in remarks if remark.is_must]
        facts = {"course": course, "remarks": " ".join(musts or [one.text for one in remarks])}
        if musts:
            told = gettext("“%(course)s” is not ready. %(remarks)s") % facts
            self.message_user(request, told, messages.ERROR)
        elif remarks and course.status == CourseStatus.DRAFT:
            told = gettext("“%(course)s” could be better. %(remarks)s") % facts
            self.message_user(request, told, messages.WARNING)
        return not musts

    @admin.action(
        description=_("Duplicate: begin another course from it"),
        location=EVERYWHERE,
        permissions=["add"],
    )
    def duplicate_course(
        self, request: HttpRequest, courses: "QuerySet[Course]"
    ) -> HttpResponse | None:
        """Begin another course from each of these, and open it if it is one."""
        copies = [duplicate(course) for course in courses]
        for copy in copies:
            self.log_addition(request, copy, "Duplicated.")
        told = gettext("What you see is a draft of its own: change what is different.")
        self.message_user(request, told, messages.SUCCESS)
        if len(copies) != 1:
            return None
        return HttpResponseRedirect(reverse("admin:catalog_course_change", args=[copies[0].pk]))


def _course_in(request: HttpRequest) -> Course | None:
    """Return the course whose form, or whose lesson's form, was sent."""
    section, slug = request.POST.get("section", ""), request.POST.get("slug", "")
    if section.isdecimal() and section.isascii():
        return Course.objects.filter(sections=int(section)).first()
    return Course.objects.filter(slug=slug).first()
