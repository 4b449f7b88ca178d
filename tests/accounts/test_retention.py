"""Accounts that nobody confirmed are forgotten, all others are kept."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from project.accounts.jobs import forget_unconfirmed
from project.accounts.models import User
from tests.factories import create_learner, create_staff, enroll

pytestmark = pytest.mark.django_db


def create_unconfirmed(email, *, days=8):
    user = create_learner(email=email)
    user.date_joined = timezone.now() - timedelta(days=days)
    user.save()
    EmailAddress.objects.create(user=user, email=email, primary=True)
    return user


def test_unconfirmed_account_is_forgotten_after_a_week():
    create_unconfirmed("guess@example.com")

    forget_unconfirmed()

    assert not User.objects.exists()
    assert not EmailAddress.objects.exists()


def test_all_others_are_kept():
    recent = create_unconfirmed("recent@example.com", days=6)
    confirmed = create_unconfirmed("confirmed@example.com")
    confirmed.emailaddress_set.update(verified=True)
    was_here = create_unconfirmed("washere@example.com")
    was_here.last_login = timezone.now()
    was_here.save()
    expected = create_unconfirmed("expected@example.com")
    enroll(expected)
    staff = create_staff()
    staff.date_joined = timezone.now() - timedelta(days=8)
    staff.save()

    forget_unconfirmed()

    assert set(User.objects.all()) == {recent, confirmed, was_here, expected, staff}
