"""Access that ends, and how it begins again."""

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone
from django.utils.html import escape

from checkout.carts import owned_by
from library.access import can_open, can_view
from library.ending import tell_of_ends
from library.guests import Guest
from library.jobs import end_seats
from library.models import Enrollment, EnrollmentSource, EnrollmentStatus, LessonProgress
from library.shelf import shelf_of
from project.models import OutboundMail
from project.written import day
from tests.factories import (
    complete,
    create_course,
    create_learner,
    create_lesson,
    create_section,
    enroll,
    let_time_pass,
)

pytestmark = pytest.mark.django_db

ACTIVE, ENDED = EnrollmentStatus.ACTIVE, EnrollmentStatus.ENDED


def grant(learner, course):
    return Enrollment.objects.grant(learner, course, source=EnrollmentSource.PURCHASE)


def buy_for_30_days(**words):
    course = create_course(access_days=30, lessons=2, **words)
    return grant(create_learner(), course)


def test_seat_ends_as_long_after_its_start_as_the_course_says():
    seat = buy_for_30_days()

    assert seat.ends_at - seat.starts_at == timedelta(days=30)
    assert grant(seat.learner, create_course()).ends_at is None


def test_access_ends_at_its_time_even_if_no_job_has_noted_it():
    seat = buy_for_30_days()
    lesson = seat.course.lessons.first()
    last, over = seat.ends_at - timedelta(seconds=1), seat.ends_at

    assert can_view(lesson, seat.learner, moment=last) is True
    assert can_view(lesson, seat.learner, moment=over) is False
    let_time_pass(seat, days=31)
    assert seat.status == ACTIVE
    assert can_open(seat.course, seat.learner) is False
    assert can_view(lesson, seat.learner) is False
    assert owned_by(seat.learner) == set()


def test_job_ends_seats_whose_time_is_over_and_no_others():
    over, later, endless = buy_for_30_days(), buy_for_30_days(), enroll()
    let_time_pass(over, days=31)

    end_seats()

    found = dict(Enrollment.objects.values_list("pk", "status"))
    assert found == {over.pk: ENDED, later.pk: ACTIVE, endless.pk: ACTIVE}


@pytest.mark.parametrize("is_noted", [True, False])
def test_renewal_is_a_seat_of_its_own_and_progress_is_kept(is_noted):
    old = let_time_pass(buy_for_30_days(), days=40)
    complete(old.learner, old.course.lessons.first())
    if is_noted:
        end_seats()

    new = grant(old.learner, old.course)

    old.refresh_from_db()
    assert (old.status, new.status) == (ENDED, ACTIVE)
    # What opens by and by counts from the first seat; the time of access from today.
    assert new.starts_at == old.starts_at
    assert new.ends_at - new.created_at == timedelta(days=30)
    assert can_open(old.course, old.learner) is True
    assert LessonProgress.objects.of(old.learner, old.course).count() == 1
    assert grant(old.learner, old.course) is None


def test_course_is_owned_until_its_time_is_over():
    seat = buy_for_30_days()

    assert owned_by(seat.learner) == {seat.course_id}
    assert grant(seat.learner, seat.course) is None


def test_seat_to_give_away_begins_when_it_is_claimed():
    seat = Enrollment.objects.set_aside(
        create_course(access_days=30), source=EnrollmentSource.PURCHASE
    )
    Enrollment.objects.filter(pk=seat.pk).update(created_at=timezone.now() - timedelta(days=90))
    learner = create_learner()

    seat.claim(learner)

    seat.refresh_from_db()
    assert seat.starts_at == seat.claimed_at
    assert seat.ends_at - seat.claimed_at == timedelta(days=30)


def test_guests_time_counts_from_the_purchase():
    course = create_course(access_days=30, lessons=1)
    seat = Enrollment.objects.set_aside(course, source=EnrollmentSource.PURCHASE, begins_now=True)
    guest, end = Guest([seat.pk], []), seat.ends_at

    assert can_open(course, guest, moment=end - timedelta(seconds=1)) is True
    assert can_open(course, guest, moment=end) is False
    seat.claim(create_learner())
    assert Enrollment.objects.get(pk=seat.pk).ends_at == end


