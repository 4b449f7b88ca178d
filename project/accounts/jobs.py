"""What is done about people in the background."""

from datetime import timedelta

from django.utils import timezone

from project.accounts.models import KnownBrowser, User
from project.jobs import periodic

DAYS_TO_CONFIRM = 7
DAYS_KNOWN = 400


@periodic("41 3 * * *")
def forget_unconfirmed() -> None:
    """Delete accounts whose address nobody confirmed: typing errors, and guesses of robots."""
    week_ago = timezone.now() - timedelta(days=DAYS_TO_CONFIRM)
    User.objects.never_confirmed(before=week_ago).delete()


@periodic("43 3 * * *")
def forget_browsers() -> None:
    """Delete browsers whose cookie is long gone."""
    KnownBrowser.objects.unseen(since=timezone.now() - timedelta(days=DAYS_KNOWN)).delete()
