"""What happens when somebody signs in or proves an address: their purchases come to them."""

from typing import Any

from allauth.account.models import EmailAddress
from django.http import HttpRequest

from checkout.claims import claim_waiting
from project.accounts.models import User


def claim_at_login(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    """Give whoever signs in what was bought with an address of theirs."""
    claim_waiting(request, user)


def claim_at_proof(
    sender: Any, request: HttpRequest, email_address: EmailAddress, **_: Any
) -> None:
    """Give whoever has just proven an address what was bought with it."""
    claim_waiting(request, email_address.user)
