"""The demo's mailbox: no sign-in code has to be looked for in a terminal."""

import os
import re
import subprocess
import sys

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string

from project.demo.mail_backend import EmailBackend
from project.demo.models import DemoMail

pytestmark = pytest.mark.django_db

LETTER = """Here is your code:

WDJB-MJHT

Type it into http://localhost:8000/accounts/login/ and read <b>on</b>."""


def create_mail(*, to="ada@example.com", subject="Your code", text=LETTER):
    return DemoMail.objects.create(to=to, subject=subject, text=text)


def test_backend_keeps_a_message_for_each_recipient(capsys):
    message = EmailMultiAlternatives(
        "Hello", "In words.", to=["ada@example.com"], bcc=["bob@example.com"]
    )
    message.attach_alternative("<p>In color.</p>", "text/html")

    sent = EmailBackend(alias="default").send_messages([message])

    assert sent == 1
    kept = DemoMail.objects.order_by("pk").values_list("to", "subject", "text", "html")
    assert list(kept) == [
        ("ada@example.com", "Hello", "In words.", "<p>In color.</p>"),
        ("bob@example.com", "Hello", "In words.", "<p>In color.</p>"),
    ]


def test_backend_says_one_line_with_the_code(capsys):
    EmailBackend(alias="default").send_messages(
        [EmailMessage("Your code", LETTER, to=["ada@example.com"])]
    )

    assert capsys.readouterr().out == "  Mail for ada@example.com: Your code  WDJB-MJHT\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [(LETTER, "WDJB-MJHT"), ("No code alone, only WDJB-MJHT\nWDJB-MJHT in lines.", ""), ("", "")],
)
def test_code_is_what_stands_alone_on_its_line(text, code):
    assert DemoMail(text=text).code == code


def test_mailbox_shows_the_newest_first_with_its_code(client):
    create_mail(subject="The first", text="No code.")
    create_mail(subject="The second")

    page = client.get("/demo/mailbox/").content.decode()

    assert re.findall(r">(The \w+)<", page) == ["The second", "The first"]
    assert re.findall(r'class="mail-code">(.*?)<', page) == ["WDJB-MJHT"]


def test_mailbox_renews_itself_with_and_without_javascript(client):
    newest = create_mail()

    page = client.get("/demo/mailbox/").content.decode()

    assert f'hx-get="/demo/mailbox/list/?seen={newest.pk}"' in page
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page


def test_mailbox_is_a_stage_for_htmx(client):
    page = client.get("/demo/mailbox/", headers={"HX-Request": "true"}).content.decode()

    assert page.lstrip().startswith('<main id="stage"')
    assert "<title>Mailbox · Lectern</title>" in page


def test_empty_mailbox_says_how_to_fill_it(client):
    assert "Nothing yet." in client.get("/demo/mailbox/").content.decode()


@pytest.mark.parametrize("fragment", ["list", "newest"])
def test_poll_is_quiet_until_something_comes(client, fragment):
    seen = create_mail().pk
    url = f"/demo/mailbox/{fragment}/?seen={seen}"
    assert client.get(url).status_code == 204

    create_mail(text="Here is your code:\n\nBCDF-GHJK\n")

    response = client.get(url)
    assert response.status_code == 200
    assert "BCDF-GHJK" in response.content.decode()
    assert "<html" not in response.content.decode()
    assert f"?seen={seen + 1}" in response.content.decode()


def test_message_has_links_and_no_markup_of_its_own(client):
    page = client.get(create_mail().get_absolute_url()).content.decode()

    assert '<a href="http://localhost:8000/accounts/login/"' in page
    assert "&lt;b&gt;on&lt;/b&gt;" in page


def test_message_that_is_not_there_is_missing(client):
    assert client.get("/demo/mailbox/1/").status_code == 404


def test_bar_says_how_to_try_the_shop(client):
    page = client.get("/accounts/login/").content.decode()
    bar = page[page.index('class="demo-bar"') : page.index("</aside>")]

    for hint in [
        "4242 4242 4242 4242",
        "/accounts/login/?email=learner@example.com",
        "/accounts/login/?email=owner@example.com",
        'href="/admin/"',
        'href="/demo/mailbox/"',
    ]:
        assert hint in bar


def test_bar_asks_the_database_nothing(django_assert_num_queries, rf):
    create_mail()
    with django_assert_num_queries(0):
        render_to_string("demo/_bar.html", {}, rf.get("/"))


def test_mailbox_does_not_exist_outside_the_demo():
    """Asked of a fresh process: settings and URLs are read once."""
    question = (
        "import django; django.setup();"
        "from django.apps import apps; from django.urls import Resolver404, resolve;"
        "from django.conf import settings;"
        "assert not apps.is_installed('project.demo');"
        "assert 'demo' not in settings.MAILERS['default']['BACKEND'];"
        "\ntry: resolve('/demo/mailbox/'); print('there')"
        "\nexcept Resolver404: print('not there')"
    )
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "DEMO": "0",
        "EMAIL_URL": "consolemail://",
        "STRIPE_SECRET_KEY": "sk_test_0",
    }

    asked = subprocess.run(
        [sys.executable, "-c", question], env=environment, capture_output=True, text=True
    )

    assert (asked.stdout, asked.returncode) == ("not there\n", 0), asked.stderr
