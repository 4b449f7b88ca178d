"""Seats as staff look after them."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from library.models import Enrollment, EnrollmentStatus
from project.models import OutboundMail
from tests.checkout.guests import create_person
from tests.factories import (
    add_app,
    complete,
    create_course,
    create_learner,
    create_seat,
    create_staff,
    enroll,
)

SEATS = "/admin/library/enrollment/"


@pytest.fixture
def staff(db):
    client = Client()
    client.force_login(create_staff())
    return client


def page_of(seat):
    return f"{SEATS}{seat.pk}/change/"


def told(learner, course):
    """Return what the form sends for a seat."""
    who = learner.pk if learner else ""
    return {"learner": who, "email": "", "course": course.pk, "reason": "She teaches it."}


def messages_of(response):
    return [str(message) for message in response.context["messages"]]


def test_seat_is_given_to_somebody(staff):
    learner, course = create_learner(email="ada@example.com"), create_course(title="Knots")

    response = staff.post(f"{SEATS}add/", told(learner, course), follow=True)

    seat = Enrollment.objects.get()
    assert (seat.learner, seat.course, seat.status, seat.source) == (
        learner,
        course,
        "active",
        "staff",
    )
    assert (seat.reason, seat.given_by.is_superuser) == ("She teaches it.", True)
    assert OutboundMail.objects.get(to="ada@example.com").key == f"enrolled:{seat.pk}"
    assert "ada@example.com: Knots" in messages_of(response)[0]


def test_seat_is_given_to_nobody_yet_with_a_link_to_hand_out(staff):
    course = create_course()

    staff.post(f"{SEATS}add/", told(None, course))

    seat = Enrollment.objects.get()
    assert (seat.learner, seat.status, seat.source) == (None, "unclaimed", "staff")
    assert seat.claim_url in staff.get(page_of(seat)).content.decode()


@pytest.mark.parametrize("status", [EnrollmentStatus.ACTIVE, EnrollmentStatus.SUSPENDED])
def test_seat_is_not_given_twice(staff, status):
    seat = enroll(create_learner(name="Ada"), course=create_course(title="Knots"), status=status)

    response = staff.post(f"{SEATS}add/", told(seat.learner, seat.course), follow=True)

    assert messages_of(response) == ["Ada has “Knots” already."]
    assert list(Enrollment.objects.all()) == [seat]


@pytest.mark.parametrize(
    "changes",
    [
        {"course": ""},
        {"reason": ""},
        {"email": "ada@example.com"},
        {"ends_at_0": "2020-01-01", "ends_at_1": "00:00"},
    ],
)
def test_seat_needs_a_course_a_reason_one_person_and_an_end_to_come(staff, changes):
    data = told(create_learner(), create_course()) | changes

    assert staff.post(f"{SEATS}add/", data).status_code == 200
    assert not Enrollment.objects.exists()


def test_seat_is_given_by_address_until_a_day(staff):
    """Who has proven the address has it at once; who has not gets a link."""
    course = create_course(title="Knots")
    ada = create_person("ada@example.com")
    unproven = create_person("eve@example.com", is_verified=False)
    end = {"ends_at_0": "2099-01-01", "ends_at_1": "00:00"}

    staff.post(f"{SEATS}add/", told(None, course) | end | {"email": "Ada@example.com"})
    staff.post(f"{SEATS}add/", told(None, course) | end | {"email": unproven.email})

    given, invited = Enrollment.objects.order_by("pk")
    assert (given.learner, given.status, given.ends_at.year) == (ada, "active", 2099)
    assert (invited.learner, invited.status, invited.ends_at.year) == (None, "unclaimed", 2099)
    [letter] = OutboundMail.objects.filter(to="eve@example.com")
    assert invited.claim_url in letter.text
    assert "eve@example.com" in staff.get(page_of(invited)).content.decode()


@pytest.mark.parametrize(
    ("origin", "action", "expected", "says"),
    [
        ("active", "suspend", "suspended", "“Ada: Knots” is now suspended."),
        ("suspended", "restore", "active", "“Ada: Knots” is now active."),
        ("active", "revoke", "revoked", "“Ada: Knots” is now revoked."),
        ("active", "restore", "active", None),
        ("revoked", "restore", "revoked", "cannot become active."),
    ],
)
@pytest.mark.parametrize("place", ["list", "page"])
def test_seat_is_moved_by_the_actions(staff, place, origin, action, expected, says):
    course = create_course(title="Knots")
    seat = enroll(create_learner(name="Ada"), course=course, status=EnrollmentStatus(origin))
    url, prefix = (SEATS, "") if place == "list" else (page_of(seat), "CHANGE_FORM-")

    data = {f"{prefix}action": action, "_selected_action": seat.pk}
    response = staff.post(url, data, follow=True)

    seat.refresh_from_db()
    assert seat.status == expected
    said = messages_of(response)
    assert len(said) == (1 if says else 0)
    assert not says or said[0].endswith(says)


def test_seats_are_moved_one_by_one_past_one_that_cannot(staff):
    active, revoked = enroll(), enroll(status="revoked")

    staff.post(SEATS, {"action": "suspend", "_selected_action": [revoked.pk, active.pk]})

    active.refresh_from_db()
    revoked.refresh_from_db()
    assert (active.status, revoked.status) == ("suspended", "revoked")


def test_seat_page_shows_history_and_lets_nothing_be_rewritten(staff):
    seat = enroll(course=create_course(lessons=3))
    complete(seat.learner, seat.course.lessons.first())
    other = create_learner()

    page = staff.get(page_of(seat)).content.decode()
    staff.post(page_of(seat), {"learner": other.pk, "status": "revoked", "source": "gift"})

    assert "1 of 3" in page
    assert "_save" not in page
    assert "_addanother" not in page
    unchanged = Enrollment.objects.get(pk=seat.pk)
    assert (unchanged.learner, unchanged.status) == (seat.learner, seat.status)
    assert unchanged.source == seat.source


def test_seat_is_never_deleted(staff):
    seat = enroll()

    assert staff.post(f"{SEATS}{seat.pk}/delete/", {"post": "yes"}).status_code == 403
    staff.post(SEATS, {"action": "delete_selected", "_selected_action": seat.pk, "post": "yes"})

    assert Enrollment.objects.filter(pk=seat.pk).exists()


def test_seats_are_found_and_filtered(staff):
    ada = enroll(create_learner(email="ada@example.com"), course=create_course(title="Knots"))
    bob = enroll(create_learner(name="Bob"), status=EnrollmentStatus.SUSPENDED)
    free = create_seat()

    def found(query):
        return list(staff.get(f"{SEATS}?{query}").context["cl"].result_list)

    assert found("") == [free, bob, ada]
    assert found("q=ada%40example") == [ada]
    assert found("q=bob") == [bob]
    assert found("q=knots") == [ada]
    assert found("status__exact=suspended") == [bob]
    assert found("source__exact=gift") == [free]
    assert found(f"course__id__exact={ada.course_id}") == [ada]


@pytest.mark.parametrize("number", [1, 30])
def test_seat_list_takes_as_many_queries_for_30_as_for_one(
    staff, django_assert_num_queries, number
):
    for _ in range(number):
        enroll(course=create_course())
    create_seat()

    # Session, person, courses to filter by, two counts, the span of dates, their months, the seats.
    with django_assert_num_queries(8):
        staff.get(SEATS)


def test_seats_in_the_admin_are_for_staff(db):
    client = Client()
    client.force_login(create_learner())

    assert client.get(SEATS).status_code == 302
    assert client.post(f"{SEATS}add/", {"course": create_course().pk}).status_code == 302
    assert not Enrollment.objects.exists()


@pytest.mark.parametrize(
    ("status", "action"), [("active", "suspend"), ("suspended", "restore"), ("active", "revoke")]
)
def test_staff_who_may_only_look_move_nothing(db, status, action):
    clerk = create_learner()
    clerk.is_staff = True
    clerk.save()
    add_app(clerk)
    clerk.user_permissions.add(Permission.objects.get(codename="view_enrollment"))
    client = Client()
    client.force_login(clerk)
    seat = enroll(status=EnrollmentStatus(status))

    assert client.get(page_of(seat)).status_code == 200
    client.post(SEATS, {"action": action, "_selected_action": seat.pk})

    seat.refresh_from_db()
    assert seat.status == status