def test_guests_seat_whose_time_is_over_is_claimed_as_ended():
    course = create_course(access_days=30)
    seat = Enrollment.objects.set_aside(course, source=EnrollmentSource.PURCHASE, begins_now=True)
    let_time_pass(seat, days=31)

    assert seat.claim(create_learner()) is True
    assert seat.status == ENDED


def test_shelf_shows_what_has_ended_and_where_to_renew_it(visitor):
    seat = buy_for_30_days(title="Knots", slug="knots")
    let_time_pass(seat, days=31)
    complete(seat.learner, seat.course.lessons.first())
    visitor.sign_in(seat.learner)

    page = visitor.get("/library/").content.decode()

    assert f"Ended on {day(seat.ends_at)}" in page
    assert "1 of 2 lessons done" in page
    assert "Renew" in page
    assert "/library/knots/" not in page


def test_pages_of_a_course_that_has_ended_lead_to_where_it_is_renewed(visitor):
    seat = let_time_pass(buy_for_30_days(title="Knots", slug="knots"), days=31)
    lesson = seat.course.lessons.first()
    visitor.sign_in(seat.learner)

    for path in ("/library/knots/", f"/library/knots/{lesson.slug}/"):
        assert visitor.is_sent_to(visitor.get(path)) == "/courses/knots/"
    refused = visitor.post(f"/library/knots/{lesson.slug}/completion/", {"done": "1"})
    assert visitor.is_sent_to(refused) == "/courses/knots/"
    assert not LessonProgress.objects.exists()
    assert f"ended on {day(seat.ends_at)}" in visitor.messages()[0]


def test_course_page_sells_it_again_and_the_cart_says_that_it_is_a_renewal(browser):
    seat = let_time_pass(buy_for_30_days(title="Knots", slug="knots"), days=31)
    browser.sign_in(seat.learner)

    assert "You have had this course" in browser.get("/courses/knots/").content.decode()
    browser.post("/cart/items/", {"course": "knots"})
    cart = browser.get("/cart/").content.decode()

    assert "Renewal: 30 more days" in " ".join(cart.split())
    assert "already" not in cart


def test_course_page_says_how_long_it_is_for(browser):
    create_course(slug="knots", access_days=30)

    page = " ".join(browser.get("/courses/knots/").content.decode().split())

    assert "Yours for 30 days" in page
    assert escape("yours to keep") not in page.lower()


def test_learner_is_told_once_a_week_before_the_end():
    seat, early = buy_for_30_days(title="Knots"), buy_for_30_days()
    let_time_pass(seat, days=24)

    assert tell_of_ends(timezone.now()) == 1
    assert tell_of_ends(timezone.now()) == 0

    letter = OutboundMail.objects.get()
    assert letter.to == seat.learner.email
    assert letter.subject == "Your access to “Knots” ends soon"
    assert day(seat.ends_at) in letter.text
    assert "/courses/knots/" in letter.text
    assert early.learner.email != letter.to


def test_staff_may_put_off_the_end():
    seat = buy_for_30_days()
    end = seat.ends_at

    assert seat.extend(10) is True
    assert seat.ends_at == end + timedelta(days=10)
    assert enroll().extend(10) is False


@pytest.mark.parametrize(
    "changes",
    [{"status": ENDED, "ends_at": None}, {"starts_at": None}],
)
def test_database_refuses_seats_without_their_times(changes):
    seat = enroll()

    with pytest.raises(IntegrityError):
        Enrollment.objects.filter(pk=seat.pk).update(**changes)


# Lessons that open by and by


def drip(*, after=None, section_after=None, **words):
    section = create_section(course=create_course(slug="knots", lessons=1))
    section.opens_after_days = section_after
    section.save()
    lesson = create_lesson(
        section=section,
        slug="reef",
        title="Reef",
        body="Over, under.",
        opens_after_days=after,
        **words,
    )
    return lesson, enroll(course=lesson.course)


@pytest.mark.parametrize(
    ("after", "section_after", "days"), [(3, None, 3), (None, 3, 3), (3, 5, 5), (5, 3, 5)]
)
def test_lesson_opens_on_its_day_and_waits_for_its_section(after, section_after, days):
    lesson, seat = drip(after=after, section_after=section_after)

    let_time_pass(seat, days=days - 1)
    assert can_view(lesson, seat.learner) is False
    let_time_pass(seat, days=1)
    assert can_view(lesson, seat.learner) is True


