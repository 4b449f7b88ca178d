"""Which addresses a person has proven to be theirs."""

from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import QuerySet

from project.accounts.models import User


def proven_addresses(user: User) -> "QuerySet[Any, str]":
    """Return the addresses that the person has proven, in lower case, as allauth keeps them.

    Those that somebody has only typed are not among them: they give access to nothing.
    """
    proven = addresses_of(user)
    return proven if user.is_active else proven.none()


def addresses_of(user: User) -> "QuerySet[Any, str]":
    """Return the same, whether or not the account is open: by them a person is found elsewhere."""
    addresses = EmailAddress.objects.filter(user=user, verified=True)
    proven: QuerySet[Any, str] = addresses.values_list("email", flat=True)
    return proven


def person_at(email: str) -> User | None:
    """Return whose account an address is, if they have proven that; the address in any case."""
    known = EmailAddress.objects.filter(email=email.lower(), verified=True, user__is_active=True)
    found = known.select_related("user").first()
    return found.user if found else None
