"""What is done about people in the background."""

from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from project.accounts.models import DataExport, KnownBrowser, User
from project.accounts.my_data.export import KEPT
from project.clearing import BATCH, clear
from project.jobs import periodic

DAYS_TO_CONFIRM = 7
DAYS_KNOWN = 400


@periodic("41 3 * * *")
def forget_unconfirmed() -> None:
    """Delete accounts whose address nobody confirmed: typing errors, and guesses of robots."""
    week_ago = timezone.now() - timedelta(days=DAYS_TO_CONFIRM)
    clear(User.objects.never_confirmed(before=week_ago))


@periodic("44 3 * * *")
def forget_sessions() -> None:
    """Delete sessions that are over, and their entries in people's lists of browsers."""
    while keys := list(_over().values_list("session_key", flat=True)[:BATCH]):
        UserSession.objects.filter(session_key__in=keys).delete()
        Session.objects.filter(session_key__in=keys).delete()


def _over() -> "QuerySet[Session]":
    return Session.objects.filter(expire_date__lt=timezone.now()).order_by("expire_date")


@periodic("47 3 * * *")
def forget_exports() -> None:
    """Delete archives of people's data that were there long enough to be fetched."""
    DataExport.objects.outdated(timezone.now() - KEPT).delete()


@periodic("43 3 * * *")
def forget_browsers() -> None:
    """Delete browsers whose cookie is long gone."""
    clear(KnownBrowser.objects.unseen(since=timezone.now() - timedelta(days=DAYS_KNOWN)))