def test_lesson_opens_for_all_on_a_date():
    today = timezone.localdate()
    lesson, seat = drip(opens_on=today + timedelta(days=2))

    assert can_view(lesson, seat.learner) is False
    assert can_view(lesson, seat.learner, moment=timezone.now() + timedelta(days=2)) is True


def test_free_preview_opens_to_all_at_once():
    lesson, seat = drip(after=9, is_preview=True)

    assert can_view(lesson, seat.learner) is True
    assert can_view(lesson, create_learner()) is True


def test_lesson_that_waits_shows_its_day_and_nothing_of_what_it_says(visitor):
    lesson, seat = drip(after=3)
    visitor.sign_in(seat.learner)
    opens = f"Opens on {day(lesson.opens_at(seat.starts_at))}"

    for path in ("/library/knots/reef/", "/library/knots/", "/courses/knots/"):
        page = visitor.get(path).content.decode()
        assert opens in page, path
        assert "Over, under." not in page


def test_lesson_that_waits_cannot_be_done(visitor):
    _, seat = drip(after=3)
    visitor.sign_in(seat.learner)

    response = visitor.post("/library/knots/reef/completion/", {"done": "1"})

    assert visitor.is_sent_to(response) == "/library/knots/reef/"
    assert not LessonProgress.objects.exists()


def test_going_on_skips_what_waits(browser):
    lesson, seat = drip(after=3)
    course, browser_of = lesson.course, browser.sign_in(seat.learner)
    first = course.lessons.exclude(pk=lesson.pk).get()
    later = create_lesson(section=lesson.section, slug="later", title="Later")
    complete(browser_of, first)

    progress = LessonProgress.objects.in_course(seat.learner, course)
    shown = browser.get(f"/library/knots/{first.slug}/").context

    assert progress.next_lesson == later
    assert shown["onward"] == later
    assert shown["progress"].next_lesson == later


def test_course_of_which_all_else_is_done_is_not_finished_but_waits(browser):
    lesson, seat = drip(after=3)
    complete(browser.sign_in(seat.learner), *lesson.course.lessons.exclude(pk=lesson.pk))
    course = lesson.course
    course.refresh_from_db()

    progress = LessonProgress.objects.in_course(seat.learner, course)
    shown = browser.get("/library/knots/").context["progress"]

    for known in (progress, shown):
        assert (known.next_lesson, known.is_finished) == (None, False)
        assert known.opens_at == lesson.opens_at(seat.starts_at)


def test_of_lessons_that_wait_the_earliest_is_told_everywhere(browser):
    lesson, seat = drip(after=9)
    sooner = create_lesson(
        section=lesson.section,
        slug="sooner",
        title="Sooner",
        opens_on=timezone.localdate() + timedelta(days=4),
    )
    course = lesson.course
    complete(browser.sign_in(seat.learner), *course.lessons.exclude(pk__in=[lesson.pk, sooner.pk]))

    [study] = shelf_of(seat.learner)
    in_course = LessonProgress.objects.in_course(seat.learner, course)
    outlined = browser.get("/library/knots/").context["progress"]

    earliest = sooner.opens_at(seat.starts_at)
    for known in (study.progress, in_course, outlined):
        assert (known.next_lesson, known.opens_at) == (None, earliest)


def test_who_has_no_seat_waits_for_nothing():
    course, later = create_course(lessons=0), timezone.localdate() + timedelta(days=4)
    section = create_section(course=course)
    lesson = create_lesson(section=section, slug="reef", title="Reef", opens_on=later)
    seat = enroll(course=course)
    times = {"starts_at": timezone.now() - timedelta(days=9), "ends_at": timezone.now()}

    held = LessonProgress.objects.in_course(seat.learner, course)
    Enrollment.objects.filter(pk=seat.pk).update(status="ended", **times)
    lost = LessonProgress.objects.in_course(seat.learner, course)

    assert (held.next_lesson, held.opens_at) == (None, lesson.opens_at(timezone.now()))
    assert (lost.next_lesson, lost.opens_at) == (lesson, None)


def test_course_page_tells_buyers_what_opens_later(browser):
    drip(after=3)

    page = " ".join(browser.get("/courses/knots/").content.decode().split())

    assert "Opens 3 days after you begin" in page
