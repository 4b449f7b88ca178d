"""Uploading pictures, for staff."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.forms import PicturedForm
from catalog.models.pictured import Pictured


class PicturedAdmin(admin.ModelAdmin):
    """Rows that may have a picture."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the row, and show the picture that was uploaded."""
        super().save_model(request, obj, form, change)
        if isinstance(form, PicturedForm):
            form.put_picture(obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete the row, and leave its picture's files to be removed."""
        super().delete_model(request, obj)
        obj.leave_picture()

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        """Delete rows, and leave their pictures' files to be removed."""
        rows: list[Pictured] = list(queryset)
        super().delete_queryset(request, queryset)
        for row in rows:
            row.leave_picture()


def shown(url: str, width: int, height: int) -> SafeString:
    """Return a picture for a page of the admin, of this size in pixels."""
    return format_html('<img src="{}" width="{}" height="{}" alt="">', url, width, height)
