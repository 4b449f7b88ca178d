"""What learners ask about lessons: who may, who reads it, and who is written to."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, transaction
from django.utils import timezone

from library import asking
from library.models import EnrollmentStatus, LessonAnswer, LessonQuestion
from library.my_data import collect_questions
from project.accounts.my_data.deletion import delete_account
from project.accounts.optional_mail import ANSWERS, choose
from project.models import OutboundMail
from tests.factories import (
    create_course,
    create_learner,
    create_lesson,
    create_section,
    create_staff,
    enroll,
)

LESSON = "/library/knots/reef/"
ASK = f"{LESSON}questions/"
WORDS = {"text": "Left over\r\nright?", "name": "Ada L."}
HOSTILE = "<script>alert(1)</script> https://evil.example/ [x](javascript:alert(1))"


@pytest.fixture
def lesson(db):
    section = create_section(course=create_course(title="Knots", slug="knots"))
    return create_lesson(section=section, slug="reef", title="Reef")


def study(visitor, lesson):
    return enroll(visitor.sign_in(), course=lesson.course)


def ask(lesson, learner=None, *, text="Why?", name="Bo"):
    learner = learner or enroll(course=lesson.course).learner
    return LessonQuestion.objects.ask(learner, lesson, text=text, name=name)


def text(response):
    return response.content.decode()


def mailed():
    return sorted(OutboundMail.objects.values_list("to", flat=True))


def test_learner_asks_and_all_who_have_the_course_read_it(visitor, browser, lesson):
    study(visitor, lesson)

    answer = visitor.post(ASK, WORDS)

    question = LessonQuestion.objects.get()
    assert (question.text, question.name) == ("Left over\nright?", "Ada L.")
    if visitor.uses_htmx:
        assert text(answer).lstrip().startswith('<div class="asked"')
    else:
        assert visitor.is_sent_to(answer) == f"{ASK}#question-{question.pk}"
    study(browser, lesson)
    page = text(browser.get(ASK))
    assert "Left over<br>right?" in page
    assert visitor.learner.email not in page
    assert f"{ASK}{question.pk}/" not in page  # nothing to do with what others asked
    assert re.search(r"Questions and answers <[^>]*>\(1\)", text(browser.get(LESSON)))


def test_same_words_sent_twice_are_one_question(browser, lesson):
    create_staff()
    study(browser, lesson)

    browser.post(ASK, WORDS)
    browser.post(ASK, WORDS)

    assert (LessonQuestion.objects.count(), len(mailed())) == (1, 1)


@pytest.mark.parametrize("status", [None, EnrollmentStatus.SUSPENDED, EnrollmentStatus.REVOKED])
def test_who_may_not_study_neither_reads_nor_asks(browser, lesson, status):
    lesson.is_preview = True  # which opens the lesson, and not what is said below it
    lesson.save()
    question = ask(lesson)
    browser.sign_in()
    if status:
        enroll(browser.learner, course=lesson.course, status=status)

    pages = [browser.get(ASK), browser.get(f"{ASK}{question.pk}/"), browser.get(LESSON)]
    browser.post(ASK, WORDS)
    browser.post(f"{ASK}{question.pk}/", WORDS)

    assert [page.status_code for page in pages] == [303, 303, 200]
    assert "Questions and answers" not in text(pages[2])
    assert (LessonQuestion.objects.count(), LessonAnswer.objects.count()) == (1, 0)


def test_lesson_that_has_yet_to_open_keeps_its_questions(browser, lesson):
    lesson.opens_after_days = 7
    lesson.save()
    ask(lesson)
    study(browser, lesson)

    assert browser.is_sent_to(browser.get(ASK)) == LESSON
    browser.post(ASK, WORDS)
    assert LessonQuestion.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"text": " "}, "ask-text-error"),
        ({"text": "x" * 2001}, "ask-text-error"),
        ({"name": "ada@example.com"}, "ask-name-error"),
        ({"name": ""}, "ask-name-error"),
    ],
)
def test_form_says_at_the_field_what_is_wrong_and_loses_nothing(visitor, lesson, wrong, told):
    study(visitor, lesson)

    answer = visitor.post(ASK, {**WORDS, **wrong})

    assert (answer.status_code, LessonQuestion.objects.count()) == (422, 0)
    assert f'<p class="error" id="{told}">' in text(answer)
    assert {**WORDS, **wrong}["text"].strip() in text(answer)


def test_one_asks_only_so_often_an_hour(browser, lesson, settings):
    settings.RATE_LIMITS = True
    study(browser, lesson)
    for number in range(20):
        browser.post(ASK, {**WORDS, "text": f"Number {number}?"})

    refused = browser.post(ASK, WORDS)

    assert (refused.status_code, LessonQuestion.objects.count()) == (429, 20)
    study(browser, lesson)
    assert browser.post(ASK, WORDS).status_code == 303


def test_staff_are_told_of_each_question_once(browser, lesson):
    create_staff(email="bo@example.com")
    create_staff(email="cy@example.com")
    study(browser, lesson)

    browser.post(ASK, {**WORDS, "text": HOSTILE})

    question = LessonQuestion.objects.get()
    assert mailed() == ["bo@example.com", "cy@example.com"]
    letter = OutboundMail.objects.first()
    assert f"/admin/library/lessonquestion/{question.pk}/change/" in letter.text
    assert HOSTILE in letter.text
    assert (letter.html, browser.learner.email in letter.text) == ("", False)


def test_staff_answer_beside_the_lesson_and_who_asked_is_told_once(visitor, lesson):
    ada = create_learner(email="ada@example.com")
    enroll(ada, course=lesson.course)
    question = ask(lesson, ada)
    staff = create_staff()
    staff.name = "Grace"
    staff.save()
    visitor.sign_in(staff)

    for _ in range(2):
        answer = visitor.post(question.get_absolute_url(), {"text": HOSTILE})

    given = LessonAnswer.objects.get()
    question.refresh_from_db()
    assert (given.name, given.author, given.is_from_shop) == ("Grace", staff, True)
    assert question.answered_at == given.written_at
    if visitor.uses_htmx:
        assert text(answer).count("<article") == 1
    else:
        assert visitor.is_sent_to(answer) == question.get_absolute_url()
    [letter] = OutboundMail.objects.all()
    assert (letter.to, letter.subject) == (ada.email, "Your question on “Reef” is answered")
    assert letter.stop_url in letter.html
    assert "<script>" not in letter.html


@pytest.mark.parametrize("why", ["stopped", "lost"])
def test_nobody_is_told_who_does_not_want_or_cannot_read_it(lesson, why):
    seat = enroll(course=lesson.course)
    question = ask(lesson, seat.learner)
    if why == "stopped":
        choose(seat.learner, ANSWERS, is_wanted=False)
    else:
        seat.revoke()

    asking.answer(question, text="So.", author=create_staff())

    assert mailed() == []


def test_only_protected_staff_speak_for_the_shop(browser, lesson):
    question = ask(lesson)
    browser.sign_in(create_staff(has_app=False))

    refused = browser.post(question.get_absolute_url(), {"text": "So."})

    assert (refused.status_code, LessonAnswer.objects.count()) == (403, 0)
    study(browser, lesson)
    assert browser.post(question.get_absolute_url(), {"text": "So."}).status_code == 403


def test_who_asked_says_more_when_it_is_their_turn(visitor, lesson):
    staff = create_staff(email="bo@example.com")
    study(visitor, lesson)
    question = ask(lesson, visitor.learner)
    page = question.get_absolute_url()

    early = visitor.post(page, {"text": "Hello?"})
    assert (early.status_code, LessonAnswer.objects.count()) == (422, 0)

    asking.answer(question, text="So.", author=staff)
    visitor.post(page, {"text": "Which end?"})
    assert visitor.post(page, {"text": "And how?"}).status_code == 422

    assert list(LessonAnswer.objects.values_list("text", "is_from_shop", "name")) == [
        ("So.", True, ""),
        ("Which end?", False, "Bo"),
    ]
    assert LessonQuestion.objects.waiting().get() == question
    assert mailed() == ["bo@example.com", visitor.learner.email]


def test_who_asked_takes_back_what_nobody_has_answered(visitor, lesson):
    study(visitor, lesson)
    mine, answered, other = (
        ask(lesson, visitor.learner, text="Mine."),
        ask(lesson, visitor.learner, text="Answered."),
        ask(lesson, text="Another's."),
    )
    asking.answer(answered, text="So.", author=create_staff())

    answers = [
        visitor.post(one.get_absolute_url(), {"remove": "1"}) for one in (mine, answered, other)
    ]

    assert answers[2].status_code == 403
    left = set(LessonQuestion.objects.values_list("text", flat=True))
    assert left == {"Answered.", "Another's."}


def test_hidden_question_is_read_by_who_asked_alone_with_the_reason(browser, lesson):
    study(browser, lesson)
    mine = ask(lesson, browser.learner, text="Rude.")
    asking.answer(mine, text="So.", author=create_staff())
    mine.hide("Be kind.", by=create_staff())

    page = text(browser.get(ASK))
    more = browser.post(mine.get_absolute_url(), {"text": "Why?"})

    assert ("Rude." in page, "Be kind." in page, more.status_code) == (True, True, 422)
    study(browser, lesson)
    assert "Rude." not in text(browser.get(ASK))
    assert browser.get(mine.get_absolute_url()).status_code == 404
    assert "(1)</span>" not in text(browser.get(LESSON))


def test_what_is_written_stays_text(browser, lesson):
    study(browser, lesson)
    question = ask(lesson, browser.learner, text=HOSTILE, name="<b>Bo</b>")
    asking.answer(question, text=HOSTILE, author=create_staff())

    for page in (ASK, question.get_absolute_url()):
        said = text(browser.get(page))
        assert said.count("&lt;script&gt;alert(1)&lt;/script&gt; https://evil.example/ [x]") == 2
        assert "<b>Bo</b>" not in said
        assert 'href="https://evil' not in said
        assert 'href="javascript' not in said


@pytest.mark.parametrize("number", [1, 30])
def test_questions_take_as_many_queries_however_many(
    htmx, lesson, number, django_assert_num_queries
):
    study(htmx, lesson)
    asker, staff = create_learner(), create_staff()
    for place in range(number):
        ask(lesson, asker, text=f"Number {place}?").answer("So.", author=staff)

    # The session, the person, the lesson, the seat, what was asked, the answers, the name before.
    with django_assert_num_queries(7):
        page = text(htmx.get(ASK))
    assert page.count("<article") == min(number, 10)


def test_older_questions_follow_by_a_link(visitor, lesson):
    study(visitor, lesson)
    asked = [ask(lesson, visitor.learner, text=f"Number {place:02}.") for place in range(25)]

    pages, url = [], ASK
    while url and len(pages) < 5:
        pages.append(text(visitor.get(url)))
        following = re.search(r'href="([^"]*\?before=\d+)"', pages[-1])
        url = following and following[1]

    assert f"{ASK}?before={asked[15].pk}" in pages[0]
    found = [re.findall(r"Number (\d\d)\.", page) for page in pages]
    assert [len(some) for some in found] == [10, 10, 5]
    assert [one for some in found for one in some] == [
        f"{place:02}" for place in reversed(range(25))
    ]
    assert visitor.get(f"{ASK}?before=x²").status_code == 200


def test_office_lists_what_waits_and_staff_answer_change_and_hide(client, lesson):
    enroll(create_learner(email="ada@example.com"), course=lesson.course)
    ada = lesson.course.enrollments.get().learner
    question, done = ask(lesson, ada, text="Waits?"), ask(lesson, text="Done?")
    staff = create_staff()
    done.answer("So.", author=staff)
    client.force_login(staff)
    inbox, page = (
        "/admin/library/lessonquestion/",
        f"/admin/library/lessonquestion/{question.pk}/change/",
    )

    def send(*answers, reason="", saved=0):
        form = {"hidden_reason": reason, "answers-TOTAL_FORMS": len(answers)}
        for place, answer in enumerate(answers):
            form |= {f"answers-{place}-{key}": value for key, value in answer.items()}
            form[f"answers-{place}-question"] = question.pk
        response = client.post(page, {**form, "answers-INITIAL_FORMS": saved})
        assert response.status_code == 302
        question.refresh_from_db()

    waiting, everything = text(client.get(inbox)), text(client.get(f"{inbox}?state=all"))
    assert [word in waiting for word in ("Waits?", "Done?")] == [True, False]
    assert [word in everything for word in ("Waits?", "Done?")] == [True, True]

    send({"text": "Thus."})
    given = question.answers.get()
    assert (given.author, mailed(), bool(question.answered_at)) == (staff, [ada.email], True)

    send({"text": "Thus, then.", "id": given.pk}, saved=1, reason="Names somebody.")
    given.refresh_from_db()
    assert (given.text, bool(given.edited_at), len(mailed())) == ("Thus, then.", True, 1)
    assert (question.hidden_by, question.hidden_reason) == (staff, "Names somebody.")

    send({"text": "Thus, then.", "id": given.pk, "DELETE": "on"}, saved=1)
    assert (question.answered_at, question.hidden_at, question.answers.count()) == (None, None, 0)
    assert LogEntry.objects.count() == 3


def test_person_takes_along_and_away_what_they_asked(lesson):
    ada, staff = create_learner(name="Ada"), create_staff()
    enroll(ada, course=lesson.course)
    mine, other = ask(lesson, ada, text="Mine."), ask(lesson)
    asking.answer(mine, text="So.", author=staff)
    asking.answer(other, text="Thus.", author=staff)

    [fact] = collect_questions(ada)
    assert (fact["course"], fact["lesson"], fact["text"]) == ("Knots", "Reef", "Mine.")
    assert [answer["text"] for answer in fact["answers"]] == ["So."]

    delete_account(ada)
    staff.is_staff = False
    staff.save()
    delete_account(staff)
    assert LessonQuestion.objects.get() == other
    assert LessonAnswer.objects.values_list("text", "author", "name").get() == ("Thus.", None, "")


@pytest.mark.parametrize(
    "changes",
    [
        {"text": ""},
        {"text": "x" * 2001},
        {"hidden_reason": "Rude."},
        {"hidden_at": timezone.now()},
    ],
)
def test_database_refuses_what_must_not_be(lesson, changes):
    ask(lesson)

    with pytest.raises(IntegrityError), transaction.atomic():
        LessonQuestion.objects.update(**changes)
