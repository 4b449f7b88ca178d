"""The shop of the histories: one buyer and two courses, and books that are empty before each."""

from dataclasses import dataclass

from django.apps import apps
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection, transaction

from catalog.models import Course, CourseStatus, Instructor
from project.accounts.models import User
from project.accounts.sessions import SessionStore

BUYER = "ada@example.com"
PRICES = (3900, 2900)  # minor units
CLEARED = ("checkout", "library", "sandbox")
# What the sandbox is told once, and what the shop sells, stays.
KEPT = ("sandbox.webhookendpoint", "sandbox.switches")
ALSO_CLEARED = ("project_outboundmail", "procrastinate_jobs")


class NotScratch(Exception):
    """The database is one that somebody may need."""


@dataclass(frozen=True)
class Shop:
    """Who buys, what is sold, and the cookie of the buyer's browser."""

    buyer: User
    courses: list[Course]
    cookie: str


def furnish() -> Shop:
    """Make buyer and courses, unless they are there."""
    _refuse_real_database()
    buyer = User.objects.filter(email=BUYER).first() or User.objects.create_user(BUYER, None)
    teacher, _ = Instructor.objects.get_or_create(name="Tess")
    courses = [_course(number, price, teacher) for number, price in enumerate(PRICES)]
    return Shop(buyer, courses, _sign_in(buyer))


def clear() -> None:
    """Forget all orders, at the shop and at the gateway, and all that came of them."""
    _refuse_real_database()
    tables = [
        model._meta.db_table
        for label in CLEARED
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
        if model._meta.label_lower not in KEPT and model._meta.managed
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        # Their references are checked at the end of the transaction, so that any order will do.
        for table in (*tables, *ALSO_CLEARED):
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608  ours


def _refuse_real_database() -> None:
    name = str(connection.settings_dict["NAME"])
    if not name.startswith("test_"):
        raise NotScratch(f"{name} is no scratch database.")


def _course(number: int, price_minor: int, teacher: Instructor) -> Course:
    fields = {
        "title": f"Proof {number}",
        "summary": "For histories.",
        "price_minor": price_minor,
        "currency": settings.SHOP_CURRENCY,
        "status": CourseStatus.PUBLISHED,
        "instructor": teacher,
    }
    return Course.objects.get_or_create(slug=f"proof-{number}", defaults=fields)[0]


def _sign_in(buyer: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(buyer.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = buyer.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
