"""When parts of a course open: some days after one began, or on a day for everybody."""

from datetime import date, datetime, time, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Opening(models.Model):
    """A part of a course that may open later than the course does."""

    opens_after_days = models.PositiveSmallIntegerField(
        _("opens after days"),
        null=True,
        blank=True,
        help_text=_("Days after the learner got the course. Empty: at once."),
    )
    opens_on = models.DateField(
        _("opens on"), null=True, blank=True, help_text=_("Not before this day, for anybody.")
    )

    class Meta:
        abstract = True

    @property
    def opens_later(self) -> bool:
        """Whether there is anything to wait for, at some time for somebody."""
        return bool(self.opens_after_days or self.opens_on)

    def opening_day(self, since: datetime) -> date | None:
        """Return the day on which it opens to who has the course ``since``; ``None`` for at once.

        If it has both a number of days and a day, the later one counts.
        """
        days = [self.opens_on] if self.opens_on else []
        if self.opens_after_days:
            days.append(timezone.localdate(since) + timedelta(days=self.opens_after_days))
        return max(days, default=None)


def start_of(day: date) -> datetime:
    """Return the moment at which the day begins, by the shop's clock."""
    return timezone.make_aware(datetime.combine(day, time.min))
