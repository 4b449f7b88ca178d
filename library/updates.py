"""Mails what is new in a course to those who study it and want to know."""

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from library.models import CourseUpdate, Enrollment
from project.accounts.models import User
from project.accounts.optional_mail import COURSE_UPDATES, send_if_wanted
from project.jobs import PATIENTLY, job
from project.languages import speaking

BATCH = 200  # letters in one transaction


@transaction.atomic
def mail_out(update: CourseUpdate) -> bool:
    """Have a published update mailed, once. Return whether that begins now."""
    waiting = CourseUpdate.objects.published().filter(pk=update.pk, mailed_at=None)
    if not waiting.update(mailed_at=timezone.now()):
        return False
    mail_batch.later(update.pk, 0)
    return True


@job(queue="mail", retry=PATIENTLY)
def mail_batch(update_id: int, after: int) -> None:
    """Write to the next learners, by their ids ``after`` that one; done twice, each gets it once.

    Whoever has lost the course or stopped such mail meanwhile is left out.
    """
    update = CourseUpdate.objects.select_related("course").filter(pk=update_id).first()
    if update is None:
        return
    seats = (
        Enrollment.objects.active()
        .filter(course=update.course, learner__gt=after, learner__is_active=True)
        .select_related("learner")
        .order_by("learner_id")[:BATCH]
    )
    with transaction.atomic():
        learners = [seat.learner for seat in seats if seat.learner]
        for learner in learners:
            _write(learner, update)
        if len(learners) == BATCH:
            mail_batch.later(update.pk, learners[-1].pk)


def _write(learner: User, update: CourseUpdate) -> None:
    path = reverse("library:updates", args=[update.course.slug])
    context = {"update": update, "course": update.course, "url": settings.SITE_URL + path}
    with speaking(learner.language):
        send_if_wanted(
            learner,
            COURSE_UPDATES,
            key=f"update:{update.pk}:{learner.pk}",
            subject=gettext("New in “%(course)s”") % {"course": update.course},
            template="library/mail/update",
            context=context,
        )
