"""What somebody studies, as a part of their data."""

from django.conf import settings
from django.db import models
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from library.invitations import forget
from library.models import (
    Certificate,
    Enrollment,
    LessonAnswer,
    LessonProgress,
    LessonQuestion,
    Note,
    QuizAttempt,
    Review,
    SeatInvitation,
    UpdatesSeen,
    VideoPosition,
)
from project.accounts.addresses import addresses_of
from project.accounts.models import User
from project.accounts.my_data.parts import Facts, Part


def collect(user: User) -> Facts:
    """Return the person's seats, which lessons they have done, and where they are in videos."""
    seats = Enrollment.objects.held_by(user).select_related("course").order_by("created_at", "pk")
    done = (
        LessonProgress.objects.filter(learner=user)
        .select_related("lesson")
        .order_by("completed_at")
        .fetch_mode(models.FETCH_RAISE)
    )
    watched = (
        VideoPosition.objects.filter(learner=user)
        .select_related("lesson")
        .order_by("updated_at")
        .fetch_mode(models.FETCH_RAISE)
    )
    seen = dict(UpdatesSeen.objects.filter(learner=user).values_list("course", "seen_at"))
    return [
        {
            "course": seat.course.title,
            "status": seat.status,
            "source": seat.source,
            "reason": seat.reason,
            "progress_is_shared": seat.shares_progress,
            "since": seat.claimed_at or seat.created_at,
            "until": seat.ends_at,
            "news_seen_up_to": seen.get(seat.course_id),
            "lessons_in_all": seat.course.lesson_count,
            "lessons_done": [
                {"lesson": progress.lesson.title, "on": progress.completed_at}
                for progress in done
                if progress.lesson.course_id == seat.course_id
            ],
            "videos": [
                {"lesson": place.lesson.title, "seconds": place.seconds, "on": place.updated_at}
                for place in watched
                if place.lesson.course_id == seat.course_id
            ],
        }
        for seat in seats
    ]


def collect_notes(user: User) -> Facts:
    """Return what the person has written down beside lessons."""
    notes = Note.objects.filter(learner=user).exclude(text="").select_related("lesson__course")
    return [
        {
            "course": note.lesson.course.title,
            "lesson": note.lesson.title,
            "text": note.text,
            "on": note.updated_at,
        }
        for note in notes.order_by("created_at", "pk")
    ]


def collect_questions(user: User) -> Facts:
    """Return what the person has asked about lessons, and what was said to it."""
    asked = LessonQuestion.objects.filter(learner=user).select_related("lesson__course")
    return [
        {
            "course": known.lesson.course.title,
            "lesson": known.lesson.title,
            "name": known.name,
            "text": known.text,
            "asked": known.asked_at,
            "hidden_because": known.hidden_reason,
            "answers": [
                {"from_shop": one.is_from_shop, "text": one.text, "on": one.written_at}
                for one in known.answers.all()
            ],
        }
        for known in asked.prefetch_related("answers").order_by("pk")
    ]


def collect_quizzes(user: User) -> Facts:
    """Return how the person has answered the questions of lessons."""
    attempts = QuizAttempt.objects.filter(learner=user).select_related("lesson__course")
    return [
        {
            "course": attempt.lesson.course.title,
            "lesson": attempt.lesson.title,
            "on": attempt.made_at,
            "percent": attempt.percent,
            "has_passed": attempt.has_passed,
            "answers": attempt.answers,
        }
        for attempt in attempts.order_by("made_at", "pk")
    ]


def collect_reviews(user: User) -> Facts:
    """Return what the person has said of courses, and what the shop answered."""
    return [
        {
            "course": known.course.title,
            "rating": known.rating,
            "name": known.name,
            "text": known.text,
            "status": known.status,
            "hidden_because": known.hidden_reason,
            "answer": known.answer,
            "written": known.created_at,
            "changed": known.updated_at,
        }
        for known in Review.objects.filter(learner=user).select_related("course").order_by("pk")
    ]


