"""Asking about a lesson and answering: the forms, who may, and who is written to."""

from email.utils import parseaddr

from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.models import Lesson
from library.access import can_study, may_change_courses
from library.models import LessonAnswer, LessonQuestion
from library.models.lesson_question import LONGEST, LONGEST_ANSWER, LONGEST_NAME
from library.shown_words import ShownNameField, WordsField
from project.accounts.mfa import is_protected
from project.accounts.models import User
from project.accounts.optional_mail import ANSWERS, send_if_wanted
from project.languages import speaking
from project.mail import send_later


class QuestionForm(forms.Form):
    """What a learner asks."""

    text = WordsField(label=_("Your question"), max_length=LONGEST)
    name = ShownNameField(max_length=LONGEST_NAME)


class AnswerForm(forms.Form):
    """What is said to a question."""

    text = WordsField(label=_("Your answer"), max_length=LONGEST_ANSWER)


def form_for(learner: User) -> QuestionForm:
    """Return the form with the name under which the learner asked last, or with their own."""
    asked = LessonQuestion.objects.filter(learner=learner).order_by("-pk")
    own = "" if "@" in learner.name else learner.name[:LONGEST_NAME]
    return QuestionForm(initial={"name": asked.values_list("name", flat=True).first() or own})


def may_answer(viewer: User | AnonymousUser) -> bool:
    """Return whether the viewer may speak for the shop: to whom the admin is open as well."""
    return (
        may_change_courses(viewer)
        and viewer.has_perm("library.add_lessonanswer")
        and is_protected(viewer)
    )


@transaction.atomic
def ask(learner: User, lesson: Lesson, *, text: str, name: str) -> LessonQuestion:
    """Keep what a learner asks, and tell staff."""
    question = LessonQuestion.objects.ask(learner, lesson, text=text, name=name)
    _tell_staff(question, lesson, text=text, occasion=f"question:{question.pk}")
    return question


@transaction.atomic
def follow_up(question: LessonQuestion, *, text: str) -> LessonAnswer:
    """Keep what who asked says to an answer, and tell staff. Raise ``NotAnswered``."""
    more = question.follow_up(text)
    _tell_staff(question, question.lesson, text=text, occasion=f"question:{question.pk}:{more.pk}")
    return more


@transaction.atomic
def answer(question: LessonQuestion, *, text: str, author: User) -> LessonAnswer:
    """Answer for the shop, and write to who asked, if they can read it and want to know."""
    given = question.answer(text, author=author)
    lesson = question.lesson
    learner = User.objects.get(pk=question.learner_id)
    if learner == author or question.is_hidden or not can_study(lesson, learner):
        return given
    context = {
        "question": question,
        "answer": given,
        "lesson": lesson,
        "course": lesson.course,
        "url": settings.SITE_URL + question.get_absolute_url(),
    }
    with speaking(learner.language):
        send_if_wanted(
            learner,
            ANSWERS,
            key=f"answer:{given.pk}",
            subject=gettext("Your question on “%(lesson)s” is answered") % {"lesson": lesson},
            template="library/mail/answer",
            context=context,
        )
    return given


def _tell_staff(question: LessonQuestion, lesson: Lesson, *, text: str, occasion: str) -> None:
    """Write to everybody on the staff; while there is nobody, to the shop's own address."""
    page = reverse("admin:library_lessonquestion_change", args=[question.pk])
    context = {
        "question": question,
        "text": text,
        "lesson": lesson,
        "course": lesson.course,
        "url": settings.SITE_URL + page,
    }
    staff = User.objects.filter(is_staff=True, is_active=True).exclude(pk=question.learner_id)
    people = list(staff.values_list("email", "language"))
    for address, language in people or [(parseaddr(settings.DEFAULT_FROM_EMAIL)[1], "")]:
        with speaking(language):
            send_later(
                key=f"{occasion}:{address}"[:200],
                to=address,
                subject=gettext("A question on “%(lesson)s”") % {"lesson": lesson},
                text=render_to_string("library/mail/question.txt", context),
            )
