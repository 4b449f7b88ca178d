"""Inviting people to seats: by mail, on a day, each once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError, connection
from django.utils import timezone

from library import invitations
from library.invitations import invite, send_gift, send_gifts, take_back
from library.models import AlreadyInvited, Enrollment, NotFree, SeatInvitation
from project.accounts.my_data.deletion import CannotDelete, delete_account
from project.accounts.my_data.export import build_archive
from project.mail import deliver
from project.models import OutboundMail
from tests.accounts.test_my_data import unpack
from tests.factories import create_course, create_learner, create_seat, enroll

pytestmark = pytest.mark.django_db
TOMORROW = timedelta(days=1)


def letters():
    return OutboundMail.objects.filter(key__startswith="seat:")


def give(seat, *, days, **words):
    day = timezone.localdate() + timedelta(days=days)
    words = {"email": "bob@example.com", "recipient": "Bob"} | words
    return invite(seat, is_gift=True, deliver_on=day, **words)


def pass_days(days):
    """Let gifts have been meant for earlier days."""
    for gift in SeatInvitation.objects.exclude(deliver_on=None):
        gift.deliver_on -= timedelta(days=days)
        gift.save()


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    """Let every hour be late enough in the morning."""
    monkeypatch.setattr(invitations, "MORNING", timezone.datetime.min.time())


def test_gift_goes_out_on_its_day_and_once():
    seat = create_seat()
    give(seat, days=2, note="For the boat.")

    send_gifts()
    pass_days(1)
    send_gifts()
    assert not letters().exists()

    pass_days(1)
    send_gifts()
    send_gifts()

    [letter] = letters()
    assert seat.claim_url in letter.text
    assert "For the boat." in letter.text
    assert SeatInvitation.objects.get().letters == 1


def test_gift_waits_for_the_morning(monkeypatch):
    give(create_seat(), days=1)
    pass_days(1)
    monkeypatch.setattr(invitations, "MORNING", timezone.datetime.max.time())

    send_gifts()

    assert not letters().exists()


@pytest.mark.parametrize("what", ["taken", "taken back", "revoked", "paused"])
def test_gift_whose_seat_is_not_free_any_more_is_not_mailed(what):
    seat = create_seat()
    give(seat, days=1)
    if what == "taken back":
        take_back(seat)
    elif what == "taken":
        seat.claim(create_learner())
    elif what == "paused":
        seat.suspend()
    else:
        seat.revoke()
    pass_days(1)

    send_gifts()

    assert not letters().exists()


@pytest.mark.django_db(transaction=True)
def test_gift_is_mailed_once_by_two_workers_at_the_same_moment():
    seat = create_seat()
    give(seat, days=1)
    pass_days(1)
    starting_line = Barrier(2)

    def work(_):
        try:
            starting_line.wait()
            return send_gift(seat.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        outcomes = list(pool.map(work, range(2)))

    assert sorted(outcomes) == [False, True]
    assert letters().count() == 1


def test_seat_has_one_invitation():
    seat = create_seat()
    invite(seat, email="bob@example.com")

    with pytest.raises(AlreadyInvited):
        invite(seat, email="eve@example.com")

    assert SeatInvitation.objects.get().email == "bob@example.com"
    assert letters().count() == 1


def test_nobody_is_invited_to_a_seat_that_somebody_has():
    with pytest.raises(NotFree):
        invite(enroll(), email="bob@example.com")


def test_seat_that_is_invited_to_anew_is_written_about_anew():
    seat = create_seat()
    invite(seat, email="bob@example.com")
    take_back(seat)
    invite(seat, email="eve@example.com")

    assert [letter.to for letter in letters()] == ["eve@example.com"]


def test_seat_that_is_taken_back_leaves_the_address_nowhere():
    """A letter that is queued does not leave; one that has left forgets where it went."""
    seat, other = create_seat(), create_seat()
    for each in (seat, other):
        invite(each, email="bob@example.com")
    queued, sent = letters().order_by("pk")
    deliver(sent.pk)

    take_back(seat)
    take_back(other)
    deliver(queued.pk)

    assert [letter.to for letter in letters()] == [""]


def test_claim_that_meets_a_link_being_taken_back_is_refused():
    seat = create_seat()
    late = Enrollment.objects.get_by_claim_token(urlsplit(seat.claim_url).path.split("/")[2])
    take_back(seat)

    with pytest.raises(Exception, match="cannot become active"):
        late.claim(create_learner())

    assert Enrollment.objects.get().learner is None


def test_claim_page_says_whom_a_seat_was_for_and_not_the_address(client):
    seat = create_seat(course=create_course(title="Knots"))
    give(seat, days=0, note="For the boat.", from_name="Ada", email="robert.burns@example.com")

    page = client.get(urlsplit(seat.claim_url).path).content.decode()

    assert "A gift for Bob, from Ada." in page
    assert "For the boat." in page
    assert "robert.burns" not in page


def test_words_are_of_gifts():
    with pytest.raises(IntegrityError):
        SeatInvitation.objects.create(enrollment=create_seat(), email="b@example.com", note="Hi")


def person(email):
    learner = create_learner(email=email)
    EmailAddress.objects.create(user=learner, email=email, verified=True, primary=True)
    return learner


def test_invitations_are_of_the_data_of_both():
    ada, bob = person("ada@example.com"), person("bob@example.com")
    give(create_seat(), days=0, giver=ada, from_name="Ada", note="For the boat.")

    for somebody in (ada, bob):
        assert "For the boat." in unpack(build_archive(somebody))["data.json"]
    assert "boat" not in unpack(build_archive(person("eve@example.com")))["data.json"]


@pytest.mark.parametrize("who", ["ada@example.com", "bob@example.com"])
def test_deletion_of_either_forgets_the_invitation_and_leaves_the_link(who):
    people = {email: person(email) for email in ("ada@example.com", "bob@example.com")}
    seat = create_seat()
    give(seat, days=0, giver=people["ada@example.com"])

    delete_account(people[who])

    assert not SeatInvitation.objects.exists()
    assert not letters().filter(to="bob@example.com").exists()
    seat.refresh_from_db()
    assert (seat.status, seat.claim_version) == ("unclaimed", 0)


def test_deletion_forgets_why_staff_gave_a_seat():
    ada = person("ada@example.com")
    seat = enroll(ada)
    Enrollment.objects.filter(pk=seat.pk).update(reason="Ada was ill.", shares_progress=True)

    delete_account(ada)

    seat.refresh_from_db()
    assert (seat.reason, seat.shares_progress) == ("", False)


def test_deletion_waits_for_a_gift_that_waits_for_its_day():
    ada = person("ada@example.com")
    give(create_seat(), days=3, giver=ada)

    with pytest.raises(CannotDelete, match="waits for its day"):
        delete_account(ada)
