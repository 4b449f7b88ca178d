"""Every URL and every method, walked by those who may not see what is there.

What is allowed stands in the table below. A URL that is not in it fails the first test, until
somebody has thought about who may see it.
"""

import re
from copy import deepcopy
from urllib.parse import urlencode, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse
from PIL import Image

from catalog.templatetags.covers import cover_url, preview_picture_url
from checkout.gateways import stripe as stripe_gateway
from checkout.guests import remember_order
from checkout.models import Cart, CartItem, Order, OrderLine, Payment
from library.guests import SEATS
from library.models import (
    Enrollment,
    LessonAnswer,
    LessonProgress,
    LessonQuestion,
    SeatInvitation,
    VideoPosition,
)
from project.accounts.models import DataExport, MailChoice, User
from project.accounts.optional_mail import COURSE_UPDATES, stop_path
from project.stylesheet import stylesheet_digest
from tests.accounts.elsewhere import running
from tests.accounts.letters import newest_code
from tests.accounts.ways import add_passkey, app_code
from tests.checkout.guests import create_guest_order, create_person
from tests.checkout.memory_gateway import MemoryGateway
from tests.checkout.shop import create_order, create_payment
from tests.factories import (
    add_app,
    create_bundle,
    create_certificate,
    create_course,
    create_lesson,
    create_seat,
    create_staff,
    enroll,
)
from tests.media import create_captions, create_file, create_video

pytestmark = pytest.mark.django_db

SECRET = "What only learners read."
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ACTORS = ("stranger", "learner", "guest", "owner")