def collect_certificates(user: User) -> Facts:
    """Return the person's certificates."""
    return [
        {
            "course": known.title,
            "name": known.name,
            "issued": known.issued_at,
            "withdrawn": known.withdrawn_at,
            "address": known.address,
            "instructor": known.instructor,
            "lessons": known.lessons,
            "minutes": known.minutes,
        }
        for known in Certificate.objects.filter(learner=user).order_by("issued_at", "pk")
    ]


def certificates(user: User) -> dict[str, str]:
    """Return a page for each certificate that bears a name, by its name in the archive."""
    return {
        f"certificates/{known.code}.html": render_to_string(
            "library/my_data/certificate.html", {"certificate": known, "shop": settings.SHOP_NAME}
        )
        for known in Certificate.objects.named().filter(learner=user)
    }


def collect_invitations(user: User) -> Facts:
    """Return whom the person has invited to seats, and who has invited them."""
    invitations = SeatInvitation.objects.select_related("enrollment__course").order_by("pk")
    sent = [{"is_sent": True, **_invitation(known)} for known in invitations.sent_by(user)]
    received = invitations.to(addresses_of(user)).exclude(sent_at=None)
    return sent + [{"is_sent": False, **_invitation(known)} for known in received]


def objection(user: User) -> str:
    """Say that a gift of the person's waits for its day, if one does."""
    if SeatInvitation.objects.sent_by(user).waiting().exists():
        return gettext("A gift of yours waits for its day. Mail it now, or take it back first.")
    return ""


def forget_invitations(user: User) -> None:
    """Forget what was written from or to the person. The links to free seats stay as they are."""
    forget(SeatInvitation.objects.sent_by(user))
    forget(SeatInvitation.objects.to(addresses_of(user)))


def forget_questions(user: User) -> None:
    """Take away what the person has asked. What they answered for the shop stays without a name."""
    LessonQuestion.objects.forget(user)
    LessonAnswer.objects.filter(author=user).update(author=None, name="")
    LessonQuestion.objects.filter(hidden_by=user).update(hidden_by=None)


def forget_reviews(user: User) -> None:
    """Take away what the person has said of courses, and count again what is left."""
    Review.objects.forget(user)


def forget_reasons(user: User) -> None:
    """Forget why staff gave the person seats: it may speak of them. Share nothing any more."""
    Enrollment.objects.held_by(user).update(reason="", shares_progress=False)


def _invitation(known: SeatInvitation) -> dict[str, object]:
    return {
        "course": known.enrollment.course.title,
        "from": known.from_name,
        "to": known.email,
        "recipient": known.recipient,
        "note": known.note,
        "deliver_on": known.deliver_on,
        "written_on": known.sent_at,
    }


INVITATIONS = Part(
    name="invitations",
    title=_("Invitations to seats"),  # type: ignore[arg-type]  # lazy
    template="library/my_data/invitations.html",
    collect=collect_invitations,
    forget=forget_invitations,
    objection=objection,
)
STUDIES = Part(
    name="studies",
    title=_("Courses"),  # type: ignore[arg-type]  # lazy
    template="library/my_data/studies.html",
    collect=collect,
    forget=forget_reasons,
)
NOTES = Part(
    name="notes",
    title=_("Notes"),  # type: ignore[arg-type]  # lazy
    template="library/my_data/notes.html",
    collect=collect_notes,
)
QUESTIONS = Part(
    name="questions",
    title=_("Questions on lessons"),  # type: ignore[arg-type]  # lazy
    template="library/my_data/questions.html",
    collect=collect_questions,
    forget=forget_questions,
)
QUIZZES = Part(
    name="quizzes",
    title=_("Questions of lessons"),  # type: ignore[arg-type]  # lazy
    template="library/my_data/quizzes.html",
    collect=collect_quizzes,
)
REVIEWS = Part(
    name="reviews",
    title=_("Reviews"),  # type: ignore[arg-type]  # lazy
    template="library/my_data/reviews.html",
    collect=collect_reviews,
    forget=forget_reviews,
)
CERTIFICATES = Part(
    name="certificates",
    title=_("Certificates"),  # type: ignore[arg-type]  # lazy
    template="library/my_data/certificates.html",
    collect=collect_certificates,
    files=certificates,
)
