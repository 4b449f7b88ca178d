"""Fetches whoever is signed in, and in the same query whether their account is protected."""

from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef

from project.accounts.mfa import STRONG
from project.accounts.models import User
from project.prepared import Given, Prepared


class Backend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's backend, as the shop has it."""

    def get_user(self, user_id: int) -> User | None:
        """Return the person, who knows without another query what the admin asks on each page."""
        user = _people.first(user=user_id)
        return user if user and self.user_can_authenticate(user) else None


_strong = Authenticator.objects.filter(user=OuterRef("pk"), type__in=STRONG)
_people = Prepared(
    lambda: User.objects.annotate(is_protected=Exists(_strong)).filter(pk=Given("user"))
)
