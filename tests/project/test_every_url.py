"""Every URL and every method, walked by those who may not see what is there.

What is allowed stands in the table below. A URL that is not in it fails the first test, until
somebody has thought about who may see it.
"""

import re
from urllib.parse import urlencode, urlsplit

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from catalog.templatetags.covers import cover_url
from checkout.gateways import stripe as stripe_gateway
from checkout.guests import remember_order
from checkout.models import Cart, CartItem, Order, OrderLine, Payment
from library.guests import SEATS
from library.models import Enrollment, LessonProgress
from project.accounts.models import User
from tests.checkout.guests import create_guest_order, create_person
from tests.checkout.memory_gateway import MemoryGateway
from tests.checkout.shop import create_order, create_payment
from tests.factories import create_course, create_lesson, create_seat, enroll

pytestmark = pytest.mark.django_db

SECRET = "What only learners read."
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ACTORS = ("stranger", "learner", "guest", "owner")

# Who asks: a stranger; a learner who has bought nothing; a guest, who has bought something else in
# this browser, and knows the addresses of both orders; the owner, to whom order and course belong.
#
# What they get: a status; "sign-in"; "ended", which is the panel that asks to sign in; or where
# they are sent. GET stands for HEAD as well, and any other method is refused.
TABLE = """
                                       stranger    learner     guest       owner
catalog:course_list         GET        200         200         200         200
catalog:course_detail       GET        200         200         200         200
catalog:feed                GET        200         200         200         200
catalog:cover               GET        200         200         200         200
checkout:cart               GET        200         200         200         200
checkout:cart_items         POST       /cart/      /cart/      /cart/      /cart/
checkout:cart_item          POST       /cart/      /cart/      /cart/      /cart/
checkout:start              POST       /cart/      /cart/      /cart/      /cart/
checkout:order_list         GET        sign-in     200         sign-in     200
checkout:order_find         GET        200         200         200         200
checkout:order_find         POST       /find/      /find/      /find/      /find/
checkout:order_detail       GET        sign-in     404         sign-in     200
checkout:order_status       GET        ended       ended       ended       200
checkout:order_check        POST       sign-in     404         sign-in     /order/
checkout:order_payment      POST       sign-in     404         sign-in     /order/
checkout:order_claim        POST       sign-in     404         sign-in     /order/
checkout:order_detail*      GET        200         200         200         200
checkout:order_status*      GET        200         200         200         200
checkout:order_check*       POST       /order/     /order/     /order/     /order/
checkout:order_payment*     POST       /order/     /order/     /order/     /order/
checkout:order_claim*       POST       sign-in     /order/     sign-in     404
checkout:stripe_webhook     POST       400         400         400         400
library:shelf               GET        sign-in     200         200         200
library:course              GET        sign-in     /course/    sign-in     200
library:lesson              GET        sign-in     /course/    sign-in     200
library:completion          POST       sign-in     /course/    sign-in     /lesson/
library:claim               GET        200         200         200         200
library:claim               POST       sign-in     /taken/     sign-in     /claim/
account_login               GET        200         /           200         /
account_login               POST       200         /           200         /
account_logout              GET        /           200         /           200
account_logout              POST       /           /           /           /
account_inactive            GET        200         200         200         200
account_reauthenticate      GET        sign-in     403         sign-in     403
account_reauthenticate      POST       sign-in     403         sign-in     403
account_email               GET        sign-in     200         sign-in     200
account_email               POST       sign-in     /address/   sign-in     /address/
account_email_verification_sent GET    sign-in     /address/   sign-in     /address/
account_email_verification_sent POST   sign-in     /address/   sign-in     /address/
account_confirm_login_code  GET        sign-in     /           sign-in     /
account_confirm_login_code  POST       sign-in     /           sign-in     /
account_request_login_code  GET        sign-in     sign-in     sign-in     sign-in
account_signup              GET        sign-in     sign-in     sign-in     sign-in
account_password            GET        sign-in     sign-in     sign-in     sign-in
accounts:my_data            GET        sign-in     200         sign-in     200
accounts:export             POST       sign-in     /data/      sign-in     /data/
accounts:archive            GET        sign-in     404         sign-in     404
accounts:deletion           GET        sign-in     200         sign-in     200
accounts:deletion           POST       sign-in     422         sign-in     422
robots                      GET        200         200         200         200
manifest                    GET        200         200         200         200
favicon                     GET        /icon/      /icon/      /icon/      /icon/
sitemap                     GET        200         200         200         200
"""
# They lead to a page of the table, whatever is asked of them: nobody has a password.
SHADOWED = re.compile(r"account_\w*password\w*|None")
# Only where somebody tries the shop out: tests/deploy asserts that they are absent from others.
FOR_TRYING = ("demo:", "sandbox:")
# Django's own views, which do not ask for the method, and change nothing.
ANSWER_ALIKE = {"catalog:feed", "sitemap"}
ALLOWED = {"GET": {"GET", "HEAD"}, "POST": {"POST"}}
ROWS = [tuple(line.split()) for line in TABLE.strip().splitlines()[1:]]


