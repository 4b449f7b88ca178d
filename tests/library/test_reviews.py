"""What learners say of a course: who may, where it is read, and what the numbers say."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, connection, transaction

from catalog.models import Course
from library.models import EnrollmentStatus, Review
from library.my_data import collect_reviews
from project.accounts.my_data.deletion import delete_account
from tests.factories import (
    complete,
    create_course,
    create_learner,
    create_review,
    create_staff,
    enroll,
)

MINE = "/library/knots/review/"
WORDS = {"rating": "4", "text": "Clear,\r\nand short.", "name": "Ada L."}


@pytest.fixture
def course(db):
    return create_course(title="Knots", slug="knots", lessons=2)


def study(visitor, course, *, status=EnrollmentStatus.ACTIVE, lessons=1):
    learner = visitor.sign_in()
    enroll(learner, course=course, status=status)
    complete(learner, *course.lessons.all()[:lessons])
    return learner


def numbers(course):
    course.refresh_from_db()
    return course.rating_count, course.rating_sum


def described(client):
    page = client.get("/courses/knots/").content.decode()
    [block] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    return next(thing for thing in json.loads(block)["@graph"] if thing["@type"] == "Course")


@pytest.mark.parametrize("status", [EnrollmentStatus.ACTIVE, EnrollmentStatus.ENDED])
def test_learner_says_changes_and_takes_back(visitor, client, course, status):
    study(visitor, course, status=status)

    visitor.post(MINE, WORDS)

    assert Review.objects.values_list("rating", "text", "name").get() == (
        4,
        "Clear,\nand short.",
        "Ada L.",
    )
    page = client.get("/courses/knots/").content.decode()
    assert "Clear,<br>and short." in page
    assert visitor.learner.email not in page
    assert numbers(course) == (1, 4)

    visitor.post(MINE, {**WORDS, "rating": "2"})
    assert (Review.objects.get().rating, numbers(course)) == (2, (1, 2))

    visitor.post(MINE, {"remove": "1"})
    assert (Review.objects.count(), numbers(course)) == (0, (0, 0))
    assert "What learners say" not in client.get("/courses/knots/").content.decode()


def test_answer_is_the_form_for_htmx_and_the_page_with_the_reviews_otherwise(visitor, course):
    study(visitor, course)

    answer = visitor.post(MINE, WORDS)

    if visitor.uses_htmx:
        assert answer.content.decode().lstrip().startswith('<section class="review-mine"')
    else:
        assert visitor.is_sent_to(answer) == "/courses/knots/#reviews"


@pytest.mark.parametrize(
    ("status", "lessons"),
    [
        (EnrollmentStatus.ACTIVE, 0),
        (EnrollmentStatus.SUSPENDED, 1),
        (EnrollmentStatus.REVOKED, 1),
    ],
)
def test_who_does_not_know_the_course_has_no_say(browser, course, status, lessons):
    study(browser, course, status=status, lessons=lessons)

    answer = browser.post(MINE, WORDS)

    assert answer.status_code == 303
    assert not Review.objects.exists()


def test_staff_without_a_seat_have_no_say(browser, course):
    staff = browser.sign_in(create_staff())
    complete(staff, *course.lessons.all())

    browser.post(MINE, WORDS)

    assert not Review.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"rating": "6"},
        {"rating": ""},
        {"name": "ada@example.com"},
        {"name": ""},
        {"text": "x" * 2001},
    ],
)
def test_form_refuses_and_loses_nothing(visitor, course, wrong):
    study(visitor, course)

    answer = visitor.post(MINE, {**WORDS, **wrong})

    assert (answer.status_code, Review.objects.count()) == (422, 0)
    kept = {**WORDS, **wrong}["text"].replace("\r\n", "\n")
    assert kept in answer.content.decode().replace("\r\n", "\n")


@pytest.mark.parametrize(
    "changes",
    [
        {"rating": 0},
        {"rating": 6},
        {"status": "hidden"},
        {"answer": "Thanks."},
        {"text": "x" * 2001},
    ],
)
def test_database_refuses_what_must_not_be(course, changes):
    create_review(course=course)

    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.update(**changes)


def test_hidden_review_counts_nowhere_and_comes_back_by_no_trick(browser, client, course):
    learner = study(browser, course)
    create_review(course=course, rating=5, text="Lovely.")
    create_review(course=course, learner=learner, rating=1, text="Rude.").hide("Be kind.")

    page = client.get("/courses/knots/").content.decode()
    assert ("Lovely." in page, "Rude." in page, numbers(course)) == (True, False, (1, 5))
    assert "Be kind." in browser.get("/library/knots/").content.decode()

    browser.post(MINE, {"remove": "1"})
    browser.post(MINE, {**WORDS, "text": "Rude again."})
    assert "Rude again." not in client.get("/courses/knots/").content.decode()

    Review.objects.get(learner=learner).show()
    assert numbers(course) == (2, 9)


def test_staff_answer_and_hide(client, course):
    review = create_review(course=course, text="Short.")
    client.force_login(create_staff())
    page = f"/admin/library/review/{review.pk}/change/"

    client.post(page, {"answer": "More is to come.", "hidden_reason": ""})

    shown = client.get("/courses/knots/").content.decode()
    assert "More is to come." in shown
    assert Review.objects.get().answered_at

    client.post(page, {"answer": "More is to come.", "hidden_reason": "Names somebody."})
    assert (Review.objects.get().status, numbers(course)) == ("hidden", (0, 0))

    client.post(page, {"answer": "", "hidden_reason": ""})
    again = Review.objects.get()
    assert (again.status, again.answered_at, numbers(course)) == ("published", None, (1, 5))
    assert LogEntry.objects.count() == 3


def test_search_engines_are_told_what_the_page_shows(client, course):
    assert "aggregateRating" not in described(client)
    create_review(course=course, rating=4, text="</script>Good.", name="Bo")
    create_review(course=course, rating=5)

    thing = described(client)

    assert thing["aggregateRating"] == {
        "@type": "AggregateRating",
        "ratingValue": "4.5",
        "ratingCount": 2,
        "bestRating": 5,
        "worstRating": 1,
    }
    assert [review["author"]["name"] for review in thing["review"]] == ["Ada", "Bo"]
    assert thing["review"][1]["reviewBody"] == "</script>Good."


@pytest.mark.parametrize("number", [1, 30])
def test_reviews_take_as_many_queries_however_many(
    client, course, number, django_assert_num_queries
):
    for _ in range(number):
        create_review(course=course)

    with django_assert_num_queries(7):
        page = client.get("/courses/knots/").content.decode()
    assert page.count('<article class="review"') == min(number, 5)
    with django_assert_num_queries(2):
        client.get("/courses/knots/reviews/")
    with django_assert_num_queries(3):
        assert "5.0" in client.get("/").content.decode()


def test_all_reviews_are_leafed_through(visitor, course):
    reviews = [create_review(course=course, name=f"Learner {number:02}") for number in range(25)]

    first = visitor.get("/courses/knots/reviews/").content.decode()
    place = reviews[5].pk
    second = visitor.get(f"/courses/knots/reviews/?before={place}").content.decode()

    assert f"/courses/knots/reviews/?before={place}" in first
    names = re.findall(r"<bdi>Learner (\d\d)</bdi>", first + second)
    assert names == [f"{number:02}" for number in reversed(range(25))]
    assert visitor.get("/courses/knots/reviews/?before=x²").status_code == 200


def test_person_takes_their_reviews_along_and_away(course):
    ada = create_learner()
    create_review(course=course, learner=ada, rating=1, text="Mine.")
    create_review(course=course, rating=5)

    [fact] = collect_reviews(ada)
    assert (fact["course"], fact["rating"], fact["text"]) == ("Knots", 1, "Mine.")

    delete_account(ada)
    assert (Review.objects.filter(learner=ada).count(), numbers(course)) == (0, (1, 5))


def test_saving_a_course_leaves_its_numbers_alone(course):
    known = Course.objects.get(pk=course.pk)
    create_review(course=course, rating=3)

    known.save()

    assert numbers(course) == (1, 3)


@pytest.mark.django_db(transaction=True)
def test_two_who_write_at_once_are_both_counted():
    course, learners = create_course(), [create_learner(), create_learner()]
    starting_line = Barrier(2)

    def write(learner):
        try:
            starting_line.wait()
            with transaction.atomic():
                create_review(course=course, learner=learner, rating=2)
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        list(pool.map(write, learners))

    assert numbers(course) == (2, 4)