# Who asks: a stranger; a learner who has bought nothing; a guest, who has bought something else in
# this browser, and knows the addresses of both orders; the owner, to whom order and course belong,
# with a passkey, an authenticator app and recovery codes.
#
# What they get: a status; "sign-in"; "ended", which is the panel that asks to sign in; "proof",
# which is to show once more that it is them; "away", to another server; or where they are sent.
# GET stands for HEAD as well, and any other method is refused.
#
# With "*" it is about an order of a guest; with "!" who is signed in has shown the proof.
TABLE = """
                                       stranger    learner     guest       owner
catalog:course_list         GET        200         200         200         200
catalog:course_detail       GET        200         200         200         200
catalog:course_detail?preview=reef GET 200         200         200         200
catalog:course_detail?preview=bowline GET 404         404         404         404
catalog:bundle_detail       GET        200         200         200         200
catalog:feed                GET        200         200         200         200
catalog:cover               GET        200         200         200         200
catalog:picture             GET        200         200         200         200
catalog:uploaded            GET        200         200         200         200
checkout:cart               GET        200         200         200         200
checkout:cart_items         POST       /cart/      /cart/      /cart/      /cart/
checkout:cart_item          POST       /cart/      /cart/      /cart/      /cart/
checkout:cart_giving        POST       /cart/      /cart/      /cart/      /cart/
checkout:cart_bundle        POST       /cart/      /cart/      /cart/      /cart/
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
checkout:seats              GET        sign-in     404         sign-in     /order/
checkout:seat_invitation    POST       sign-in     404         sign-in     404
checkout:seat_letter        POST       sign-in     404         sign-in     404
checkout:seat_return        POST       sign-in     404         sign-in     404
checkout:seats*             GET        200         200         200         200
checkout:seat_invitation*   POST       /order/     /order/     /order/     /order/
checkout:seat_letter*       POST       /order/     /order/     /order/     /order/
checkout:seat_return*       POST       /order/     /order/     /order/     /order/
checkout:stripe_webhook     POST       400         400         400         400
library:shelf               GET        sign-in     200         200         200
library:course              GET        sign-in     /course/    sign-in     200
library:lesson              GET        sign-in     /course/    sign-in     200
library:completion          POST       sign-in     /course/    sign-in     /lesson/
library:position            POST       sign-in     /course/    sign-in     204
library:video               GET        sign-in     /course/    sign-in     200
library:poster              GET        sign-in     /course/    sign-in     200
library:captions            GET        sign-in     /course/    sign-in     200
library:file                GET        sign-in     /course/    sign-in     200
library:archive             GET        sign-in     /course/    sign-in     200
library:sharing             POST       sign-in     /course/    sign-in     /study/
library:notes               GET        sign-in     /course/    sign-in     200
library:updates             GET        sign-in     /course/    sign-in     200
library:search              GET        sign-in     /course/    sign-in     200
library:notes_file          GET        sign-in     /course/    sign-in     200
library:note                POST       sign-in     /course/    sign-in     /lesson/
library:review              GET        sign-in     /course/    sign-in     /study/
library:review              POST       sign-in     /course/    sign-in     /study/
library:reviews             GET        200         200         200         200
library:ask                 GET        sign-in     /course/    sign-in     200
library:ask                 POST       sign-in     /course/    sign-in     /asked/
library:question            GET        sign-in     /course/    sign-in     200
library:question            POST       sign-in     /course/    sign-in     422
library:quiz                POST       sign-in     /course/    sign-in     404
library:certificate_name    POST       sign-in     /course/    sign-in     404
library:certificate         GET        200         200         200         200
library:preview             GET        404         404         404         404
library:preview             POST       404         404         404         404
library:claim               GET        200         200         200         200
library:claim               POST       sign-in     /taken/     sign-in     /claim/
account_login               GET        200         /           200         /
account_login               POST       422         /           422         /
account_login_by_password   GET        200         /           200         /
account_login_by_password   POST       422         /           422         /
account_logout              GET        /           200         /           200
account_logout              POST       /           /           /           /
account_inactive            GET        200         200         200         200
account_request_login_code  GET        sign-in     sign-in     sign-in     sign-in
account_confirm_login_code  GET        sign-in     /           sign-in     /
account_confirm_login_code  POST       sign-in     /           sign-in     /
account_signup              GET        sign-in     sign-in     sign-in     sign-in
account_signup_by_passkey   GET        200         /           200         /
account_signup_by_passkey   POST       200         /           200         /
account_reset_password      GET        200         200         200         200
account_reset_password      POST       200         200         200         200
account_confirm_password_reset_code GET sign-in     sign-in     sign-in     sign-in
account_confirm_password_reset_code POST sign-in     sign-in     sign-in     sign-in
account_complete_password_reset GET    /forgot/    /forgot/    /forgot/    /forgot/
account_complete_password_reset POST   /forgot/    /forgot/    /forgot/    /forgot/
account_password_reset_completed GET   200         200         200         200
account_hub                 GET        sign-in     200         sign-in     200
account_reauthenticate      GET        sign-in     proof       sign-in     proof
account_reauthenticate      POST       sign-in     proof       sign-in     proof
account_reauthenticate_by_code GET     sign-in     200         sign-in     proof
account_reauthenticate_by_code POST    sign-in     proof       sign-in     proof
account_sign_out_everywhere POST       sign-in     /           sign-in     /
account_email               GET        sign-in     200         sign-in     200
account_email               POST       sign-in     proof       sign-in     proof
account_email!              POST       sign-in     422         sign-in     422
account_email_verification_sent GET    sign-in     /address/   sign-in     /address/
account_email_verification_sent POST   sign-in     /address/   sign-in     /address/
account_change_password     GET        sign-in     /password/  sign-in     /password/
account_change_password     POST       sign-in     /password/  sign-in     /password/
account_set_password        GET        sign-in     proof       sign-in     proof
account_set_password        POST       sign-in     proof       sign-in     proof
account_set_password!       GET        sign-in     200         sign-in     200
account_set_password!       POST       sign-in     /hub/       sign-in     /hub/
mfa_index                   GET        sign-in     /hub/       sign-in     /hub/
mfa_authenticate            GET        sign-in     /           sign-in     /
mfa_authenticate            POST       sign-in     /           sign-in     /
mfa_reauthenticate          GET        sign-in     proof       sign-in     200
mfa_reauthenticate          POST       sign-in     proof       sign-in     200
mfa_activate_totp           GET        sign-in     proof       sign-in     proof
mfa_activate_totp           POST       sign-in     proof       sign-in     proof
mfa_activate_totp!          GET        sign-in     200         sign-in     /app/
mfa_activate_totp!          POST       sign-in     200         sign-in     /app/
mfa_deactivate_totp         GET        sign-in     404         sign-in     proof
mfa_deactivate_totp         POST       sign-in     404         sign-in     proof
mfa_deactivate_totp!        GET        sign-in     404         sign-in     200
mfa_deactivate_totp!        POST       sign-in     404         sign-in     /lead/
mfa_view_recovery_codes     GET        sign-in     404         sign-in     proof
mfa_view_recovery_codes!    GET        sign-in     404         sign-in     200
mfa_generate_recovery_codes GET        sign-in     proof       sign-in     proof
mfa_generate_recovery_codes POST       sign-in     proof       sign-in     proof
mfa_generate_recovery_codes! GET       sign-in     200         sign-in     200
mfa_generate_recovery_codes! POST      sign-in     200         sign-in     /codes/
mfa_download_recovery_codes GET        sign-in     404         sign-in     proof
mfa_download_recovery_codes! GET       sign-in     404         sign-in     200
mfa_list_webauthn           GET        sign-in     /hub/       sign-in     /hub/
mfa_add_webauthn            GET        sign-in     proof       sign-in     proof
mfa_add_webauthn            POST       sign-in     proof       sign-in     proof
mfa_add_webauthn!           GET        sign-in     200         sign-in     200
mfa_add_webauthn!           POST       sign-in     200         sign-in     200
mfa_reauthenticate_webauthn GET        sign-in     proof       sign-in     200
mfa_reauthenticate_webauthn POST       sign-in     proof       sign-in     sign-in
mfa_remove_webauthn         GET        sign-in     proof       sign-in     proof
mfa_remove_webauthn         POST       sign-in     proof       sign-in     proof
mfa_remove_webauthn!        GET        sign-in     404         sign-in     200
mfa_remove_webauthn!        POST       sign-in     404         sign-in     /lead/
mfa_edit_webauthn           GET        sign-in     proof       sign-in     proof
mfa_edit_webauthn           POST       sign-in     proof       sign-in     proof
mfa_edit_webauthn!          GET        sign-in     404         sign-in     200
mfa_edit_webauthn!          POST       sign-in     404         sign-in     /lead/
mfa_login_webauthn          GET        sign-in     /           sign-in     /
mfa_login_webauthn          POST       sign-in     /           sign-in     /
mfa_signup_webauthn         GET        /signup/    /           /signup/    /
mfa_signup_webauthn         POST       /signup/    /           /signup/    /
socialaccount_login_cancelled GET      200         200         200         200
socialaccount_login_error   GET        401         401         401         401
socialaccount_signup        GET        sign-in     sign-in     sign-in     sign-in
socialaccount_signup        POST       sign-in     sign-in     sign-in     sign-in
socialaccount_connections   GET        sign-in     200         sign-in     200
socialaccount_connections   POST       sign-in     200         sign-in     200
google_login                GET        200         200         200         200
google_login                POST       away        away        away        away
google_callback             GET        401         401         401         401
google_login_by_token       POST       401         401         401         401
apple_login                 GET        200         200         200         200
apple_login                 POST       away        away        away        away
apple_callback              POST       /finish/    /finish/    /finish/    /finish/
apple_finish_callback       GET        401         401         401         401
github_login                GET        200         200         200         200
github_login                POST       away        away        away        away
github_callback             GET        401         401         401         401
openid_connect_login        GET        200         200         200         200
openid_connect_login        POST       away        away        away        away
openid_connect_callback     GET        401         401         401         401
usersessions_list           GET        sign-in     200         sign-in     200
usersessions_list           POST       sign-in     /sessions/  sign-in     /sessions/
accounts:my_data            GET        sign-in     200         sign-in     200
accounts:export             POST       sign-in     proof       sign-in     proof
accounts:export!            POST       sign-in     /data/      sign-in     /data/
accounts:archive            GET        sign-in     proof       sign-in     proof
accounts:archive!           GET        sign-in     404         sign-in     404
accounts:mail_preferences   GET        sign-in     200         sign-in     200
accounts:mail_preferences   POST       sign-in     /mail/      sign-in     /mail/
accounts:mail_stop          GET        200         200         200         200
accounts:mail_stop          POST       200         200         200         200
accounts:deletion           GET        sign-in     proof       sign-in     proof
accounts:deletion           POST       sign-in     proof       sign-in     proof
accounts:deletion!          GET        sign-in     200         sign-in     200
accounts:deletion!          POST       sign-in     422         sign-in     422
language                    POST       /           /           /           /
theme                       POST       /           /           /           /
stylesheet                  GET        200         200         200         200
robots                      GET        200         200         200         200
manifest                    GET        200         200         200         200
favicon                     GET        /icon/      /icon/      /icon/      /icon/
sitemap                     GET        200         200         200         200
"""
# They stand under the address of another that is in the table, or lead to one.
SHADOWED = {"None"}
# Only where somebody tries the shop out: tests/deploy asserts that they are absent from others.
FOR_TRYING = ("demo:", "sandbox:")
# Django's own views, which do not ask for the method, and change nothing.
ANSWER_ALIKE = {"catalog:feed", "sitemap"}
ALLAUTH = ("account_", "mfa_", "socialaccount_", "usersessions_")
ELSEWHERE = ("google_", "apple_", "github_", "openid_connect_")
PICTURE = "covers/0123456789abcdef-640.webp"
BY_CODE, BY_APP = "/accounts/reauthenticate/code/", "/accounts/2fa/reauthenticate/"
PROOFS = ("/accounts/reauthenticate/", BY_APP, "/accounts/2fa/webauthn/reauthenticate/")
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


