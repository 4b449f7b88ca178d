"""Taking a seat that somebody handed out."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import quote, urlsplit

import pytest
from django.core.signing import Signer
from django.db import connection
from django.urls import reverse

from library.models import Enrollment, EnrollmentStatus
from tests.factories import create_course, create_learner, create_seat, enroll
from tests.library.conftest import Visitor


@pytest.fixture
def seat(db):
    return create_seat(course=create_course(title="Knots", slug="knots", lessons=1))


def path_of(seat):
    return urlsplit(seat.claim_url).path


def state_of(seat):
    seat = Enrollment.objects.get(pk=seat.pk)
    return (seat.status, seat.learner)


def test_claim_url_is_absolute_and_of_the_configured_site(seat, settings):
    settings.SITE_URL = "https://shop.example"

    token = Signer(salt="library.claim").sign(str(seat.pk))

    assert seat.claim_url == "https://shop.example" + reverse("library:claim", args=[token])
    assert path_of(seat) == f"/claim/{token}/"


def test_claim_shows_what_the_seat_is_for(visitor, seat):
    visitor.sign_in()

    page = visitor.get(path_of(seat)).content.decode()

    assert "Knots" in page
    assert "Take this seat" in page
    assert visitor.learner.email in page
    assert ("<html" in page) is not visitor.uses_htmx
    assert state_of(seat) == ("unclaimed", None)


def test_claim_asks_strangers_to_sign_in_and_come_back(visitor, seat):
    page = visitor.get(path_of(seat)).content.decode()

    assert "Knots" in page
    assert "Take this seat" not in page
    assert f"/accounts/login/?next={quote(path_of(seat))}" in page


def test_claim_sends_strangers_who_press_to_sign_in_and_back(visitor, seat):
    response = visitor.post(path_of(seat))

    back = quote(path_of(seat), safe="")
    assert visitor.is_sent_to(response) == f"/accounts/login/?next={back}"
    assert state_of(seat) == ("unclaimed", None)


def test_claim_gives_the_seat_and_opens_the_course(visitor, seat):
    learner = visitor.sign_in()

    response = visitor.post(path_of(seat))

    assert visitor.is_sent_to(response) == "/library/knots/"
    assert state_of(seat) == ("active", learner)
    assert visitor.messages() == ["“Knots” is yours. Enjoy it."]
    assert visitor.get("/library/knots/").status_code == 200


def test_claim_again_says_that_it_is_theirs(visitor, seat):
    learner = visitor.sign_in()
    visitor.post(path_of(seat))

    assert "You have taken this seat already" in visitor.get(path_of(seat)).content.decode()
    assert visitor.is_sent_to(visitor.post(path_of(seat))) == "/library/knots/"
    assert state_of(seat) == ("active", learner)


def test_claim_of_a_taken_seat_says_so(visitor, seat):
    holder = create_learner()
    seat.claim(holder)
    visitor.sign_in()

    response = visitor.post(path_of(seat))

    assert visitor.is_sent_to(response) == path_of(seat)
    page = visitor.get(path_of(seat)).content.decode()
    assert "Somebody has taken this seat" in page
    assert holder.email not in page
    assert state_of(seat) == ("active", holder)


def test_claim_of_a_taken_seat_says_so_to_strangers(visitor, seat):
    seat.claim(create_learner())

    assert "Somebody has taken this seat" in visitor.get(path_of(seat)).content.decode()


@pytest.mark.parametrize("status", [EnrollmentStatus.ACTIVE, EnrollmentStatus.SUSPENDED])
def test_claim_by_somebody_who_has_the_course_leaves_the_seat_free(visitor, seat, status):
    enroll(visitor.sign_in(), course=seat.course, status=status)

    response = visitor.post(path_of(seat))

    assert visitor.is_sent_to(response) == path_of(seat)
    assert "You have this course already" in visitor.get(path_of(seat)).content.decode()
    assert state_of(seat) == ("unclaimed", None)


def test_claim_of_a_revoked_seat_says_so(visitor, seat):
    seat.revoke()
    visitor.sign_in()

    response = visitor.post(path_of(seat))

    assert visitor.is_sent_to(response) == path_of(seat)
    assert "no longer available" in visitor.get(path_of(seat)).content.decode()
    assert state_of(seat) == ("revoked", None)


def test_claim_tells_a_holder_that_their_seat_was_revoked(visitor, seat):
    seat.claim(visitor.sign_in())
    seat.revoke()

    assert "no longer available" in visitor.get(path_of(seat)).content.decode()


def forged(seat):
    return f"{seat.pk}:{path_of(create_seat()).split(':')[1].strip('/')}"


def salted_otherwise(seat):
    return Signer(salt="something else").sign(str(seat.pk))


def unsigned(seat):
    return str(seat.pk)


def of_no_seat(seat):
    return Signer(salt="library.claim").sign(str(seat.pk + 1000))


@pytest.mark.parametrize("make_token", [forged, salted_otherwise, unsigned, of_no_seat])
def test_claim_knows_no_other_tokens(visitor, seat, make_token):
    visitor.sign_in()
    url = f"/claim/{make_token(seat)}/"

    assert visitor.get(url).status_code == 404
    assert visitor.post(url).status_code == 404
    assert state_of(seat) == ("unclaimed", None)


def test_claim_is_kept_nowhere(visitor, seat):
    response = visitor.get(path_of(seat))

    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db(transaction=True)
def test_claim_gives_the_seat_to_one_of_two_people_who_press_at_once():
    seat = create_seat()
    people = [Visitor(uses_htmx=False), Visitor(uses_htmx=False)]
    for person in people:
        person.sign_in()
    starting_line = Barrier(2, timeout=10)

    def press(person):
        try:
            starting_line.wait()
            return person.is_sent_to(person.post(path_of(seat)))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        led_to = sorted(pool.map(press, people))

    assert led_to == [path_of(seat), f"/library/{seat.course.slug}/"]
    status, holder = state_of(seat)
    assert status == "active"
    assert holder in [person.learner for person in people]
