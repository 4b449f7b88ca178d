"""The account itself, and which mail goes to it, as parts of a person's data."""

from allauth.account.models import EmailAddress
from django.utils.translation import gettext_lazy as _

from project.accounts.models import User
from project.accounts.my_data.parts import Facts, Part
from project.accounts.optional_mail import choices_of


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


def collect_mail(user: User) -> Facts:
    """Return which mail the person wants."""
    return [
        {"kind": kind.name, "title": str(kind.title), "is_wanted": is_wanted}
        for kind, is_wanted in choices_of(user)
    ]


ACCOUNT = Part(
    name="account",
    title=_("Account"),  # type: ignore[arg-type]  # lazy
    template="accounts/my_data/account.html",
    collect=collect,
)
MAIL = Part(
    name="mail",
    title=_("Mail"),  # type: ignore[arg-type]  # lazy
    template="accounts/my_data/mail.html",
    collect=collect_mail,
)
