"""What I write down beside lessons."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from catalog.models import Course
from library.access import can_open, can_study
from library.models import Note
from library.models.note import LONGEST
from library.views.door import find_lesson, personal, turn_away
from library.views.lesson import lesson_url, reading, refuse
from project.htmx import (
    SignedInRequest,
    login_required,
    redirect_browser,
    render_part,
    same_origin_only,
    wants_part,
)


class NoteForm(forms.Form):
    """A note as it is sent: all of it, and which version was before."""

    text = forms.CharField(max_length=LONGEST, required=False, strip=False)
    version = forms.IntegerField(min_value=0)


@same_origin_only
@require_POST
@login_required
def note(request: SignedInRequest, course_slug: str, lesson_slug: str) -> HttpResponse:
    """Keep my note on a lesson, while I type or when I press the button."""
    lesson = find_lesson(request, course_slug, lesson_slug)
    if not can_study(lesson, request.user):
        return refuse(request, lesson, request.user)
    form = NoteForm(request.POST)
    saved = None
    if form.is_valid():
        text, version = form.cleaned_data["text"], form.cleaned_data["version"]
        text = text.replace("\r\n", "\n").replace("\0", "")
        saved = Note.objects.write(request.user, lesson, text, version=version)
    context = {"note": saved, "is_too_long": "text" in form.errors, "is_refused": saved is None}
    if wants_part(request):
        return render(request, "library/_note.html#outcome", context)
    if saved:
        return redirect_browser(request, lesson_url(lesson) + "#note")
    # What was typed stays in the page: nothing of it is lost.
    typed = {**reading(lesson, request.user), **context, "typed": request.POST.get("text", "")}
    return render(request, "library/lesson.html", typed, status=422)


@require_safe
@personal
@login_required
def notes(request: SignedInRequest, course_slug: str) -> HttpResponse:
    """Show all that I have written down in a course, also after my time with it."""
    course, found = _notes(request, course_slug)
    if not found and not can_open(course, request.user):
        return turn_away(request, course)
    written = [
        {"note": note, "lesson": note.lesson, "html": note.as_html(_page(course, note))}
        for note in found
    ]
    context = {"course": course, "written": written, "is_open": can_open(course, request.user)}
    return render_part(request, "library/notes.html", "stage", context)


@require_safe
@personal
@login_required
def notes_file(request: SignedInRequest, course_slug: str) -> HttpResponse:
    """Give me all that I have written down in a course as one Markdown file."""
    course, found = _notes(request, course_slug)
    if not found and not can_open(course, request.user):
        return turn_away(request, course)
    parts = [f"# {course.title}", *(f"## {note.lesson.title}\n\n{note.text}" for note in found)]
    name = f"{slugify(course.slug)}-notes.md"
    return HttpResponse(
        "\n\n".join(parts) + "\n",
        content_type="text/markdown; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _notes(request: SignedInRequest, course_slug: str) -> tuple[Course, list[Note]]:
    course = get_object_or_404(Course.objects.known_to_all(), slug=course_slug)
    return course, list(Note.objects.of(request.user, course))


def _page(course: Course, note: Note) -> str:
    return reverse("library:lesson", args=[course.slug, note.lesson.slug])
