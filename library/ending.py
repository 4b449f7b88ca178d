"""Access that ends: noting it, and telling learners before."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext

from library.models import Enrollment
from project.languages import speaking
from project.mail import send_later

NOTICE = timedelta(days=7)
MOST = 500  # letters in one go; what is left comes in the next


def tell_of_ends(now: datetime) -> int:
    """Write to those whose access ends within a week, each once; return how many were told.

    Whoever got a week or less in all knows it still.
    """
    seats = (
        Enrollment.objects.ending(before=now + NOTICE)
        .filter(told_of_end_at=None, learner__is_active=True)
        .filter(ends_at__gt=F("created_at") + 2 * NOTICE)
        .select_related("learner", "course")
        .order_by("ends_at", "pk")[:MOST]
    )
    for seat in seats:
        with transaction.atomic():
            _write(seat)
            Enrollment.objects.filter(pk=seat.pk).update(told_of_end_at=now)
    return len(seats)


def _write(seat: Enrollment) -> None:
    assert seat.learner  # noqa: S101  such seats are not asked for
    assert seat.ends_at  # noqa: S101
    context = {
        "seat": seat,
        "course": seat.course,
        "url": settings.SITE_URL + seat.course.get_absolute_url(),
        "shop": settings.SHOP_NAME,
    }
    with speaking(seat.learner.language):
        send_later(
            # Put off, it ends another time, and is told of once more.
            key=f"ending:{seat.pk}:{timezone.localdate(seat.ends_at).isoformat()}",
            to=seat.learner.email,
            subject=gettext("Your access to “%(course)s” ends soon") % {"course": seat.course},
            text=render_to_string("library/mail/ending.txt", context),
            html=render_to_string("library/mail/ending.html", context),
        )
