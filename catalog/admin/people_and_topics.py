"""Who teaches and what courses are about, for staff."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from catalog.admin.pictured import PicturedAdmin, shown
from catalog.forms import InstructorForm
from catalog.models import Instructor, Topic
from catalog.search.indexing import refresh_search
from catalog.templatetags.covers import picture_url


class FoundByAdmin(admin.ModelAdmin):
    """Things whose names courses are found by: these go with every change of them."""

    def save_model(
        self, request: HttpRequest, obj: Topic | Instructor, form: Any, change: bool
    ) -> None:
        """Save it, and have its courses found by its name."""
        super().save_model(request, obj, form, change)
        refresh_search(obj.courses.values_list("pk", flat=True))

    def delete_model(self, request: HttpRequest, obj: Topic | Instructor) -> None:
        """Delete it, and have its courses no longer found by its name."""
        courses = list(obj.courses.values_list("pk", flat=True))
        super().delete_model(request, obj)
        refresh_search(courses)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        """Delete several."""
        courses = list(queryset.filter(courses__isnull=False).values_list("courses", flat=True))
        super().delete_queryset(request, queryset)
        refresh_search(courses)


@admin.register(Topic)
class TopicAdmin(FoundByAdmin):
    """What courses are about."""

    list_display = ["name", "slug"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Instructor)
class InstructorAdmin(FoundByAdmin, PicturedAdmin):
    """Who teaches."""

    form = InstructorForm
    list_display = ["name"]
    search_fields = ["name"]
    fields = ["name", "bio", "portrait", "upload", "remove_picture"]
    readonly_fields = ["portrait"]

    @admin.display(description=_("picture now"))
    def portrait(self, instructor: Instructor) -> SafeString | str:
        """Show the picture there is."""
        return shown(picture_url(instructor), 120, 120) if instructor.picture else "-"
