"""Lists of people to enroll."""

import codecs
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from library.models import Enrollment, SeatInvitation
from library.rosters import (
    MOST_BYTES,
    UnreadableRoster,
    decode_roster,
    enroll_all,
    read_roster,
)
from project.models import OutboundMail
from tests.checkout.guests import create_person
from tests.factories import create_course, create_staff, enroll

pytestmark = pytest.mark.django_db

LIST = """email,course,reason,ends
ada@example.com,knots,Bought by wire,2099-05-01
bob@example.com,knots,Bought by wire,

nobody,knots,Bought by wire,
ada@example.com,nets,Bought by wire,
eve@example.com,knots,Bought by wire,2020-01-01
eve@example.com,knots,Bought by wire,someday
eve@example.com,knots,,
BOB@example.com,knots,Once more,
cid@example.com,knots,Has it,
"""
SAID = [
    (2, "enrolled"),
    (3, "invited by mail"),
    (5, "no e-mail address"),
    (6, "no such course"),
    (7, "the end is over already"),
    (8, "the end is no day such as 2027-12-24"),
    (9, "no reason is given"),
    (10, "was invited already"),
    (11, "had it already"),
]


@pytest.fixture
def course():
    course = create_course(title="Knots", slug="knots")
    create_person("ada@example.com")
    enroll(create_person("cid@example.com"), course=course)
    return course


def said(results):
    return [(result.row.line, result.words) for result in results]


def test_dry_run_says_what_would_be_and_changes_nothing(course):
    assert said(enroll_all(read_roster(LIST), commit=False)) == SAID

    assert Enrollment.objects.count() == 1
    assert not SeatInvitation.objects.exists()
    assert not OutboundMail.objects.exists()
    assert not ProcrastinateJob.objects.exists()


def test_list_is_enrolled_and_a_second_time_changes_nothing(course):
    staff = create_staff()

    assert said(enroll_all(read_roster(LIST), given_by=staff, commit=True)) == SAID

    ada, bob = Enrollment.objects.filter(source="staff", given_by=staff).order_by("pk")
    assert (ada.learner.email, ada.status, ada.reason) == (
        "ada@example.com",
        "active",
        "Bought by wire",
    )
    assert ada.ends_at == datetime(2099, 5, 2, tzinfo=UTC)
    assert (bob.learner, bob.status, bob.invitation.email) == (None, "unclaimed", "bob@example.com")
    assert sorted(OutboundMail.objects.values_list("to", flat=True)) == [
        "ada@example.com",
        "bob@example.com",
    ]

    again = enroll_all(read_roster(LIST), commit=True)
    assert said(again)[:2] == [(2, "had it already"), (3, "was invited already")]
    bob.claim(create_person("robert@example.com"))
    assert said(enroll_all(read_roster(LIST), commit=True))[1] == (3, "had it already")
    assert Enrollment.objects.count() == 3
    assert OutboundMail.objects.count() == 2


@pytest.mark.parametrize(
    "data",
    [
        "email;course;reason\nzoë@example.com;knots;Für Zoë\n".encode(),
        codecs.BOM_UTF8 + "Email,COURSE , reason\r\nzoë@example.com,knots,Für Zoë\r\n".encode(),
        "course;reason;email\nknots;Für Zoë;zoë@example.com".encode("cp1252"),
        "email\tcourse\treason\nzoë@example.com\tknots\tFür Zoë\n".encode("utf-16"),
        'email,course,reason\n"zoë@example.com","knots","Für Zoë"\n,,\n'.encode(),
    ],
)
def test_lists_of_any_spreadsheet_are_read(data):
    [row] = read_roster(decode_roster(data))

    assert (row.email, row.course, row.reason) == ("zoë@example.com", "knots", "Für Zoë")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "email, course, reason is not there"),
        (b"email,course\na@example.com,knots", "reason is not there"),
        (b"email,course,reason\n" + b"a@example.com,knots,x\n" * 1001, "more than 1000 rows"),
        (b"x" * (MOST_BYTES + 1), "larger than 512 KB"),
    ],
)
def test_what_is_no_list_is_refused(data, says):
    with pytest.raises(UnreadableRoster, match=says):
        read_roster(decode_roster(data))


def test_command_is_a_dry_run_unless_told_otherwise(course, tmp_path):
    file = tmp_path / "list.csv"
    file.write_text("email,course,reason\nada@example.com,knots,Bought by wire\n")
    told = StringIO()

    call_command("enroll", str(file), stdout=told)
    assert "line 2: ada@example.com, knots: enrolled" in told.getvalue()
    assert Enrollment.objects.count() == 1

    call_command("enroll", str(file), "--commit", stdout=told)
    assert Enrollment.objects.count() == 2


def test_command_ends_with_an_error_if_a_row_is_wrong(course, tmp_path):
    file = tmp_path / "list.csv"
    file.write_text(LIST)

    with pytest.raises(CommandError, match="5 of 9 rows could not be done"):
        call_command("enroll", str(file), "--commit", stdout=StringIO())

    assert Enrollment.objects.count() == 3


def test_office_shows_first_and_then_enrolls(course):
    office = Client()
    office.force_login(create_staff())
    url = "/admin/library/enrollment/list/"
    upload = SimpleUploadedFile("list.csv", LIST.replace(",", ";").encode())

    shown = office.post(url, {"file": upload})

    page = shown.content.decode()
    assert "2 rows would change something" in page
    assert "no such course" in page
    assert Enrollment.objects.count() == 1
    roster = shown.context["roster"]
    done = office.post(url, {"roster": roster.replace("\n", "\r\n"), "commit": "yes"})
    assert said(done.context["results"]) == SAID
    assert Enrollment.objects.count() == 3
    assert "list/" in office.get("/admin/library/enrollment/").content.decode()


def test_office_says_what_is_wrong_with_a_file(course):
    office = Client()
    office.force_login(create_staff())

    response = office.post("/admin/library/enrollment/list/", {})

    assert response.status_code == 422
    assert "Choose a file." in response.content.decode()
