"""Whom a free seat is meant for: an address that its link is mailed to, or a gift with a note."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from library.models.enrollment import Enrollment
from library.models.enrollment_queries import EnrollmentStatus
from project.accounts.models import User

MOST_LETTERS = 5  # to one address about one seat
BETWEEN_LETTERS = timedelta(hours=1)


class AlreadyInvited(Exception):
    """Somebody is invited to the seat already."""


class NotFree(Exception):
    """The seat is not free any more."""


class SeatInvitationQuerySet(models.QuerySet["SeatInvitation"]):
    """Invitations to seats."""

    def sent_by(self, giver: User) -> "SeatInvitationQuerySet":
        """The giver's."""
        return self.filter(giver=giver)

    def to(
        self, addresses: "Iterable[str] | models.QuerySet[Any, str]"
    ) -> "SeatInvitationQuerySet":
        """Those that are mailed to one of these addresses, in lower case."""
        return self.filter(email__in=addresses)

    def waiting(self) -> "SeatInvitationQuerySet":
        """Those whose day has not come, and whose seat nobody has taken meanwhile."""
        return self.filter(sent_at=None, enrollment__status=EnrollmentStatus.UNCLAIMED)

    def due(self, day: date) -> "SeatInvitationQuerySet":
        """Those that are to be mailed on this day, or were to be before."""
        return self.waiting().filter(deliver_on__lte=day)

    def locked(self) -> "SeatInvitationQuerySet":
        """Rows locked until the transaction ends."""
        return self.select_for_update(no_key=True, of=("self",))

    def invite(
        self,
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
    ) -> "SeatInvitation":
        """Note whom a free seat is for. It is not mailed yet.

        Raise ``NotFree``, and ``AlreadyInvited`` if somebody is: the database lets one through.
        """
        try:
            with transaction.atomic():
                free = Enrollment.objects.unclaimed().select_for_update(no_key=True)
                if not free.filter(pk=seat.pk).exists():
                    raise NotFree(f"Seat {seat.pk} is not free.")
                return self.create(
                    enrollment=seat,
                    email=email.lower(),
                    giver=giver,
                    from_name=from_name,
                    recipient=recipient,
                    note=note,
                    is_gift=is_gift,
                    deliver_on=deliver_on,
                    language=language,
                )
        except IntegrityError as error:
            if self.filter(pk=seat.pk).exists():
                raise AlreadyInvited(f"Somebody is invited to seat {seat.pk}.") from error
            raise


class SeatInvitation(models.Model):
    """Whom a seat is meant for, and what they are written. There is one for a seat, or none.

    One that is taken back is deleted, so that nothing is known of the address any more.
    """

    enrollment = models.OneToOneField(
        Enrollment, on_delete=models.CASCADE, primary_key=True, related_name="invitation"
    )
    email = models.EmailField(max_length=254)
    recipient = models.CharField(max_length=100, blank=True)
    note = models.TextField(max_length=500, blank=True)
    is_gift = models.BooleanField(default=False)
    deliver_on = models.DateField(
        null=True, blank=True, help_text=_("In the shop's time zone; without it, at once.")
    )
    giver = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="invitations_sent",
        null=True,
        blank=True,
    )
    from_name = models.CharField(
        max_length=254, blank=True, help_text=_("Whom it comes from; empty for the shop.")
    )
    language = models.CharField(max_length=8, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    letters = models.PositiveSmallIntegerField(default=0, help_text=_("How often it was mailed."))

    objects = SeatInvitationQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(sent_at=None, letters=0) | Q(sent_at__isnull=False, letters__gte=1),
                name="invitation_sent_iff_mailed",
            ),
            models.CheckConstraint(
                condition=Q(is_gift=True) | Q(recipient="", note="", deliver_on=None),
                name="invitation_words_are_of_gifts",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["deliver_on"], condition=Q(sent_at=None), name="invitation_to_be_sent"
            ),
            models.Index(fields=["email"], name="invitation_email"),
        ]

    def __str__(self) -> str:
        return f"Invitation to seat {self.enrollment_id}"

    @property
    def is_sent(self) -> bool:
        """Whether it was mailed."""
        return self.sent_at is not None

    @property
    def may_be_sent_again(self) -> bool:
        """Whether another letter would not be too many."""
        is_late = self.sent_at is None or self.sent_at < timezone.now() - BETWEEN_LETTERS
        return is_late and self.letters < MOST_LETTERS

    @property
    def named(self) -> str:
        """Whom it is for, as anybody may read who has the link: never the whole address."""
        if self.recipient:
            return self.recipient
        name, _, host = self.email.partition("@")
        return f"{name[:1]}…@{host}"

    def note_letter(self) -> None:
        """Count a letter. The caller holds the row's lock, and mails in the same transaction."""
        self.letters += 1
        self.sent_at = timezone.now()
        self.save(update_fields=["letters", "sent_at"])
