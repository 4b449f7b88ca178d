"""Questions on lessons, for staff to answer, and to hide where they must."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from library.asking import answer
from library.models import LessonAnswer, LessonQuestion, LessonQuestionQuerySet
from project.accounts.models import User
from project.written import day

EVERYTHING = "all"


class TurnFilter(admin.SimpleListFilter):
    """Whose turn it is. At first the list shows what waits for the shop."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer what there is besides."""
        return [
            ("answered", _("Answered")),
            ("hidden", _("Hidden")),
            (EVERYTHING, _("All")),
        ]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Call the first choice by what it shows."""
        first, *others = super().choices(changelist)
        yield {**first, "display": _("Waiting for an answer")}
        yield from others

    def queryset(
        self, request: HttpRequest, queryset: "QuerySet[LessonQuestion]"
    ) -> LessonQuestionQuerySet:
        """Narrow the list."""
        assert isinstance(queryset, LessonQuestionQuerySet)  # noqa: S101  it is the model's own
        if self.value() == EVERYTHING:
            return queryset
        if self.value() == "hidden":
            return queryset.hidden()
        return queryset.answered() if self.value() == "answered" else queryset.waiting()


class AnswerInline(admin.StackedInline):  # type: ignore[type-arg]
    """What the shop has said, and room for more. What who asked says is theirs."""

    model = LessonAnswer
    fields = ["text"]
    extra = 1

    def get_queryset(self, request: HttpRequest) -> "QuerySet[LessonAnswer]":
        """Leave out what who asked has said."""
        return super().get_queryset(request).filter(is_from_shop=True)


@admin.register(LessonQuestion)
class LessonQuestionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Questions: staff answer them, and hide one with a reason; nobody rewrites what was asked."""

    list_display = ["excerpt", "lesson", "asked_at", "answered_at"]
    list_select_related = ["lesson"]
    list_filter = [TurnFilter, ("lesson__course", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["name", "text", "learner__email", "lesson__title", "lesson__course__title"]
    date_hierarchy = "asked_at"
    ordering = ["-pk"]
    inlines = [AnswerInline]
    readonly_fields = [
        "lesson",
        "course",
        "learner",
        "name",
        "asked_at",
        "conversation",
        "hidden_at",
        "hidden_by",
    ]
    fields = [*readonly_fields, "hidden_reason"]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[LessonQuestion]":
        """Fetch of the lessons only what the list shows."""
        found: QuerySet[LessonQuestion] = super().get_queryset(request)
        return found.defer("lesson__body", "lesson__body_html")

    @admin.display(description=_("question"))
    def excerpt(self, question: LessonQuestion) -> str:
        """Show how the question begins."""
        return question.text if len(question.text) <= 60 else f"{question.text[:59]}…"

    @admin.display(description=_("course"))
    def course(self, question: LessonQuestion) -> str:
        """Show of which course the lesson is."""
        return str(question.lesson.course)

    @admin.display(description=_("conversation"))
    def conversation(self, question: LessonQuestion) -> SafeString:
        """Show what was said, from the question on."""
        answers = question.answers.all()
        lines = [
            (question.name, day(question.asked_at), question.text),
            *((one.name or settings.SHOP_NAME, day(one.written_at), one.text) for one in answers),
        ]
        return format_html_join("", "<p><strong>{}</strong>, {}<br>{}</p>", lines)

    def view_on_site(self, obj: LessonQuestion) -> str:
        """Lead to where it is read."""
        return obj.get_absolute_url()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leave it to learners."""
        return False

    def save_model(
        self, request: HttpRequest, obj: LessonQuestion, form: Any, change: bool
    ) -> None:
        """Hide or show it by its verbs."""
        if "hidden_reason" in form.changed_data:
            reason = form.cleaned_data["hidden_reason"]
            obj.hide(reason, by=_staff(request)) if reason else obj.show()

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Answer, rewrite and take away by the verbs."""
        formset.save(commit=False)
        for gone in formset.deleted_objects:
            gone.remove()
        for known, _fields in formset.changed_objects:
            known.rewrite(known.text)
        for new in formset.new_objects:
            answer(form.instance, text=new.text, author=_staff(request))


def _staff(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  the admin lets nobody else in
    return request.user
