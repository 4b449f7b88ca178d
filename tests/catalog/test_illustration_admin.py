"""Pictures for texts, uploaded on the page of their course."""

import pytest

from catalog.models import Illustration
from tests.catalog.pictures import photograph, upload
from tests.catalog.test_course_admin import (  # noqa: F401
    course,
    filled_in,
    page_of,
    staff,
)


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def test_a_picture_is_uploaded_and_shown_by_the_lessons(staff, course):  # noqa: F811
    lesson = course.lessons.first()
    lesson.body = "![A knot](images/my-knot.jpg)"
    lesson.save()
    data = filled_in(staff, page_of(course))
    data["illustrations-TOTAL_FORMS"] = 1
    data["illustrations-0-upload"] = upload(photograph(400, 900), name="my knot.jpg")

    response = staff.post(page_of(course), data)

    assert response.status_code == 302, response.context["errors"]
    picture = Illustration.objects.get()
    assert (picture.name, picture.width, picture.height) == ("my-knot.jpg", 400, 900)
    lesson.refresh_from_db()
    assert f'<img src="{picture.url}" alt="A knot">' in lesson.body_html


def test_a_file_that_is_no_picture_is_refused(staff, course):  # noqa: F811
    data = filled_in(staff, page_of(course))
    data["illustrations-TOTAL_FORMS"] = 1
    data["illustrations-0-upload"] = upload(content=b"<svg onload=alert(1)>", name="a.png")

    assert "no picture that we can read" in staff.post(page_of(course), data).content.decode()

    assert not Illustration.objects.exists()
