"""A seat's moves, and what the database lets nobody do."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from library.models import (
    AlreadyEnrolled,
    Enrollment,
    EnrollmentSource,
    EnrollmentStatus,
    InvalidTransition,
)
from tests.factories import create_course, create_learner, create_seat, enroll

UNCLAIMED, ACTIVE, SUSPENDED, REVOKED, ENDED = EnrollmentStatus


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("origin", "verb", "expected"),
    [
        (UNCLAIMED, "suspend", SUSPENDED),
        (UNCLAIMED, "revoke", REVOKED),
        (ACTIVE, "suspend", SUSPENDED),
        (ACTIVE, "revoke", REVOKED),
        (SUSPENDED, "restore", ACTIVE),
        (SUSPENDED, "revoke", REVOKED),
        (REVOKED, "suspend", None),
        (REVOKED, "restore", None),
        (ENDED, "suspend", None),
        (ENDED, "restore", None),
        (ENDED, "revoke", None),
    ],
)
def test_enrollment_moves_as_the_table_says(origin, verb, expected):
    seat = enroll(status=origin)

    if expected is None:
        with pytest.raises(InvalidTransition):
            getattr(seat, verb)()
    else:
        assert getattr(seat, verb)() is True

    assert Enrollment.objects.get(pk=seat.pk).status == (expected or origin)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "verb"),
    [(SUSPENDED, "suspend"), (ACTIVE, "restore"), (UNCLAIMED, "restore"), (REVOKED, "revoke")],
)
def test_enrollment_repeated_move_changes_nothing(status, verb):
    assert getattr(enroll(status=status), verb)() is False


@pytest.mark.django_db
def test_free_seat_that_is_paused_cannot_be_claimed_and_is_free_again_afterwards():
    seat, learner = create_seat(), create_learner()
    seat.suspend()

    with pytest.raises(InvalidTransition):
        Enrollment.objects.get(pk=seat.pk).claim(learner)
    assert Enrollment.objects.get(pk=seat.pk).status == SUSPENDED
    seat.restore()

    assert Enrollment.objects.get(pk=seat.pk).status == UNCLAIMED
    assert Enrollment.objects.get(pk=seat.pk).claim(learner) is True


@pytest.mark.django_db
def test_enrollment_move_sees_what_another_process_did():
    seat = enroll(status=ACTIVE)
    Enrollment.objects.get(pk=seat.pk).revoke()

    with pytest.raises(InvalidTransition):
        seat.suspend()

    assert seat.status == REVOKED


@pytest.mark.django_db
def test_claim_gives_the_seat_to_the_learner():
    seat, learner = create_seat(), create_learner()

    assert seat.claim(learner) is True

    seat = Enrollment.objects.get(pk=seat.pk)
    assert (seat.status, seat.learner) == (ACTIVE, learner)
    assert (timezone.now() - seat.claimed_at).total_seconds() < 60


@pytest.mark.django_db
def test_claim_again_changes_nothing():
    seat, learner = create_seat(), create_learner()
    seat.claim(learner)
    claimed_at = seat.claimed_at

    assert seat.claim(learner) is False
    assert Enrollment.objects.get(pk=seat.pk).claimed_at == claimed_at


@pytest.mark.django_db
@pytest.mark.parametrize("status", [ACTIVE, SUSPENDED, REVOKED])
def test_claim_leaves_a_seat_that_is_not_free(status):
    seat, latecomer = enroll(status=status), create_learner()
    holder = seat.learner

    with pytest.raises(InvalidTransition):
        seat.claim(latecomer)

    seat = Enrollment.objects.get(pk=seat.pk)
    assert (seat.status, seat.learner) == (status, holder)


@pytest.mark.django_db
@pytest.mark.parametrize("status", [SUSPENDED, REVOKED])
def test_claim_does_not_bring_back_a_learners_own_seat(status):
    seat = enroll(status=status)

    with pytest.raises(InvalidTransition):
        seat.claim(seat.learner)

    assert Enrollment.objects.get(pk=seat.pk).status == status


@pytest.mark.django_db
@pytest.mark.parametrize("status", [ACTIVE, SUSPENDED])
def test_claim_leaves_the_seat_free_if_the_learner_has_one(status):
    own = enroll(status=status)
    seat = create_seat(course=own.course)

    with pytest.raises(AlreadyEnrolled):
        seat.claim(own.learner)

    seat = Enrollment.objects.get(pk=seat.pk)
    assert (seat.status, seat.learner, seat.claimed_at) == (UNCLAIMED, None, None)


@pytest.mark.django_db
def test_claim_is_possible_after_an_earlier_seat_was_revoked():
    old = enroll(status=REVOKED)

    assert create_seat(course=old.course).claim(old.learner) is True


@pytest.mark.django_db
def test_grant_gives_one_current_seat():
    learner, course = create_learner(), create_course()

    first = Enrollment.objects.grant(learner, course, source=EnrollmentSource.PURCHASE)
    second = Enrollment.objects.grant(learner, course, source=EnrollmentSource.GIFT)

    assert (first.status, first.source, second) == (ACTIVE, EnrollmentSource.PURCHASE, None)
    assert Enrollment.objects.count() == 1


@pytest.mark.django_db
def test_database_refuses_access_without_a_learner():
    with pytest.raises(IntegrityError, match="enrollment_access_has_a_learner"):
        Enrollment.objects.create(course=create_course(), status=ACTIVE, source="staff")


@pytest.mark.django_db
def test_database_refuses_an_unclaimed_seat_with_a_learner():
    with pytest.raises(IntegrityError, match="enrollment_unclaimed_has_no_learner"):
        enroll(create_learner(), status=UNCLAIMED)


def two_claims_at_once(claim, seat):
    """Have two learners claim the seat at the same moment; return what came of each claim."""
    learners = [create_learner(), create_learner()]
    starting_line = Barrier(2, timeout=10)

    def try_it(learner):
        try:
            return claim(Enrollment.objects.get(pk=seat.pk), learner, starting_line)
        except InvalidTransition:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(try_it, learners))


def claim_in_one_update(seat, learner, starting_line):
    starting_line.wait()
    return seat.claim(learner)


def claim_naively(seat, learner, starting_line):
    is_free = seat.status == UNCLAIMED
    starting_line.wait()
    seat.status, seat.learner, seat.starts_at = ACTIVE, learner, timezone.now()
    seat.save()
    return is_free


@pytest.mark.django_db(transaction=True)
def test_claim_lets_one_of_two_people_have_the_seat():
    assert two_claims_at_once(claim_in_one_update, create_seat()) == [False, True]


@pytest.mark.django_db(transaction=True)
def test_claim_that_looks_first_and_saves_later_would_tell_both_that_they_have_it():
    assert two_claims_at_once(claim_naively, create_seat()) == [True, True]
