"""Every page of the shop in every state, made in the demo's database rather than by clicking.

Run with the demo's environment: ``python -m tests.browser.states`` prints, for each state, its
address and the session of the person who sees it.
"""

import json
import sys
import time
from datetime import timedelta
from types import SimpleNamespace

import django

django.setup()

from allauth.account.models import EmailAddress  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth.models import AnonymousUser  # noqa: E402
from django.test import Client, RequestFactory  # noqa: E402
from django.utils import timezone  # noqa: E402

from catalog.models import Course, CourseStatus  # noqa: E402
from checkout.gateways import RefundSnapshot, SessionState  # noqa: E402
from checkout.models import Order, Payment  # noqa: E402
from checkout.refunds import apply_refunds  # noqa: E402
from checkout.settlement import settle  # noqa: E402
from library.invitations import invite  # noqa: E402
from library.models import (  # noqa: E402
    Certificate,
    CourseUpdate,
    Enrollment,
    EnrollmentStatus,
    LessonQuestion,
    Note,
    QuizAttempt,
)
from library.preview.mark import COOKIE  # noqa: E402
from project import errors  # noqa: E402
from project.accounts.models import User  # noqa: E402
from tests.checkout.shop import create_order, create_payment, snapshot_of  # noqa: E402
from tests.factories import (  # noqa: E402
    complete,
    create_course,
    create_lesson,
    create_question,
    create_seat,
    create_section,
    enroll,
)


def main() -> None:
    """Make the states, and print them."""
    states = {**visitors(), **orders(), **guests(), **learners(), **accounts(), **seats()}
    sys.stdout.write(json.dumps({"states": states, "errors": error_pages()}))


def visitors():
    """Pages that anybody sees."""
    course = "/courses/bread-from-scratch/"
    preview = "/courses/bread-from-scratch/?preview=what-flour-does"
    full, noticed, bundled = person(), person(), person()
    fill(full, "bread-from-scratch", seats=2)
    fill(full, "sky-with-your-own-eyes")
    fill(bundled, "bread-from-scratch")
    bundled.client.post("/cart/items/", {"bundle": "three-good-evenings"})
    changed, gone = sold("A course whose price changes"), sold("A course that is withdrawn")
    fill(noticed, changed.slug)
    fill(noticed, gone.slug)
    Course.objects.filter(pk=changed.pk).update(price_minor=4900)
    Course.objects.filter(pk=gone.pk).update(status=CourseStatus.ARCHIVED)
    return {
        "catalog": state("/"),
        "search": state("/?q=bread"),
        "search, guessed": state("/?q=braed"),
        "search without a result": state("/?q=zzzzqqqq"),
        "shelf, narrowed": state("/?topic=cooking&level=beginner"),
        "course": state(course),
        "course in the cart": state(course, full),
        "preview": state(preview),
        "bundle": state("/bundles/three-good-evenings/"),
        "bundle in the cart": state("/bundles/three-good-evenings/", bundled),
        "cart, empty": state("/cart/"),
        "cart, full": state("/cart/", full),
        "cart, bundle": state("/cart/", bundled),
        "cart, changed": state("/cart/", noticed),
        "sign in": state("/accounts/login/"),
        "sign in, password": state("/accounts/login/password/"),
        "sign up, passkey": state("/accounts/signup/passkey/"),
        "find an order": state("/orders/find/"),
        "nothing here": state("/nowhere/"),
    }


def orders():
    """An order in each of its states, and the list."""
    buyer = person("buyer@example.com")

    def order(outcome: SessionState | None = None, **changes: object) -> Payment:
        course = sold(f"Course {buyer.user.orders.count() + 1} that was ordered")
        order = create_order(buyer=buyer.user, courses=[course], with_cart=False)
        payment = create_payment(order=order)
        if outcome:
            settle(payment.pk, snapshot_of(payment, outcome, **changes))
        return payment

    def page(payment, query=""):
        return state(payment.order.get_absolute_url() + query, buyer)

    refunded, canceled, slow = order(SessionState.PAID), order(), int(time.time()) - 600
    back = RefundSnapshot(
        refund_id="re_shown", status="succeeded", amount_minor=3900, currency="usd"
    )
    apply_refunds(refunded.pk, [back], is_complete=True)
    canceled.order.cancel()
    return {
        "order, pending": page(order()),
        "order, slow": page(order(), f"?t={slow}"),
        "order, at the bank": page(order(SessionState.PROCESSING)),
        "order, paid": page(order(SessionState.PAID)),
        "order, held": page(order(SessionState.PAID, amount_minor=100)),
        "order, failed": page(order(SessionState.FAILED)),
        "order, expired": page(order(SessionState.EXPIRED)),
        "order, canceled": page(canceled),
        "order, refunded": page(refunded),
        "orders": state("/orders/", buyer),
        "orders, none": state("/orders/", person("nothing@example.com")),
    }


