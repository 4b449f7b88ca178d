"""A walk through the shop in Indonesian: no page, fragment or letter may say a word of English.

What courses say of themselves is in their own language, and marked so.
"""

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.utils import timezone, translation

from catalog.models import QuestionKind
from checkout.gateways import RefundSnapshot, SessionState
from checkout.models import Cart
from checkout.refunds import apply_refunds, request_refund
from checkout.settlement import settle
from library.models import Certificate, EnrollmentStatus
from project import translations
from project.models import OutboundMail
from tests.accounts.letters import as_sent
from tests.accounts.ways import sign_in
from tests.checkout.shop import create_order, create_payment, snapshot_of
from tests.factories import (
    complete,
    create_bundle,
    create_course,
    create_learner,
    create_lesson,
    create_question,
    create_seat,
    create_section,
    enroll,
    let_time_pass,
    put_on_sale,
)
from tests.media import create_captions, create_file, create_video

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
READ_OUT = {"aria-label", "title", "alt", "placeholder", "data-failure"}
ADDRESS = re.compile(r"https?://\S+")
VOID = {"br", "hr", "img", "input", "link", "meta"}
SILENT = {"script", "style", "code", "svg"}
# The little words without which nobody speaks English. None of them is Indonesian.
ENGLISH = re.compile(
    r"\b(the|you|your|and|of|is|are|was|it|to|with|this|that|for|not|no longer|from|be|"
    r"course|courses|lesson|lessons|order|paid|seat|seats|sign|free|done|back)\b",
    re.IGNORECASE,
)


class Words(HTMLParser):
    """Collects what a page says, and leaves out what it marks as English."""

    def __init__(self, page):
        super().__init__()
        self.said = []
        self.foreign = []  # the elements that are open since one of another language
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        facts = dict(attrs)
        is_foreign = tag in SILENT or facts.get("lang", "id") != "id"
        if self.foreign or (is_foreign and tag != "html"):
            if tag not in VOID:
                self.foreign.append(tag)
            return
        self.said += [text for name, text in attrs if name in READ_OUT and text]
        if tag == "input" and facts.get("type") in {"submit", "button"}:
            self.said.append(facts.get("value", ""))

    def handle_startendtag(self, tag, attrs):
        """Such an element holds nothing."""

    def handle_endtag(self, tag):
        if self.foreign:
            self.foreign.pop()

    def handle_data(self, text):
        if not self.foreign and text.strip():
            self.said.append(" ".join(text.split()))


@pytest.fixture(scope="module")
def msgids():
    """The English texts that have another translation."""
    catalog = translations.read("id")
    return {
        form
        for message in catalog
        if message.id
        for form in (message.id if isinstance(message.id, tuple) else (message.id,))
        if message.string not in (form, (form,))
    }


@pytest.fixture
def check(msgids):
    """Return a function that looks at what is said."""

    def look(said):
        assert said
        said = [ADDRESS.sub("", text) for text in said]
        assert [text for text in said if text in msgids] == []
        assert [text for text in said if ENGLISH.search(text)] == []

    return look


@pytest.fixture
def person():
    return create_learner(email="budi@example.com", name="Budi")


@pytest.fixture
def client(person):
    client = Client()
    client.cookies["language"] = "id"
    client.force_login(person)
    return client


@pytest.fixture
def visitor():
    client = Client()
    client.cookies["language"] = "id"
    return client


def look_at(client, path, check, *, status=200, headers=None, data=None):
    ask = client.get if data is None else client.post
    response = ask(path, data, headers=headers or {})
    assert response.status_code == status, response
    assert response["Content-Language"] == "id"
    check(Words(response.content.decode()).said)
    return response


def make_course(title="Simpul", **facts):
    """Return a course whose names are no English words, for where they are not marked."""
    course = create_course(title=title, **facts)
    section = create_section(course=course, title="Bagian")
    for number, name in enumerate(("Satu", "Dua", "Tiga")):
        create_lesson(section=section, title=f"{name} {title}", is_preview=number == 0)
    course.refresh_from_db()
    return course


