"""The bar above what is looked at as somebody else."""

from typing import Any

from django import template
from django.template import Context

from catalog.models import Course
from library.preview.form import PreviewForm

register = template.Library()


@register.inclusion_tag("library/_preview_bar.html", takes_context=True)
def preview_bar(context: Context, course: Course) -> dict[str, Any]:
    """Say as whom the course is looked at, and let that be changed."""
    preview = context["request"].preview
    form = PreviewForm(initial=preview.choices, auto_id="preview-%s")
    return {"preview": preview, "course": course, "form": form}