def guests():
    """What somebody without an account sees of an order, in this browser and in another."""
    guest = person()
    order = create_order(courses=[sold("A course for a guest")], with_cart=False)
    Order.objects.filter(pk=order.pk).update(user=None, email="no-account@example.com")
    order.refresh_from_db()
    payment = create_payment(order=order)
    settle(payment.pk, snapshot_of(payment))
    remember(guest, guest_orders=[order.reference])
    path = order.get_absolute_url()
    guest.client.get(path)
    return {
        "order of a guest": state(path, guest),
        "order of a guest, elsewhere": state(path),
        "order of a guest, to an account": state(path, person("finder@example.com")),
        "shelf of a guest": state("/library/", guest),
        "catalog of a guest": state("/", guest),
    }


def learners():
    """The library, and what learners see of the shop."""
    learner, fresh = person("reader@example.com"), person("fresh@example.com")
    bread = Course.objects.get(slug="bread-from-scratch")
    enroll(learner.user, course=bread)
    enroll(learner.user, course=sold("A course on hold"), status=EnrollmentStatus.SUSPENDED)
    lessons = [lesson for section in bread.sections.all() for lesson in section.lessons.all()]
    complete(learner.user, lessons[0])
    path = "/library/bread-from-scratch/"
    over = enroll(learner.user, course=sold("A course that is over"))
    Enrollment.objects.filter(pk=over.pk).update(ends_at=timezone.now())
    terms = studied(learner.user)
    return {
        "catalog of a learner": state("/", learner),
        "course that is owned": state("/courses/bread-from-scratch/", learner),
        "shelf": state("/library/", learner),
        "shelf, empty": state("/library/", fresh),
        "course to study": state(path, learner),
        "lesson": state(f"{path}{lessons[1].slug}/", learner),
        "lesson, done": state(f"{path}{lessons[0].slug}/", learner),
        "not for this account": state("/admin/", learner),
        "course, over": state(over.course.get_absolute_url(), learner),
        "lesson, not open yet": state("/library/knots-by-and-by/later/", learner),
        "lesson, questions": state(f"{path}bakers-percentages/", fresh_reader(bread)),
        "lesson, questions not passed": state("/library/knots-by-and-by/asked/", learner),
        "course, finished": state(f"/library/{terms.course.slug}/", learner),
        "certificate": state(terms.get_absolute_url()),
        "certificate of mine": state(terms.get_absolute_url(), learner),
        "notes": state("/library/knots-by-and-by/notes/", learner),
        **beside_lessons(learner.user, lessons[1], learner),
    }


def beside_lessons(user, lesson, learner):
    """Return what a course has beside its texts: a video, questions, search, news, the preview."""
    sky = Course.objects.get(slug="sky-with-your-own-eyes")
    enroll(user, course=sky)
    path = f"/library/{lesson.course.slug}/"
    LessonQuestion.objects.ask(user, lesson, text="Does *rye* rise as well?", name="Ada")
    today = timezone.now()
    CourseUpdate.objects.create(
        course=lesson.course, title="A page on rye", body="It *rises*.", published_at=today
    )
    staff = person("writer@example.com", is_staff=True, is_superuser=True)
    looking = {"role": "buyer", "day": today.date(), "since": today.date()}
    answer = staff.client.post("/preview/bread-from-scratch/", looking)
    assert COOKIE in answer.cookies, answer
    return {
        "lesson, video": state(
            "/library/sky-with-your-own-eyes/north-and-the-measuring-hand/", learner
        ),
        "lesson, asked": state(f"{path}{lesson.slug}/questions/", learner),
        "search in a course": state(f"{path}search/?q=water", learner),
        "updates": state(f"{path}updates/", learner),
        "look as a learner": state("/preview/bread-from-scratch/", staff),
        "lesson, looked at by staff": state(f"{path}{lesson.slug}/", staff),
    }


def studied(learner):
    """Return a certificate of the learner, who also studies what opens by and by, and asks."""
    section = create_section(course=create_course(title="Knots by and by", slug="knots-by-and-by"))
    asked = create_lesson(section=section, title="Asked", slug="asked")
    create_lesson(section=section, title="Later", slug="later", opens_after_days=9)
    question = create_question(asked)
    enroll(learner, course=asked.course)
    QuizAttempt.objects.keep(
        learner, asked, answers={str(question.pk): ["1"]}, percent=0, has_passed=False
    )
    Note.objects.write(learner, asked, "Left *over* right, at [0:07].", version=0)
    done = create_course(title="Done with", slug="done-with", lessons=2)
    enroll(learner, course=done)
    complete(learner, *done.lessons.all())
    certificate = Certificate.objects.issue(learner, done)
    certificate.bear("Ada Lovelace")
    return certificate