@pytest.fixture
def course():
    return make_course()


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_shelves(visitor, client, person, check, headers):
    english = create_course(title="Knots at sea", summary="You tie it.", price_minor=9900)
    put_on_sale(english, 3900, ends_at=timezone.now() + timedelta(days=3))
    create_lesson(section=create_section(course=english, title="The rope"), title="It is a knot")
    create_course(title="Gratis", price_minor=0)
    course, owned = make_course(), make_course("Milik")
    enroll(person, course=owned)
    bundle = create_bundle(english, course, owned, title="Semua")
    preview = course.lessons.get(is_preview=True)
    for somebody in (visitor, client):
        look_at(somebody, "/", check, headers=headers)
        for shown in (english, course, owned, bundle):
            look_at(somebody, shown.get_absolute_url(), check, headers=headers)
        path = f"{course.get_absolute_url()}?preview={preview.slug}"
        look_at(somebody, path, check, headers=headers)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_cart(client, person, course, check, headers):
    look_at(client, "/cart/", check, headers=headers)
    gone, owned, dearer = make_course("Lama"), make_course("Punya"), make_course("Mahal")
    cart = Cart.objects.of_owner(person)
    cart.put(course, seats=3)
    for other in (gone, owned, dearer):
        cart.put(other)
    gone.archive()
    enroll(person, course=owned)
    dearer.price_minor += 100
    dearer.save()

    look_at(client, "/cart/", check, headers=headers)
    path = f"/cart/items/{course.slug}/"
    for seats in ("2", "many", "99", "-1", "", "0"):
        response = client.post(path, {"seats": seats}, headers=HTMX)
        check(Words(response.content.decode()).said)
    for slug in (course.slug, course.slug, owned.slug):
        response = client.post("/cart/items/", {"course": slug, "shown": "1"}, headers=HTMX)
        check(Words(response.content.decode()).said)
    client.post("/checkout/")
    look_at(client, "/cart/", check, headers=headers)


def test_entrance(visitor, client, person, check):
    look_at(visitor, "/accounts/login/", check)
    look_at(visitor, "/accounts/login/", check, status=422, data={"login": "nobody"})
    visitor.post("/accounts/login/", {"login": "siti@example.com"})
    look_at(visitor, "/accounts/login/code/confirm/", check)
    look_at(visitor, "/accounts/login/code/confirm/", check, status=422, data={"code": "WRONG"})
    (letter,) = OutboundMail.objects.filter(to="siti@example.com")
    check(_lines(letter))
    look_at(client, "/accounts/email/", check)
    look_at(client, "/accounts/logout/", check)
    client.logout()
    client.cookies["language"] = "id"
    sign_in(client, person.email)
    client.post("/accounts/email/", {"email": "budi.baru@example.com", "action_add": ""})
    letters = OutboundMail.objects.exclude(to="siti@example.com")
    for letter in letters:
        check(_lines(letter))
    assert letters


