"""Courses as staff write them: a course and its outline on one page."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.widgets import AdminIntegerFieldWidget
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.admin.authoring import Authoring, MarkdownWidget
from catalog.admin.illustrations import IllustrationInline
from catalog.admin.media import CaptionInline, LessonFileInline, VideoInline
from catalog.admin.pictured import PicturedAdmin, shown
from catalog.forms import CourseForm
from catalog.models import Course, Lesson, Question, Section
from catalog.money import format_money
from catalog.search.indexing import forget, refresh_search
from catalog.templatetags.covers import cover_url


class RowForm(forms.ModelForm):
    """A row of the outline. Without a position it goes to the end."""

    position = forms.IntegerField(
        min_value=0, max_value=32_767, required=False, widget=AdminIntegerFieldWidget
    )


class SectionFormSet(forms.BaseInlineFormSet):
    """The sections of a course."""

    def clean(self) -> None:
        """Keep sections that hold lessons: these would go too, and with them what was done."""
        super().clean()
        for form in self.deleted_forms:
            if form.instance.lessons.exists():
                raise ValidationError(
                    gettext("“%(section)s” still has lessons. Move them to another section first.")
                    % {"section": form.instance}
                )


class SectionInline(admin.TabularInline):
    """The parts of the course."""

    model = Section
    form = RowForm
    formset = SectionFormSet
    fields = ("position", "title", "summary", "opens_after_days", "opens_on")
    formfield_overrides = {models.CharField: {"widget": forms.TextInput({"size": 36})}}
    ordering = ("position", "pk")
    extra = 0


class LessonInline(admin.TabularInline):
    """The lessons of all sections.

    What a lesson says is written on its own page, which the row links to. It is deleted there as
    well, because there the admin asks first, and shows what learners would lose.
    """

    model = Lesson
    form = RowForm
    fields = ("section", "position", "title", "slug", "minutes", "is_preview")
    formfield_overrides = {
        models.CharField: {"widget": forms.TextInput({"size": 24})},
        models.SlugField: {"widget": forms.TextInput({"size": 16})},
    }
    prepopulated_fields = {"slug": ["title"]}
    ordering = ("section__position", "section_id", "position", "pk")
    extra = 0
    can_delete = False
    show_change_link = True

    def get_formset(self, request: HttpRequest, obj: Course | None = None, **kwargs: Any) -> Any:
        """Offer the sections of this course, asked for once and not once a row."""
        formset = super().get_formset(request, obj, **kwargs)
        sections = Section.objects.filter(course=obj)
        field: Any = formset.form.base_fields["section"]
        field.queryset = sections
        field.choices = [("", "---------"), *((section.pk, str(section)) for section in sections)]
        return formset


@admin.register(Course)
class CourseAdmin(Authoring, PicturedAdmin):
    """Courses. Their status is changed by the actions, each of which is a verb of the course."""

    form = CourseForm
    formfield_overrides = {
        models.TextField: {"widget": MarkdownWidget({"cols": 100, "rows": 15})},
    }
    inlines = [SectionInline, LessonInline, IllustrationInline]
    list_display = ["title", "status", "price", "lessons", "published_at"]
    list_filter = ["status", "level", "topics"]
    search_fields = ["title", "slug", "summary", "instructor__name"]
    ordering = ["-published_at", "-pk"]
    autocomplete_fields = ["instructor", "topics"]
    prepopulated_fields = {"slug": ["title"]}
    readonly_fields = [
        "status",
        "published_at",
        "checklist",
        "struck_through",
        "lesson_count",
        "minutes",
        "cover",
    ]
    fieldsets = [
        (None, {"fields": ["title", "slug", "summary", "status", "published_at", "checklist"]}),
        (_("Price"), {"fields": ["price_minor", "access_days"]}),
        (
            _("Sale"),
            {
                "fields": ["sale_price_minor", "sale_starts_at", "sale_ends_at", "struck_through"],
                "description": _("All times are UTC.") if settings.TIME_ZONE == "UTC" else "",
            },
        ),
        (_("What it is"), {"fields": ["description", "outcomes", "instructor", "topics"]}),
        (_("For whom"), {"fields": ["level", "language"]}),
        (_("Looks"), {"fields": ["hue", "cover", "upload", "remove_picture"]}),
        (_("Counted from the lessons"), {"fields": ["lesson_count", "minutes"]}),
    ]

    @admin.display(description=_("cover"))
    def cover(self, course: Course) -> SafeString | str:
        """Show the cover as the shop does."""
        return shown(cover_url(course), 240, 150) if course.slug else "-"

    @admin.display(description=_("price"), ordering="price_minor")
    def price(self, course: Course) -> str:
        """Show the price as people write it."""
        return course.price

    @admin.display(description=_("struck through"))
    def struck_through(self, course: Course) -> str:
        """Say which earlier price stands beside that of the sale; the shop finds it by itself."""
        if course.compare_at_minor:
            lowest = format_money(course.compare_at_minor, course.currency)
            return gettext("%(price)s, the lowest price of the 30 days before.") % {"price": lowest}
        return gettext(
            "Nothing. The lowest price of the 30 days before a sale is, if the course was for "
            "sale all that time and the price was higher."
        )

    @admin.display(description=_("lessons"), ordering="lesson_count")
    def lessons(self, course: Course) -> int:
        """Show how many lessons there are."""
        return course.lesson_count

    def get_inlines(self, request: HttpRequest, obj: Course | None) -> Any:
        """Offer lessons once there are sections to put them into."""
        has_sections = obj is not None and obj.sections.exists()
        return self.inlines if has_sections else [SectionInline]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the rows of the outline; those without a position come last."""
        for row in formset.save(commit=False):
            if isinstance(row, Section | Lesson) and row.position is None:
                row.position = _next_position(row)
            row.save()
        for row in formset.deleted_objects:
            row.delete()
        formset.save_m2m()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Count the lessons once the outline is saved, and keep what the course is found by."""
        super().save_related(request, form, formsets, change)
        _keep_up(form.instance)
        form.instance.render_again()

    def delete_model(self, request: HttpRequest, obj: Course) -> None:
        """Delete the course, and take it out of the search."""
        forget([obj.pk])
        super().delete_model(request, obj)
        refresh_search([])

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Course]") -> None:
        """Delete courses, and take them out of the search."""
        forget(queryset.values_list("pk", flat=True))
        super().delete_queryset(request, queryset)
        refresh_search([])


class QuestionInline(admin.StackedInline):
    """What the lesson asks when one has read it."""

    model = Question
    fields = ("position", "kind", "text", "answers", "explanation")
    formfield_overrides = {models.TextField: {"widget": forms.Textarea({"cols": 80, "rows": 4})}}
    extra = 0


@admin.register(Lesson)
class LessonAdmin(admin.ModelAdmin):
    """Lessons, each on a page to write it. They are added on the page of their course."""

    inlines = [VideoInline, CaptionInline, LessonFileInline, QuestionInline]
    list_display = ["title", "course", "section", "minutes", "is_preview"]
    list_select_related = ["course", "section"]
    search_fields = ["title", "course__title"]
    ordering = ["course__title", "section__position", "section_id", "position", "pk"]
    fields = [
        "title",
        "slug",
        "section",
        "position",
        "minutes",
        "is_preview",
        "opens_after_days",
        "opens_on",
        "pass_percent",
        "body",
    ]
    formfield_overrides = {
        models.TextField: {"widget": MarkdownWidget({"cols": 100, "rows": 30})},
    }

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Keep the list off the front page: the way to a lesson is through its course."""
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Add lessons where their section is."""
        return False

    def get_form(
        self, request: HttpRequest, obj: Lesson | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Offer the sections of the lesson's own course."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        if obj and "section" in form.base_fields:
            form.base_fields["section"].queryset = Section.objects.filter(course=obj.course_id)
        return form

    def save_model(self, request: HttpRequest, obj: Lesson, form: Any, change: bool) -> None:
        """Save the lesson and keep its course's totals."""
        super().save_model(request, obj, form, change)
        _keep_up(obj.course)

    def delete_model(self, request: HttpRequest, obj: Lesson) -> None:
        """Delete the lesson and keep its course's totals."""
        super().delete_model(request, obj)
        _keep_up(obj.course)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Lesson]") -> None:
        """Delete lessons and keep their courses' totals."""
        courses = list(Course.objects.filter(lessons__in=queryset).distinct())
        super().delete_queryset(request, queryset)
        for course in courses:
            _keep_up(course)

    def response_post_save_change(self, request: HttpRequest, obj: Lesson) -> HttpResponseRedirect:
        """Go back to the course."""
        return HttpResponseRedirect(reverse("admin:catalog_course_change", args=[obj.course_id]))


def _keep_up(course: Course) -> None:
    """Keep what follows from the course's texts and lessons."""
    course.recount()
    course.refresh_search()


def _next_position(row: Section | Lesson) -> int:
    """Return the position after all others of the row's kind in its course."""
    others = type(row)._default_manager.filter(course=row.course_id)
    last: int | None = others.aggregate(last=Max("position"))["last"]
    return 1 if last is None else last + 1