def url_name(name):
    """Return the name of the URL that a row of the table is about."""
    return re.split(r"[*!?]", name)[0]


@pytest.fixture(scope="module")
def server():
    with running() as server:
        yield server


@pytest.fixture
def elsewhere(settings, server):
    """Let all the accounts elsewhere be configured."""
    app = {"client_id": "shop", "secret": "s3cret", "key": "team"}
    known = {name: {"APPS": [app]} for name in ("google", "apple", "github")}
    settings.SOCIALACCOUNT_PROVIDERS = server.providers(is_trusted=False) | known


class Shop:
    """What there is to see, and who looks."""

    def __init__(self):
        self.owner = create_person("owner@example.com")
        self.app = add_app(self.owner)
        RecoveryCodes.activate(self.owner)
        self.passkey = add_passkey(self.owner)
        self.course = create_course(title="Knots", slug="knots", lessons=1)
        section = self.course.sections.get()
        bowline = create_lesson(section=section, title="Bowline", slug="bowline", body=SECRET)
        create_captions(bowline, text=f"WEBVTT\n\n00:00.000 --> 00:01.000\n{SECRET}\n")
        self.file = create_file(bowline, content=SECRET.encode())
        video = create_video(bowline)
        video.begin_with(Image.new("RGB", (640, 360)))
        video.save()
        create_lesson(section=section, title="Reef", slug="reef", is_preview=True)
        enroll(self.owner, course=self.course)
        self.question = LessonQuestion.objects.ask(self.owner, bowline, text=SECRET, name="Ada")
        self.order = create_order(buyer=self.owner, courses=[self.course], with_cart=False)
        create_payment(order=self.order, status="expired")
        Order.objects.get(pk=self.order.pk).expire()
        self.free_order = create_guest_order(
            email="bob@example.com", courses=[self.course], seats=2
        )
        self.gift = create_seat(course=create_course(title="Gift", slug="gift", lessons=1))
        self.certificate = create_certificate(name="Ada Lovelace")
        create_bundle(self.course, create_course(slug="other"), slug="ropes")
        if not default_storage.exists(PICTURE):
            default_storage.save(PICTURE, ContentFile(b"A picture."))

    def client(self, actor, *, is_proven=False):
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
        if is_proven:
            self.prove(client, actor)
        return client

    def prove(self, client, actor):
        """Show once more who it is: by app, or by mail."""
        if actor == "owner":
            client.post(BY_APP, {"code": app_code(self.app)})
        elif actor == "learner":
            client.post(BY_CODE, {"send": ""})
            client.post(BY_CODE, {"code": newest_code("learner@example.com")})

    def path(self, name):
        """Return the address of what a row of the table is about."""
        order = self.free_order if "*" in name else self.order
        _, _, query = name.partition("?")
        name = url_name(name)
        if query:
            return f"{self.path(name)}?{query}"
        lesson = {"course_slug": "knots", "lesson_slug": "bowline"}
        if name == "library:certificate":
            return self.certificate.get_absolute_url()
        if name == "accounts:mail_stop":
            return stop_path(self.owner, COURSE_UPDATES)
        if name == "library:claim":
            return urlsplit(self.gift.claim_url).path
        if name == "catalog:cover":
            return cover_url(self.course)
        if name == "catalog:picture":
            return urlsplit(preview_picture_url(self.course)).path
        if name == "catalog:uploaded":
            return f"/media/{PICTURE}"
        if name == "stylesheet":
            return reverse("stylesheet", args=[stylesheet_digest()])
        arguments = {
            "catalog:course_detail": {"slug": "knots"},
            "checkout:cart_item": {"slug": "other"},
            "checkout:cart_giving": {"slug": "other"},
            "catalog:bundle_detail": {"slug": "ropes"},
            "checkout:cart_bundle": {"slug": "ropes"},
            "library:course": {"course_slug": "knots"},
            "library:sharing": {"course_slug": "knots"},
            "library:preview": {"course_slug": "knots"},
            "library:lesson": lesson,
            "library:completion": lesson,
            "library:position": lesson,
            "library:video": lesson,
            "library:poster": lesson,
            "library:captions": {**lesson, "language": "en"},
            "library:file": {**lesson, "pk": self.file.pk},
            "library:archive": lesson,
            "library:ask": lesson,
            "library:question": {**lesson, "pk": self.question.pk},
            "library:quiz": lesson,
            "library:note": lesson,
            "library:notes": {"course_slug": "knots"},
            "library:notes_file": {"course_slug": "knots"},
            "library:updates": {"course_slug": "knots"},
            "library:search": {"course_slug": "knots"},
            "library:certificate_name": {"course_slug": "knots"},
            "library:review": {"course_slug": "knots"},
            "library:reviews": {"course_slug": "knots"},
            "mfa_remove_webauthn": {"pk": self.passkey.pk},
            "mfa_edit_webauthn": {"pk": self.passkey.pk},
            "openid_connect_login": {"provider_id": "sso"},
            "openid_connect_callback": {"provider_id": "sso"},
        }.get(name, {})
        if name.startswith("checkout:order_") and name not in (
            "checkout:order_list",
            "checkout:order_find",
        ):
            arguments = {"reference": order.reference}
        if name.startswith("checkout:seat"):
            arguments = {"reference": order.reference}
        if name.startswith("checkout:seat_"):
            arguments["line"] = order.lines.latest("pk").pk
        return reverse(name, kwargs=arguments)


