"""Inviting people to seats by mail: at once, on a day, and once more; and taking that back."""

import logging
from datetime import date, time

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext

from library.models import Enrollment, NotFree, SeatInvitation
from library.models.invitation import MOST_LETTERS, SeatInvitationQuerySet
from project import mail
from project.accounts.models import User
from project.jobs import periodic
from project.languages import speaking

logger = logging.getLogger(__name__)

MORNING = time(8)  # in the shop's time zone: nobody is woken by a gift
MOST = 200  # gifts in one go: what is left comes in the next


class TooManyLetters(Exception):
    """The address was written to about this seat often enough, or a moment ago."""


@transaction.atomic
def invite(
    seat: Enrollment,
    *,
    email: str,
    giver: User | None = None,
    from_name: str = "",
    recipient: str = "",
    note: str = "",
    is_gift: bool = False,
    deliver_on: date | None = None,
    language: str = "",
) -> SeatInvitation:
    """Mail the link of a free seat to somebody, or keep it until its day.

    Raise ``NotFree`` and ``AlreadyInvited``.
    """
    is_later = deliver_on is not None and deliver_on > timezone.localdate()
    invitation = SeatInvitation.objects.invite(
        seat,
        email=email,
        giver=giver,
        from_name=from_name,
        recipient=recipient,
        note=note,
        is_gift=is_gift,
        deliver_on=deliver_on if is_later else None,
        language=language,
    )
    if not is_later:
        _mail(invitation)
    return invitation


@transaction.atomic
def send_again(seat: Enrollment) -> SeatInvitation:
    """Mail an invitation once more; or now, if its day has not come.

    Raise ``SeatInvitation.DoesNotExist``, ``NotFree`` and ``TooManyLetters``.
    """
    invitation = _locked(seat)
    if not invitation.may_be_sent_again:
        raise TooManyLetters(f"Seat {seat.pk} was written about often enough.")
    _mail(invitation)
    return invitation


@transaction.atomic
def take_back(seat: Enrollment) -> None:
    """Have the links to a seat die, and forget who was invited to it: it is free again.

    Raise ``InvalidTransition`` if somebody has taken the seat.
    """
    keys = _keys_of(seat)
    seat.renew_link()
    SeatInvitation.objects.filter(pk=seat.pk).delete()
    mail.take_back(keys)


def forget(invitations: SeatInvitationQuerySet) -> None:
    """Forget invitations and to whom they were mailed; the seats' links stay as they are."""
    for invitation in invitations.select_related("enrollment"):
        mail.take_back(_keys_of(invitation.enrollment))
    invitations.delete()


@periodic("*/10 * * * *")
def send_gifts() -> None:
    """Mail the gifts whose day has come, each once, however many workers there are."""
    now = timezone.localtime()
    if now.time() < MORNING:
        return
    for pk in list(SeatInvitation.objects.due(now.date()).values_list("pk", flat=True)[:MOST]):
        send_gift(pk)


@transaction.atomic
def send_gift(pk: int) -> bool:
    """Mail a gift whose day has come. Return ``False`` if it was mailed, or is not to be."""
    due = SeatInvitation.objects.due(timezone.localdate()).locked()
    gift = due.select_related("enrollment__course").filter(pk=pk).first()
    if gift is None:
        return False
    _mail(gift)
    logger.info("gift of seat %s was mailed", pk)
    return True


def _key(seat: Enrollment, letter: int) -> str:
    return f"seat:{seat.pk}:{seat.claim_version}:{letter}"


def _keys_of(seat: Enrollment) -> list[str]:
    """Return the keys of all letters that there can be about the seat's link of now."""
    return [_key(seat, letter) for letter in range(1, MOST_LETTERS + 1)]


def _locked(seat: Enrollment) -> SeatInvitation:
    invitations = SeatInvitation.objects.locked().select_related("enrollment__course")
    invitation = invitations.get(pk=seat.pk)
    if not invitation.enrollment.is_unclaimed:
        raise NotFree(f"Seat {seat.pk} is not free.")
    return invitation


def _mail(invitation: SeatInvitation) -> None:
    """Queue one letter. Its key is of the link and the count, so that none goes out twice."""
    invitation.note_letter()
    seat = invitation.enrollment
    context = {
        "invitation": invitation,
        "course": seat.course,
        "claim_url": seat.claim_url,
        "site": settings.SITE_URL,
        "shop": settings.SHOP_NAME,
    }
    with speaking(invitation.language):
        mail.send_later(
            key=_key(seat, invitation.letters),
            to=invitation.email,
            subject=_subject(invitation),
            text=render_to_string("library/mail/invitation.txt", context),
            html=render_to_string("library/mail/invitation.html", context),
        )


def _subject(invitation: SeatInvitation) -> str:
    facts = {
        "giver": invitation.from_name or settings.SHOP_NAME,
        "course": invitation.enrollment.course.title,
    }
    if invitation.is_gift:
        subject = gettext("%(giver)s gives you “%(course)s”")
    else:
        subject = gettext("%(giver)s has a seat on “%(course)s” for you")
    # A name with a line break would be a header of its own.
    return " ".join((subject % facts).split())[:250]