def test_orders_from_waiting_to_given_back(client, person, course, check):
    """With all that an order's page tells, and all letters about it."""
    person.speak("id")
    owned = make_course("Punya")
    enroll(person, course=owned)
    courses = [course, owned]
    look_at(client, "/orders/", check)
    order = create_order(buyer=person, courses=courses, seats=2)
    page = order.get_absolute_url()

    def look():
        for headers in ({}, HTMX):
            look_at(client, page, check, headers=headers)
            look_at(client, "/orders/", check, headers=headers)
        look_at(client, f"{page}status/?v=0", check, headers=HTMX)
        look_at(client, f"{page}check/", check, headers=HTMX, data={})

    payment = create_payment(order=order)
    settle(payment.pk, snapshot_of(payment, SessionState.PROCESSING, method="sepa_debit"))
    look()
    settle(payment.pk, snapshot_of(payment, SessionState.FAILED, error="No."))
    look()
    payment = create_payment(order=order, attempt=2)
    settle(payment.pk, snapshot_of(payment))
    look()
    surplus = create_payment(order=order, attempt=3)
    settle(surplus.pk, snapshot_of(surplus))
    look()
    payment.refresh_from_db()
    lines = list(order.lines.filter(course=course))
    refund = request_refund(
        payment, amount_minor=7800, reason="asked", lines=lines, ends_access=True
    )
    look()
    apply_refunds(payment.pk, [_answer(refund)])
    look()

    letters = OutboundMail.objects.filter(to=person.email)
    assert len(letters) == 4
    for letter in map(as_sent, letters):
        check(_lines(letter))
        check(Words(letter.html).said)


def test_orders_that_are_held_or_over(client, person, course, check):
    for make in (_hold, _expire, _cancel, _wait_long):
        order = create_order(buyer=person, courses=[course], with_cart=False)
        page = make(order)
        look_at(client, page, check)
    look_at(client, "/orders/", check)


def test_signed_out_on_an_order(visitor, check):
    order = create_order()
    visitor.get(order.get_absolute_url())
    look_at(visitor, "/accounts/login/", check)
    look_at(visitor, f"{order.get_absolute_url()}status/", check, headers=HTMX)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_library(client, person, course, check, headers):
    look_at(client, "/library/", check, headers=headers)
    enroll(person, course=course)
    enroll(person, course=make_course("Jeda"), status=EnrollmentStatus.SUSPENDED)
    lessons = list(course.lessons.all())
    for lesson in lessons:
        path = f"/library/{course.slug}/{lesson.slug}/"
        look_at(client, path, check, headers=headers)
        for done in "101":
            response = client.post(f"{path}completion/", {"done": done}, headers=HTMX)
            check(Words(response.content.decode()).said)
        look_at(client, f"/library/{course.slug}/", check, headers=headers)
        look_at(client, "/library/", check, headers=headers)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_what_a_lesson_holds(client, person, course, check, headers):
    """Its video and files, its questions, a note, and the certificate at the end."""
    enroll(person, course=course, ends_at=timezone.now() + timedelta(days=30))
    first, *others = course.lessons.all()
    create_captions(create_video(first, seconds=245).lesson)
    create_file(first)
    question = create_question(first, text="Apa?", kind=QuestionKind.MULTIPLE)
    later = create_lesson(section=first.section, title="Nanti", opens_after_days=9)
    path, home = f"/library/{course.slug}/{first.slug}/", f"/library/{course.slug}/"
    look_at(client, path, check, headers=headers)
    look_at(client, f"{home}{later.slug}/", check, headers=headers)
    look_at(client, f"{home}notes/", check, headers=headers)
    for note in ({"text": "Satu.", "version": "0"}, {"text": "Dua.", "version": "0"}):
        response = client.post(f"{path}note/", note, headers=HTMX)
        check(Words(response.content.decode()).said)
    look_at(client, f"{home}notes/", check, headers=headers)
    for choice in ("1", "0"):
        response = client.post(f"{path}quiz/", {f"question-{question.pk}": choice}, headers=HTMX)
        check(Words(response.content.decode()).said)
        look_at(client, path, check, headers=headers)
    complete(person, *others, later)
    certificate = Certificate.objects.issue(person, course)
    look_at(client, home, check, headers=headers)
    certificate.bear("Budi")
    for shown in (home, "/library/", certificate.get_absolute_url()):
        look_at(client, shown, check, headers=headers)


def test_time_that_is_over(client, person, course, check):
    seat = enroll(person, course=course, ends_at=timezone.now() + timedelta(days=3))
    let_time_pass(seat, days=9)
    for path in ("/library/", course.get_absolute_url()):
        look_at(client, path, check)