FORMS = {
    "checkout:cart_items": {"course": "other"},
    "checkout:cart_item": {"seats": "2"},
    "checkout:cart_bundle": {"seats": "0"},
    "checkout:start": {"email": "eve@example.com"},
    "checkout:order_find": {"email": "bob@example.com"},
    "checkout:seat_invitation": {"email": "eve@example.com"},
    "library:completion": {"done": "1"},
    "library:position": {"seconds": "7", "playback": "0" * 32, "number": "1", "ago": "50"},
    "library:sharing": {"share": "1"},
    "library:certificate_name": {"name": "Eve"},
    "library:review": {"rating": "5", "name": "Eve", "text": ""},
    "library:note": {"text": "Mine.", "version": "0"},
    "library:ask": {"text": "Why?", "name": "Eve"},
    "library:question": {"text": "So."},
    "accounts:mail_preferences": {"kind": "course_updates", "wanted": "0"},
    "account_email": {"action_add": "", "email": "eve@example.com"},
    "account_email!": {"action_add": "", "email": "no address"},
    "account_set_password": {"password1": "seven spoons", "password2": "seven spoons"},
    "mfa_edit_webauthn": {"name": "Mine"},
}
PLACES = {
    "/orders/find/": "/find/",
    "/courses/knots/": "/course/",
    "/library/knots/": "/study/",
    "/library/knots/bowline/": "/lesson/",
    "/library/knots/bowline/questions/": "/asked/",
    "/library/gift/": "/taken/",
    "/accounts/email/": "/address/",
    "/account/data/": "/data/",
    "/account/mail/": "/mail/",
    "/accounts/": "/hub/",
    "/accounts/sessions/": "/sessions/",
    "/accounts/password/reset/": "/forgot/",
    "/accounts/password/set/": "/password/",
    "/accounts/2fa/totp/deactivate/": "/app/",
    "/accounts/2fa/": "/lead/",
    "/accounts/2fa/webauthn/": "/lead/",
    "/accounts/2fa/recovery-codes/": "/codes/",
    "/accounts/signup/": "/signup/",
    "/accounts/apple/login/callback/finish/": "/finish/",
}


