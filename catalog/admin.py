"""Courses as staff write them: a course and its outline on one page."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminIntegerFieldWidget
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.forms import CourseForm
from catalog.models import Course, Instructor, InvalidTransition, Lesson, Section, Topic

EVERYWHERE = [admin.ActionLocation.CHANGE_LIST, admin.ActionLocation.CHANGE_FORM]


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
    fields = ("position", "title", "summary")
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
class CourseAdmin(admin.ModelAdmin):
    """Courses. Their status is changed by the actions, each of which is a verb of the course."""

    form = CourseForm
    inlines = [SectionInline, LessonInline]
    actions = ["publish", "unlist", "archive"]
    list_display = ["title", "status", "price", "lessons", "published_at"]
    list_filter = ["status", "level", "topics"]
    search_fields = ["title", "slug", "summary", "instructor__name"]
    ordering = ["-published_at", "-pk"]
    autocomplete_fields = ["instructor", "topics"]
    prepopulated_fields = {"slug": ["title"]}
    readonly_fields = ["status", "published_at", "lesson_count", "minutes"]
    fieldsets = [
        (None, {"fields": ["title", "slug", "summary", "status", "published_at"]}),
        (_("Price"), {"fields": ["price_minor", "compare_at_minor"]}),
        (_("What it is"), {"fields": ["description", "outcomes", "instructor", "topics"]}),
        (_("For whom"), {"fields": ["level", "language"]}),
        (_("Looks"), {"fields": ["hue"]}),
        (_("Counted from the lessons"), {"fields": ["lesson_count", "minutes"]}),
    ]

    @admin.display(description=_("price"), ordering="price_minor")
    def price(self, course: Course) -> str:
        """Show the price as people write it."""
        return course.price

    @admin.display(description=_("lessons"), ordering="lesson_count")
    def lessons(self, course: Course) -> int:
        """Show how many lessons there are."""
        return course.lesson_count

    @admin.action(
        description=_("Publish: list it in the catalog"),
        location=EVERYWHERE,
        permissions=["change"],
    )
    def publish(self, request: HttpRequest, courses: "QuerySet[Course]") -> None:
        """List the chosen courses in the catalog."""
        self._move(request, courses, Course.publish)

    @admin.action(
        description=_("Unlist: sell it only by its address"),
        location=EVERYWHERE,
        permissions=["change"],
    )
    def unlist(self, request: HttpRequest, courses: "QuerySet[Course]") -> None:
        """Sell the chosen courses only to those who know their address."""
        self._move(request, courses, Course.unlist)

    @admin.action(
        description=_("Archive: stop selling it"), location=EVERYWHERE, permissions=["change"]
    )
    def archive(self, request: HttpRequest, courses: "QuerySet[Course]") -> None:
        """Stop selling the chosen courses; their learners keep them."""
        self._move(request, courses, Course.archive)

    def get_inlines(self, request: HttpRequest, obj: Course | None) -> Any:
        """Offer lessons once there are sections to put them into."""
        has_sections = obj is not None and obj.sections.exists()
        return self.inlines if has_sections else [SectionInline]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the rows of the outline; those without a position come last."""
        for row in formset.save(commit=False):
            if row.position is None:
                row.position = _next_position(row)
            row.save()
        for row in formset.deleted_objects:
            row.delete()
        formset.save_m2m()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Count the lessons once the outline is saved."""
        super().save_related(request, form, formsets, change)
        form.instance.recount()

    def _move(
        self,
        request: HttpRequest,
        courses: "QuerySet[Course]",
        verb: Callable[[Course], bool],
    ) -> None:
        for course in courses:
            try:
                if verb(course):
                    self.log_change(request, course, f"Made it {course.status}.")
                    facts = {"course": course, "status": course.get_status_display().lower()}
                    told = gettext("“%(course)s” is now %(status)s.") % facts
                    self.message_user(request, told, messages.SUCCESS)
            except InvalidTransition as error:
                self.message_user(request, str(error), messages.ERROR)


@admin.register(Lesson)
class LessonAdmin(admin.ModelAdmin):
    """Lessons, each on a page to write it. They are added on the page of their course."""

    list_display = ["title", "course", "section", "minutes", "is_preview"]
    list_select_related = ["course", "section"]
    search_fields = ["title", "course__title"]
    ordering = ["course__title", "section__position", "section_id", "position", "pk"]
    fields = ["title", "slug", "section", "position", "minutes", "is_preview", "body"]
    formfield_overrides = {
        models.TextField: {"widget": forms.Textarea({"cols": 100, "rows": 30})},
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
        obj.course.recount()

    def delete_model(self, request: HttpRequest, obj: Lesson) -> None:
        """Delete the lesson and keep its course's totals."""
        super().delete_model(request, obj)
        obj.course.recount()

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Lesson]") -> None:
        """Delete lessons and keep their courses' totals."""
        courses = list(Course.objects.filter(lessons__in=queryset).distinct())
        super().delete_queryset(request, queryset)
        for course in courses:
            course.recount()

    def response_post_save_change(self, request: HttpRequest, obj: Lesson) -> HttpResponseRedirect:
        """Go back to the course."""
        return HttpResponseRedirect(reverse("admin:catalog_course_change", args=[obj.course_id]))


@admin.register(Topic)
class TopicAdmin(admin.ModelAdmin):
    """What courses are about."""

    list_display = ["name", "slug"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Instructor)
class InstructorAdmin(admin.ModelAdmin):
    """Who teaches."""

    list_display = ["name"]
    search_fields = ["name"]


def _next_position(row: Section | Lesson) -> int:
    """Return the position after all others of the row's kind in its course."""
    others = type(row)._default_manager.filter(course=row.course_id)
    last: int | None = others.aggregate(last=Max("position"))["last"]
    return 1 if last is None else last + 1
