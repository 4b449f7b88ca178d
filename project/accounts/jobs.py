"""What is done about people in the background."""

from datetime import timedelta

from django.utils import timezone

from project.accounts.models import DataExport, User
from project.accounts.my_data.export import KEPT
from project.jobs import periodic

DAYS_TO_CONFIRM = 7


@periodic("41 3 * * *")
def forget_unconfirmed() -> None:
    """Delete accounts whose address nobody confirmed: typing errors, and guesses of robots."""
    week_ago = timezone.now() - timedelta(days=DAYS_TO_CONFIRM)
    User.objects.never_confirmed(before=week_ago).delete()


@periodic("47 3 * * *")
def forget_exports() -> None:
    """Delete archives of people's data that were there long enough to be fetched."""
    DataExport.objects.outdated(timezone.now() - KEPT).delete()