def names_of(patterns, namespace=""):
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            inner = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from names_of(pattern.url_patterns, namespace + inner)
        else:
            yield f"{namespace}{pattern.name}"


def all_names():
    return list(names_of(get_resolver().url_patterns))


class Shop:
    """What there is to see, and who looks."""

    def __init__(self):
        self.owner = create_person("owner@example.com")
        self.course = create_course(title="Knots", slug="knots", lessons=1)
        section = self.course.sections.get()
        create_lesson(section=section, title="Bowline", slug="bowline", body=SECRET)
        enroll(self.owner, course=self.course)
        self.order = create_order(buyer=self.owner, courses=[self.course], with_cart=False)
        create_payment(order=self.order, status="expired")
        Order.objects.get(pk=self.order.pk).expire()
        self.free_order = create_guest_order(email="bob@example.com", courses=[self.course])
        self.gift = create_seat(course=create_course(title="Gift", slug="gift", lessons=1))
        create_course(slug="other")

    def client(self, actor):
        client = Client()
        if actor == "owner":
            client.force_login(self.owner)
        elif actor == "learner":
            client.force_login(create_person("learner@example.com"))
        elif actor == "guest":
            bought = create_guest_order(email="guest@example.com")
            session = client.session
            request = type("Request", (), {"session": session})
            remember_order(request, bought)
            session[SEATS] = [bought.lines.get().enrollment_id]
            session.save()
        return client

    def path(self, name):
        order = self.free_order if name.endswith("*") else self.order
        name = name.removesuffix("*")
        lesson = {"course_slug": "knots", "lesson_slug": "bowline"}
        if name == "library:claim":
            return urlsplit(self.gift.claim_url).path
        if name == "account_password":
            return "/accounts/password/change/"
        if name == "catalog:cover":
            return cover_url(self.course)
        arguments = {
            "catalog:course_detail": {"slug": "knots"},
            "checkout:cart_item": {"slug": "other"},
            "library:course": {"course_slug": "knots"},
            "library:lesson": lesson,
            "library:completion": lesson,
        }.get(name, {})
        if name.startswith("checkout:order_") and name not in (
            "checkout:order_list",
            "checkout:order_find",
        ):
            arguments = {"reference": order.reference}
        return reverse(name, kwargs=arguments)


FORMS = {
    "checkout:cart_items": {"course": "other"},
    "checkout:cart_item": {"seats": "2"},
    "checkout:start": {"email": "eve@example.com"},
    "checkout:order_find": {"email": "bob@example.com"},
    "library:completion": {"done": "1"},
}
PLACES = {
    "/orders/find/": "/find/",
    "/courses/knots/": "/course/",
    "/library/knots/bowline/": "/lesson/",
    "/library/gift/": "/taken/",
    "/accounts/email/": "/address/",
    "/account/data/": "/data/",
}


def outcome(response):
    """Say in the table's words what somebody got."""
    where = urlsplit(response.get("Location", "")).path
    if where.startswith(("/accounts/login/", "/admin/login/")):
        return "sign-in"
    if where.startswith("/orders/") and where != "/orders/find/":
        return "/order/"
    if where.startswith("/claim/"):
        return "/claim/"
    if where.startswith("/static/img/icon"):
        return "/icon/"
    if where:
        return PLACES.get(where, where)
    if "Sign in to see this order" in response.content.decode(errors="replace"):
        return "ended"
    return str(response.status_code)


