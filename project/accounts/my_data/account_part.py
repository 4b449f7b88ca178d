"""The account itself, as a part of a person's data."""

from allauth.account.models import EmailAddress
from django.utils.translation import gettext_lazy as _

from project.accounts.models import User
from project.accounts.my_data.parts import Facts, Part


def collect(user: User) -> Facts:
    """Return who the person is to the shop."""
    addresses = EmailAddress.objects.filter(user=user).order_by("-primary", "email")
    return [
        {
            "email": user.email,
            "name": user.name,
            "joined": user.date_joined,
            "last_signed_in": user.last_login,
            "addresses": [
                {"email": one.email, "is_proven": one.verified, "is_primary": one.primary}
                for one in addresses
            ],
        }
    ]


ACCOUNT = Part(
    name="account",
    title=_("Account"),  # type: ignore[arg-type]  # lazy
    template="accounts/my_data/account.html",
    collect=collect,
)