def fresh_reader(course):
    """Return somebody who has not answered anything yet."""
    reader = person("asked@example.com")
    enroll(reader.user, course=course)
    return reader


def accounts():
    """The pages of an account, of somebody who has just signed in."""
    owner, doubted = person("account@example.com"), person("doubted@example.com")
    code = {"method": "code", "at": time.time() + 3600, "reauthenticated": True}
    remember(
        owner,
        account_authentication_methods=[code],
        account_authentication_methods_user=str(owner.user.pk),
    )
    for each in (owner.user, doubted.user):
        EmailAddress.objects.create(user=each, email=each.email, verified=True, primary=True)
    return {
        "account": state("/accounts/", owner),
        "e-mail addresses": state("/accounts/email/", owner),
        "set a password": state("/accounts/password/set/", owner),
        "add an app": state("/accounts/2fa/totp/activate/", owner),
        "add a passkey": state("/accounts/2fa/webauthn/add/", owner),
        "is it you": state("/accounts/password/set/", doubted),
        "mail to choose": state("/account/mail/", owner),
        "my data": state("/account/data/", owner),
        "delete an account": state("/account/data/deletion/", owner),
        "sign out": state("/accounts/logout/", owner),
    }


def seats():
    """A seat to give away, in each of its states."""
    free = create_seat(course=sold("A gift"))
    taken = enroll(course=free.course)
    ended = enroll(course=free.course, status=EnrollmentStatus.REVOKED)
    giver = person("giver@example.com")
    order = create_order(
        buyer=giver.user, courses=[sold("Seats for others")], seats=5, with_cart=False
    )
    payment = create_payment(order=order)
    settle(payment.pk, snapshot_of(payment))
    _own, has, written, wrapped, _free = [line.enrollment for line in order.lines.order_by("seat")]
    has.claim(person("has@example.com").user, shares_progress=True)
    invite(written, email="written@example.com", from_name="Giver")
    words = {"recipient": "Lea", "note": "Happy birthday!", "from_name": "Giver"}
    later = timezone.localdate() + timedelta(days=30)
    invite(wrapped, email="lea@example.com", is_gift=True, deliver_on=later, **words)
    return {
        "seats to give away": state(f"{order.get_absolute_url()}seats/", giver),
        "seat, a gift": state(_path(wrapped.claim_url), person("lea@example.com")),
        "seat, to a stranger": state(_path(free.claim_url)),
        "seat, free": state(_path(free.claim_url), person("guest@example.com")),
        "seat, taken": state(_path(taken.claim_url), person("late@example.com")),
        "seat, no longer there": state(_path(ended.claim_url), person("later@example.com")),
    }


def error_pages():
    """The pages of errors that cannot be provoked from outside."""
    request = RequestFactory().get("/", headers={"host": settings.SITE_HOST})
    request.user, request.session = AnonymousUser(), {}
    answers = {
        400: errors.bad_request(request, Exception()),
        429: errors.too_many_requests(request),
        500: errors.server_error(request),
    }
    return {status: answer.content.decode() for status, answer in answers.items()}


def person(email: str = "", **fields):
    """Return somebody with a session, who is signed in if they have an address."""
    client = Client(headers={"host": settings.SITE_HOST})
    user = None
    if email:
        user = User.objects.create_user(email, None, **fields)
        client.force_login(user)
    return SimpleNamespace(client=client, user=user)


def fill(somebody, slug: str, *, seats: int = 1) -> None:
    """Put a course into somebody's cart."""
    answer = somebody.client.post("/cart/items/", {"course": slug, "seats": seats})
    assert answer.status_code == 303, answer


def remember(somebody, **data: object) -> None:
    """Note in somebody's session what the shop notes there."""
    session = somebody.client.session
    session.update(data)
    session.save()


def sold(title: str):
    """Return a course with a few lessons that is for sale, but not listed."""
    return create_course(title=title, lessons=3, status=CourseStatus.UNLISTED)


def state(path: str, somebody=None) -> dict[str, str]:
    """Return where a state is seen, and the cookies of whoever sees it."""
    cookies = somebody.client.cookies if somebody else {}

    def value(name):
        return cookies[name].value if name in cookies else ""

    return {
        "path": path,
        "session": value(settings.SESSION_COOKIE_NAME),
        "preview": value("preview"),
    }


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[3]


if __name__ == "__main__":
    main()