def state():
    """Return all that somebody could have changed."""
    return [
        list(model.objects.order_by("pk").values_list(*fields))
        for model, fields in (
            (Order, ("pk", "user", "status", "email")),
            (OrderLine, ("pk", "is_for_buyer", "outcome", "access")),
            (Payment, ("pk", "status")),
            (Enrollment, ("pk", "status", "learner")),
            (LessonProgress, ("pk", "learner", "lesson")),
            (Cart, ("pk", "owner")),
            (CartItem, ("pk", "seats")),
            (User, ("pk", "email", "is_staff", "is_active")),
        )
    ]


def test_table_misses_nothing():
    listed = {row[0].removesuffix("*") for row in ROWS} - {"account_password"}
    walked = {
        name
        for name in all_names()
        if not name.startswith(("admin:", *FOR_TRYING)) and not SHADOWED.fullmatch(name)
    }
    assert listed == walked


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]}")
def test_table_says_who_may_do_what(row, monkeypatch):
    name, method, *expected = row
    if name != "checkout:stripe_webhook":
        gateway = MemoryGateway()
        monkeypatch.setattr(stripe_gateway, "StripeGateway", lambda: gateway)
    shop = Shop()
    path, form = shop.path(name), FORMS.get(name.removesuffix("*"), {})
    answers = {}
    for actor in ACTORS:
        client = shop.client(actor)
        before = state()
        response = client.generic(method, path, **_body(method, form))
        answers[actor] = outcome(response)
        if answers[actor] in ("sign-in", "404", "403", "400", "ended"):
            assert state() == before, actor
        if actor != "owner":
            assert SECRET not in response.content.decode(errors="replace"), actor

    assert answers == dict(zip(ACTORS, expected, strict=True))


@pytest.mark.parametrize("name", sorted({row[0] for row in ROWS}))
def test_other_methods_are_refused(name):
    shop = Shop()
    known = set().union(*(ALLOWED[row[1]] for row in ROWS if row[0] == name))
    for actor in ACTORS:
        client = shop.client(actor)
        before = state()
        for method in METHODS:
            if method in known or method == "OPTIONS":
                continue
            said = outcome(client.generic(method, shop.path(name)))
            is_harmless = name in ANSWER_ALIKE or name.startswith("account_")
            assert said in ("405", "sign-in") or is_harmless, (actor, method, said)
        assert state() == before


def test_head_is_answered_as_get_is():
    shop = Shop()
    for name, method, *expected in ROWS:
        if method == "GET":
            said = outcome(shop.client("stranger").head(shop.path(name)))
            assert said == expected[0] or expected[0] == "ended", name


def _body(method, form):
    if method == "GET":
        return {}
    return {"data": urlencode(form), "content_type": "application/x-www-form-urlencoded"}


# The shop's office


def admin_paths():
    """Return an address for each of the admin's URLs."""
    for pattern in get_resolver().url_patterns:
        if getattr(pattern, "namespace", "") == "admin":
            yield from _paths(pattern.url_patterns, "/admin/")


def _paths(patterns, prefix):
    for pattern in patterns:
        text = re.sub(r"\(\?P<\w+>[^)]*\)|<[^>]+>", "1", str(pattern.pattern))
        path = prefix + text.strip("^$").replace("\\", "")
        if hasattr(pattern, "url_patterns"):
            yield from _paths(pattern.url_patterns, path)
        else:
            yield path


@pytest.mark.parametrize("actor", ACTORS)
def test_office_is_closed_to_all_but_staff(actor):
    shop = Shop()
    client = shop.client(actor)
    before = state()
    open_to_all = {"/admin/login/", "/admin/logout/", "/admin/jsi18n/"}

    paths = sorted(set(admin_paths()) - open_to_all)

    assert len(paths) > 50
    for path in paths:
        for method in ("GET", "POST"):
            said = outcome(client.generic(method, path))
            assert said in ("sign-in", "404", "403"), (method, path, said)
    assert state() == before
