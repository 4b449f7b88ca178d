"""Reviews, for staff to answer, and to hide where they must."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from library.models import Review


@admin.register(Review)
class ReviewAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Reviews: staff answer them, and hide one with a reason; nobody rewrites what was said."""

    list_display = ["name", "course", "stars", "status", "created_at", "answered_at"]
    list_select_related = ["course"]
    list_filter = [
        "status",
        "rating",
        ("answered_at", admin.EmptyFieldListFilter),
        ("course", admin.RelatedOnlyFieldListFilter),
    ]
    search_fields = ["name", "text", "learner__email", "course__title"]
    date_hierarchy = "created_at"
    ordering = ["-pk"]
    readonly_fields = [
        "course",
        "learner",
        "name",
        "stars",
        "text",
        "created_at",
        "updated_at",
        "answered_at",
        "status",
    ]
    fields = [*readonly_fields, "answer", "hidden_reason"]

    @admin.display(description=_("stars"), ordering="rating")
    def stars(self, review: Review) -> str:
        """Show the stars."""
        return review.stars

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leave it to learners."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Review | None = None) -> bool:
        """Let nobody make one disappear without a word: it is hidden, for a reason."""
        return False

    def save_model(self, request: HttpRequest, obj: Review, form: Any, change: bool) -> None:
        """Answer, hide or show by the verbs of the review, whatever the form has changed."""
        if "answer" in form.changed_data:
            obj.reply(form.cleaned_data["answer"])
        if "hidden_reason" in form.changed_data:
            reason = form.cleaned_data["hidden_reason"]
            obj.hide(reason) if reason else obj.show()
