"""What the library leaves to the worker: access that ends, gifts whose day has come, news."""

from django.utils import timezone

from library.ending import tell_of_ends
from library.invitations import send_gifts
from library.models import Enrollment
from library.updates import mail_batch
from project.jobs import periodic

__all__ = ["end_seats", "mail_batch", "send_gifts", "tell_learners"]


@periodic("*/15 * * * *")
def end_seats() -> None:
    """Note that the time of seats is over. They have given no access since."""
    Enrollment.objects.all().end()


@periodic("35 * * * *")
def tell_learners() -> None:
    """Tell learners a week before their access ends."""
    tell_of_ends(timezone.now())