def outcome(response):
    """Say in the table's words what somebody got."""
    host, where = urlsplit(response.get("Location", ""))[1:3]
    if host not in ("", "testserver"):
        return "away"
    if where.startswith(PROOFS):
        return "proof"
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
    if "Sign in to see this order" in text_of(response):
        return "ended"
    return str(response.status_code)


@pytest.fixture(scope="module")
def opened(django_db_setup, django_db_blocker):
    """A shop that is opened once; each test takes back what it did to it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Shop()
        transaction.set_rollback(True)


@pytest.fixture
def shop(opened, db):
    return deepcopy(opened)


def text_of(response):
    """Return what a response says; of what is streamed, nothing but learners get any."""
    content = b"" if response.streaming else response.content
    return content.decode(errors="replace")


def state():
    """Return all that somebody could have changed."""
    return [
        list(model.objects.order_by("pk").values_list(*fields))
        for model, fields in (
            (Order, ("pk", "user", "status", "email")),
            (OrderLine, ("pk", "is_for_buyer", "outcome", "access")),
            (Payment, ("pk", "status")),
            (Enrollment, ("pk", "status", "learner", "claim_version")),
            (SeatInvitation, ("pk", "email", "letters")),
            (LessonProgress, ("pk", "learner", "lesson")),
            (LessonQuestion, ("pk", "learner", "text")),
            (LessonAnswer, ("pk", "question", "text")),
            (VideoPosition, ("pk", "learner", "seconds")),
            (Cart, ("pk", "owner")),
            (CartItem, ("pk", "seats", "is_for_others")),
            (User, ("pk", "email", "is_staff", "is_active", "password", "language")),
            (EmailAddress, ("pk", "user", "email", "verified", "primary")),
            (Authenticator, ("pk", "user", "data")),
            (SocialAccount, ("pk", "user")),
            (UserSession, ("pk", "user")),
            (DataExport, ("pk", "user")),
            (MailChoice, ("pk", "user", "kind", "is_wanted")),
        )
    ]


def test_table_misses_nothing():
    listed = {url_name(row[0]) for row in ROWS}
    walked = {
        name
        for name in all_names()
        if not name.startswith(("admin:", *FOR_TRYING)) and name not in SHADOWED
    }
    assert listed == walked


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]}")
def test_table_says_who_may_do_what(row, shop, monkeypatch, request):
    name, method, *expected = row
    if name.startswith(ELSEWHERE):
        request.getfixturevalue("elsewhere")
    if name != "checkout:stripe_webhook":
        gateway = MemoryGateway()
        monkeypatch.setattr(stripe_gateway, "StripeGateway", lambda: gateway)
    path, form = shop.path(name), FORMS.get(name) or FORMS.get(url_name(name), {})
    answers = {}
    for actor in ACTORS:
        client = shop.client(actor, is_proven="!" in name)
        before = state()
        response = client.generic(method, path, **_body(method, form))
        answers[actor] = outcome(response)
        if answers[actor] in ("sign-in", "proof", "404", "403", "400", "ended"):
            assert state() == before, actor
        if actor != "owner":
            assert SECRET not in text_of(response), actor

    assert answers == dict(zip(ACTORS, expected, strict=True))


@pytest.mark.parametrize("actor", ACTORS)
def test_other_methods_are_refused(actor, shop, elsewhere):
    client = shop.client(actor)
    before, signed_in = state(), client.session.get("_auth_user_id")
    for name in sorted({row[0] for row in ROWS if "!" not in row[0]}):
        known = set().union(*(ALLOWED[row[1]] for row in ROWS if row[0] == name))
        for method in METHODS:
            if method in known or method == "OPTIONS":
                continue
            said = outcome(client.generic(method, shop.path(name)))
            is_harmless = name in ANSWER_ALIKE or name.startswith(ALLAUTH + ELSEWHERE)
            assert said in ("405", "sign-in") or is_harmless, (name, method, said)
        assert state() == before, name
        assert client.session.get("_auth_user_id") == signed_in, name


def test_head_is_answered_as_get_is(shop, elsewhere):
    for name, method, *expected in ROWS:
        if method == "GET":
            said = outcome(shop.client("stranger").head(shop.path(name)))
            # Before it leads to an account elsewhere, allauth asks on GET only; that opens nothing.
            leads_on = said == "away" and name.startswith(ELSEWHERE)
            assert said == expected[0] or expected[0] == "ended" or leads_on, name


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


def office_answers(client):
    """Return what somebody is told at each of the office's addresses."""
    open_to_all = {"/admin/login/", "/admin/logout/", "/admin/jsi18n/"}
    paths = sorted(set(admin_paths()) - open_to_all)
    assert len(paths) > 50
    return {
        (method, path): outcome(client.generic(method, path))
        for path in paths
        for method in ("GET", "POST")
    }


@pytest.mark.parametrize("actor", ACTORS)
def test_office_is_closed_to_all_but_staff(actor, shop):
    client = shop.client(actor)
    before = state()

    answers = office_answers(client)

    assert set(answers.values()) <= {"sign-in", "404", "403"}, answers
    assert state() == before


def test_office_is_closed_to_staff_without_a_second_step(shop):
    client = Client()
    client.force_login(create_staff(has_app=False))
    before = state()

    answers = office_answers(client)

    assert set(answers.values()) <= {"sign-in", "/hub/"}, answers
    assert state() == before
