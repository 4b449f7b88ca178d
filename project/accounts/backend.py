"""Fetches whoever is signed in, and in the same query whether their account is protected."""

from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef

from project.accounts.mfa import STRONG
from project.accounts.models import User


class Backend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's backend, as the shop has it."""

    def get_user(self, user_id: int) -> User | None:
        """Return the person, who knows without another query what the admin asks on each page."""
        strong = Authenticator.objects.filter(user=OuterRef("pk"), type__in=STRONG)
        user = User.objects.annotate(is_protected=Exists(strong)).filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None
