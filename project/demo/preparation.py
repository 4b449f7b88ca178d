"""Makes what the demo needs and is not there yet: tables, courses, accounts."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from catalog.models import Course
from project.accounts.models import User
from project.demo.authenticator import OWNER, give_app
from project.demo.offers import make_offers

COURSES = settings.BASE_DIR / "catalog" / "demo_courses"
LEARNER = "learner@example.com"

type Report = Callable[[str], None]


class RefusedToPrepare(Exception):
    """The database is not the demo's to change."""


def prepare(report: Report, *, reset: bool = False) -> None:
    """Make everything that is missing; with ``reset``, make all of it anew.

    Raise ``RefusedToPrepare`` rather than touch a real shop's data.
    """
    _refuse_real_shop(reset=reset)
    report("Preparing the database")
    if reset:
        _empty_database()
    call_command("migrate", interactive=False, verbosity=0)
    if missing := _missing_courses():
        report("Importing the courses")
        call_command("import_course", *map(str, missing), stdout=StringIO())
    make_offers({folder.name for folder in missing})
    _open_account(LEARNER, name="Lee Learner")
    give_app(_open_account(OWNER, name="Olive Owner", is_staff=True, is_superuser=True))
    connection.close()


def _refuse_real_shop(*, reset: bool) -> None:
    """Refuse a database that is named by ``DATABASE_URL`` and that the demo has not made.

    Whoever opens the demo's mailbox can sign in as anybody in that database.
    """
    if settings.IS_LOCAL:
        return
    if reset:
        raise RefusedToPrepare(
            "--reset would delete all that is in the database which DATABASE_URL names. It only "
            "does so with the embedded one: remove DATABASE_URL, or empty that database yourself."
        )
    applied = MigrationRecorder(connection).applied_migrations()
    is_shop = ("accounts", "0001_initial") in applied and User.objects.exists()
    if is_shop and ("demo", "0001_mailbox") not in applied:
        raise RefusedToPrepare(
            "The database which DATABASE_URL names holds a shop that is not the demo. In the demo "
            "anybody can sign in as anybody: remove DATABASE_URL, or name an empty database."
        )


def _empty_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")


def _missing_courses() -> list[Path]:
    """Return the folders of courses that were never imported.

    A course that is there stays as it is: it may have been edited.
    """
    known = set(Course.objects.values_list("slug", flat=True))
    folders = sorted(path.parent for path in COURSES.glob("*/course.md"))
    return [folder for folder in folders if folder.name not in known]


def _open_account(email: str, **fields: object) -> User:
    """Create somebody whose address is proven, unless they are there; return them."""
    user = User.objects.filter(email=email).first()
    user = user or User.objects.create_user(email, None, **fields)
    EmailAddress.objects.get_or_create(
        user=user, email=email, defaults={"primary": True, "verified": True}
    )
    return user
