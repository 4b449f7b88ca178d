"""Pictures as staff upload, replace and remove them, and what becomes of the files."""

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.jobs import forget_picture
from catalog.models import Course
from catalog.pictures.kept import picture_name
from catalog.pictures.shapes import COVER
from catalog.templatetags.covers import cover_url, picture_srcset, picture_url
from tests.catalog.pictures import give_picture, photograph, upload
from tests.factories import create_course, create_instructor, create_staff

pytestmark = pytest.mark.django_db

FIELDS = {
    "course": ["title", "slug", "summary", "description", "level", "language", "hue"],
    "instructor": ["name", "bio"],
}


@pytest.fixture
def staff():
    client = Client()
    client.force_login(create_staff())
    return client


def page_of(row, name="change"):
    return reverse(f"admin:catalog_{row._meta.model_name}_{name}", args=[row.pk])


def send(staff, row, **fields):
    """Send the row's form with these fields beside those that it must have."""
    data = {name: getattr(row, name) for name in FIELDS[row._meta.model_name]}
    if isinstance(row, Course):
        data |= {"price_minor": "39", "instructor": row.instructor_id, "outcomes": ""}
        data |= {"sections-TOTAL_FORMS": 0, "sections-INITIAL_FORMS": 0}
    response = staff.post(page_of(row), {**data, **fields})
    row.refresh_from_db()
    return response


def to_be_forgotten():
    """Return what the worker was told to forget, in its order."""
    jobs = ProcrastinateJob.objects.filter(task_name="catalog.jobs.forget_picture").order_by("id")
    return [job.args for job in jobs if job.scheduled_at]


def forgetting(kept):
    return {"folder": "covers", "digest": kept.digest, "width": kept.width}


def test_admin_takes_a_cover_whatever_it_is_called(staff, media):
    course = create_course()

    response = send(staff, course, upload=upload(photograph(), "WEBP", name="x.exe"))

    assert response.status_code == 302, response.context["errors"]
    assert (len(course.picture), course.picture_width) == (16, 1280)
    assert f'src="{cover_url(course)}"' in staff.get(page_of(course)).content.decode()


def test_admin_refuses_what_is_no_picture_and_keeps_what_there_was(staff, media):
    course = create_course()
    kept = give_picture(course)

    response = send(staff, course, upload=upload(content=b"<svg/>", name="cover.png"))

    assert response.status_code == 200
    assert "This is no picture that we can read." in response.content.decode()
    assert course.picture == kept.digest


def test_admin_takes_a_cover_away(staff, media):
    course = create_course()
    kept = give_picture(course)

    send(staff, course, remove_picture="on")

    assert (course.picture, course.picture_width) == ("", 0)
    assert cover_url(course).startswith(f"/covers/{course.slug}/")
    assert to_be_forgotten() == [forgetting(kept)]


def test_admin_keeps_the_cover_of_a_form_without_one(staff, media):
    course = create_course()
    kept = give_picture(course)

    send(staff, course, title="Other")

    assert (course.title, course.picture) == ("Other", kept.digest)
    assert to_be_forgotten() == []


def test_admin_takes_the_face_of_an_instructor(staff, media, client):
    instructor = create_instructor(name="Ada")

    send(staff, instructor, upload=upload(photograph(500, 700)))

    assert instructor.picture_width == 320
    page = client.get(create_course(instructor=instructor).get_absolute_url()).content.decode()
    assert f'srcset="{picture_srcset(instructor)}"' in page
    assert client.get(picture_url(instructor)).status_code == 200


def test_admin_leaves_the_files_of_what_is_deleted_to_the_worker(staff, media):
    course, instructor = create_course(), create_instructor()
    kept = give_picture(course)
    give_picture(create_course())

    for row in (course, instructor):
        assert staff.post(page_of(row, "delete"), {"post": "yes"}).status_code == 302

    assert to_be_forgotten() == [forgetting(kept)]


def test_admin_leaves_the_files_of_many_that_are_deleted_to_the_worker(staff, media):
    courses = [create_course() for _ in range(3)]
    kept = [give_picture(courses[0], color="red"), give_picture(courses[1], color="lime")]

    chosen = [course.pk for course in courses]
    data = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    staff.post("/admin/catalog/course/", data)

    assert not Course.objects.exists()
    told = sorted(told["digest"] for told in to_be_forgotten())
    assert told == sorted(picture.digest for picture in kept)


def test_show_picture_has_the_one_before_removed(media):
    course = create_course()
    old, new = give_picture(course), give_picture(course, color="#00ff00")

    [told] = to_be_forgotten()
    assert told == forgetting(old)
    forget_picture(**told)
    names = sorted(f"covers/{name}" for name in default_storage.listdir("covers")[1])
    assert names == sorted(picture_name(COVER, new.digest, width) for width in COVER.widths)


def test_show_picture_keeps_one_that_it_shows_again(media):
    course = create_course()
    first = give_picture(course)
    give_picture(course, color="#00ff00")
    give_picture(course)

    forget_picture(**to_be_forgotten()[0])

    assert default_storage.exists(picture_name(COVER, first.digest, 640))


def test_forget_picture_keeps_one_that_another_course_shows(media):
    one, other = create_course(), create_course()
    kept = give_picture(one)
    give_picture(other)
    one.show_picture(None)

    forget_picture(**to_be_forgotten()[0])

    assert default_storage.exists(picture_name(COVER, kept.digest, 640))


def test_forget_picture_may_run_twice(media):
    course = create_course()
    kept = give_picture(course)
    course.show_picture(None)

    for _ in range(2):
        forget_picture(**forgetting(kept))

    assert default_storage.listdir("covers") == ([], [])
