"""Texts rendered anew."""

import pytest
from django.core.management import call_command

from catalog.models import Bundle, Course, Lesson
from tests.factories import create_bundle, create_course, create_lesson, create_section

pytestmark = pytest.mark.django_db


def test_render_lessons_writes_all_html_anew():
    course = create_course(description="*One*")
    create_lesson(section=create_section(course=course), body="*Two*")
    bundle = create_bundle()
    bundle.description = "*Three*"
    bundle.save()
    rows = [(Course, "description_html"), (Lesson, "body_html"), (Bundle, "description_html")]
    before = [list(model.objects.values_list(field, flat=True)) for model, field in rows]
    for model, field in rows:
        model.objects.update(**{field: "old"})

    call_command("render_lessons")

    assert before == [list(model.objects.values_list(field, flat=True)) for model, field in rows]
    assert before[1] == ["<p><em>Two</em></p>\n"]