def test_free_preview_in_the_library(visitor, course, check):
    lesson = course.lessons.get(is_preview=True)
    look_at(visitor, f"/library/{course.slug}/{lesson.slug}/", check)


def test_seats_to_claim(client, visitor, person, check):
    def claim(seat):
        return seat.claim_url.partition("//")[2].partition("/")[2]

    seat = create_seat(course=make_course("Kursi"))
    look_at(visitor, f"/{claim(seat)}", check)
    look_at(client, f"/{claim(seat)}", check)
    client.post(f"/{claim(seat)}")
    look_at(client, f"/{claim(seat)}", check)
    look_at(visitor, f"/{claim(seat)}", check)
    owned = create_seat(course=seat.course)
    look_at(client, f"/{claim(owned)}", check)
    owned.suspend()
    look_at(client, f"/{claim(owned)}", check)
    owned.revoke()
    look_at(client, f"/{claim(owned)}", check)


def test_seats_to_hand_out(client, visitor, person, course, check):
    """The page of who bought them, the letters, and what those read who get them."""
    person.speak("id")
    order = create_order(buyer=person, courses=[course], seats=4, with_cart=False)
    payment = create_payment(order=order)
    settle(payment.pk, snapshot_of(payment))
    page = f"{order.get_absolute_url()}seats/"
    lines = list(order.lines.filter(is_for_buyer=False).select_related("enrollment"))
    day = timezone.localdate() + timedelta(days=9)
    gift = {"kind": "gift", "email": "ani@example.com", "recipient": "Ani", "deliver_on": day}
    for line, data in zip(lines, ({"email": ""}, {"email": "siti@example.com"}, gift), strict=True):
        response = client.post(f"{page}{line.pk}/invitation/", data, headers=HTMX)
        check(Words(response.content.decode()).said)
    for headers in ({}, HTMX):
        look_at(client, page, check, headers=headers)
    (letter,) = OutboundMail.objects.filter(to="siti@example.com")
    check(_lines(letter))
    claim = "/claim/" + lines[1].enrollment.claim_url.partition("/claim/")[2]
    look_at(visitor, claim, check)
    siti = create_learner(email="siti@example.com", name="Siti")
    visitor.force_login(siti)
    look_at(visitor, claim, check)
    visitor.post(claim, {"shares_progress": "on"})
    look_at(visitor, f"/library/{course.slug}/", check)
    for action in ("letter", "return"):
        response = client.post(f"{page}{lines[2].pk}/{action}/", headers=HTMX)
        check(Words(response.content.decode()).said)
    for path in (page, f"/library/{course.slug}/", "/library/"):
        look_at(client, path, check)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_refusals(client, visitor, check, headers):
    for somebody in (client, visitor):
        look_at(somebody, "/nothing/", check, status=404, headers=headers)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies["language"] = "id"
    if not headers:
        look_at(strict, "/orders/find/", check, status=403, data={})


def test_the_walk_hears_english():
    """A control: a page in English says what the walk listens for."""
    with translation.override("en"):
        page = Client().get("/cart/").content.decode()

    assert [text for text in Words(page).said if ENGLISH.search(text)]


def _lines(letter):
    return [letter.subject, *(line for line in letter.text.splitlines() if line)]


def _answer(refund):
    return RefundSnapshot(
        refund_id=f"re_{refund.pk}",
        status="succeeded",
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        key=refund.idempotency_key,
    )


def _hold(order):
    payment = create_payment(order=order)
    settle(payment.pk, snapshot_of(payment, amount_minor=100))
    return order.get_absolute_url()


def _expire(order):
    order.expire()
    return order.get_absolute_url()


def _cancel(order):
    order.cancel()
    return order.get_absolute_url()


def _wait_long(order):
    since = int((order.created_at - timedelta(hours=1)).timestamp())
    return f"{order.get_absolute_url()}?t={since}"
