"""Signing in and signing up are one: an address, then the code that was mailed to it."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from project.accounts.models import User
from project.models import OutboundMail
from tests.accounts.letters import newest_code, newest_letter
from tests.factories import create_learner

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"
CONFIRM = "/accounts/login/code/confirm/"
WANTED = "/cart/?canceled=AB12"


def ask_for_code(client, email, *, next_url=""):
    return client.post(LOGIN, {"login": email, "next": next_url})


def type_in(client, code, *, next_url=""):
    return client.post(CONFIRM, {"code": code, "next": next_url})


def signed_in(client):
    return "_auth_user_id" in client.session


def main_of(response):
    page = response.content.decode()
    return page[page.index("<main") : page.index("</main>")]


def words_of(response):
    return " ".join(re.sub(r"<[^>]+>", " ", main_of(response)).split())


def test_entrance_asks_for_an_address_or_a_passkey(client):
    response = client.get(LOGIN, {"next": WANTED})

    assert response.status_code == 200
    names = re.findall(r'<input[^>]* name="(\w+)"', main_of(response))
    code, passkey = ["csrfmiddlewaretoken", "login", "next"], ["csrfmiddlewaretoken", "next"]
    assert names == [*code, *passkey, "credential"]
    assert f'name="next" value="{WANTED}"' in main_of(response)


def test_entrance_fills_in_an_address_from_a_link(client):
    response = client.get(LOGIN, {"email": "ada@example.com"})

    assert 'value="ada@example.com"' in main_of(response)


def test_new_address_becomes_an_account_with_its_code(client):
    response = ask_for_code(client, "Ada@Example.com", next_url=WANTED)
    assert response.url == f"{CONFIRM}?next=%2Fcart%2F%3Fcanceled%3DAB12"
    assert not signed_in(client)
    assert not EmailAddress.objects.filter(verified=True).exists()

    page = client.get(response.url)
    assert "ada@example.com" in words_of(page)
    assert 'autocomplete="one-time-code"' in main_of(page)
    assert 'inputmode="text"' in main_of(page)
    assert "autofocus" in main_of(page)

    response = type_in(client, newest_code("ada@example.com"), next_url=WANTED)

    assert response.url == WANTED
    user = User.objects.get()
    assert client.session["_auth_user_id"] == str(user.pk)
    assert user.email == "ada@example.com"
    assert not user.has_usable_password()
    address = EmailAddress.objects.get()
    assert (address.email, address.verified, address.primary) == (user.email, True, True)


def test_account_signs_in_and_lands_on_the_catalog(client):
    create_learner(email="ada@example.com")
    ask_for_code(client, "ada@example.com")

    response = type_in(client, newest_code("ada@example.com"))

    assert response.url == reverse("catalog:course_list")
    assert signed_in(client)
    assert User.objects.count() == 1


def test_account_made_by_a_command_needs_one_code_only(client):
    """Such an account has no address in allauth's table yet."""
    user = User.objects.create_superuser("owner@example.com", "a password")
    ask_for_code(client, "owner@example.com")

    type_in(client, newest_code("owner@example.com"))

    assert client.session["_auth_user_id"] == str(user.pk)
    assert OutboundMail.objects.count() == 1


@pytest.mark.parametrize("change", [str.lower, lambda code: code.replace("-", " ")])
def test_code_may_be_typed_carelessly(client, change):
    ask_for_code(client, "ada@example.com")

    type_in(client, change(newest_code("ada@example.com")))

    assert signed_in(client)


def test_pages_do_not_tell_who_has_an_account():
    create_learner(email="known@example.com")
    closed = create_learner(email="closed@example.com")
    closed.is_active = False
    closed.save()

    def seen(email):
        client = Client()
        asked = ask_for_code(client, email)
        page = client.get(asked.url)
        shown = re.sub(r'value="\w{64}"|nonce="[^"]*"', "", page.content.decode())
        return asked.status_code, asked.url, page.status_code, shown.replace(email, "(address)")

    known = seen("known@example.com")
    assert seen("new@example.com") == known
    assert seen("closed@example.com") == known


def test_closed_account_gets_a_letter_and_no_code(client):
    user = create_learner(email="closed@example.com")
    user.is_active = False
    user.save()

    ask_for_code(client, "closed@example.com")

    letter = newest_letter("closed@example.com")
    assert letter.subject == "You cannot sign in to Lectern"
    assert "is closed" in letter.text
    assert User.objects.count() == 1


def test_code_is_mailed_by_the_worker(client):
    ask_for_code(client, "ada@example.com")

    letter = newest_letter("ada@example.com")
    assert letter.subject == "Your code for Lectern"
    assert f"\n\n{newest_code('ada@example.com')}\n\n" in letter.text
    assert mail.outbox == []
    jobs = ProcrastinateJob.objects.values_list("task_name", "args")
    assert list(jobs) == [("project.mail.deliver", {"mail_id": letter.pk})]


def test_wrong_code_can_be_tried_again(client):
    ask_for_code(client, "ada@example.com")

    response = type_in(client, "WRNG-CODE", next_url=WANTED)

    assert "That is not the code we sent." in words_of(response)
    assert f'name="next" value="{WANTED}"' in main_of(response)
    assert not signed_in(client)


def test_three_wrong_codes_lead_back_with_next_and_void_the_code(client):
    ask_for_code(client, "ada@example.com", next_url=WANTED)
    code = newest_code("ada@example.com")
    for _ in range(2):
        type_in(client, "WRNG-CODE", next_url=WANTED)

    response = client.post(CONFIRM, {"code": "WRNG-CODE", "next": WANTED}, follow=True)

    assert response.redirect_chain[-1][0] == f"{LOGIN}?next=%2Fcart%2F%3Fcanceled%3DAB12"
    assert "Too many tries." in response.content.decode()
    type_in(client, code)
    assert not signed_in(client)


def test_old_code_leads_back_with_next_and_says_so(client):
    ask_for_code(client, "ada@example.com")
    code = newest_code("ada@example.com")
    session = client.session
    session["account_login"]["state"]["stages"]["login_by_code"]["data"]["at"] -= 601
    session.save()

    response = client.post(CONFIRM, {"code": code, "next": WANTED}, follow=True)

    assert response.redirect_chain[-1][0] == f"{LOGIN}?next=%2Fcart%2F%3Fcanceled%3DAB12"
    assert "Please ask for a new code." in response.content.decode()
    assert not signed_in(client)


def test_another_code_replaces_the_first(client):
    ask_for_code(client, "ada@example.com")
    first = newest_code("ada@example.com")

    response = client.post(CONFIRM, {"action": "resend", "next": WANTED})

    assert response.url == f"{CONFIRM}?next=%2Fcart%2F%3Fcanceled%3DAB12"
    second = newest_code("ada@example.com")
    assert second != first
    type_in(client, first)
    assert not signed_in(client)
    type_in(client, second)
    assert signed_in(client)


def test_another_address_keeps_next_and_the_session(client):
    session = client.session
    session["something"] = "kept"
    session.save()
    ask_for_code(client, "adda@example.com", next_url=WANTED)
    page = main_of(client.get(f"{CONFIRM}?next=%2Fcart%2F"))
    back = re.search(r'name="next" value="(/accounts/login/[^"]*)"', page)[1]

    response = client.post("/accounts/logout/", {"next": back})

    assert response.url == f"{LOGIN}?next=%2Fcart%2F"
    assert "E-mail me a code" in words_of(client.get(response.url))
    assert client.session["something"] == "kept"


def test_waiting_code_is_asked_for_with_the_newest_next(client):
    ask_for_code(client, "ada@example.com")

    response = client.get(LOGIN, {"next": WANTED})

    assert response.url == f"{CONFIRM}?next=%2Fcart%2F%3Fcanceled%3DAB12"


@pytest.mark.parametrize(
    "foreign", ["//evil.example", "https://evil.example/", "javascript:alert(1)"]
)
def test_next_never_leads_to_another_site(client, foreign):
    ask_for_code(client, "ada@example.com", next_url=foreign)

    response = type_in(client, newest_code("ada@example.com"), next_url=foreign)

    assert response.url == reverse("catalog:course_list")


def test_old_door_leads_to_the_entrance(client):
    response = client.get("/accounts/signup/", {"next": "/cart/", "email": "ada@example.com"})

    assert response.url == f"{LOGIN}?next=%2Fcart%2F&email=ada%40example.com"


def test_signed_in_people_are_not_asked_again(client):
    client.force_login(create_learner())

    assert client.get(LOGIN, {"next": "/cart/"}).url == "/cart/"


def test_too_many_codes_for_one_address_are_refused_in_words(client):
    for _ in range(3):
        ask_for_code(Client(), "ada@example.com")

    response = ask_for_code(Client(), "ada@example.com")

    assert "Too many tries." in words_of(response)
    assert OutboundMail.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_double_click_of_a_newcomer_makes_one_account():
    starting_line = Barrier(2)

    def click(_):
        try:
            starting_line.wait()
            return ask_for_code(Client(), "ada@example.com").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        statuses = list(pool.map(click, range(2)))

    assert statuses == [302, 302]
    assert User.objects.count() == 1
    assert EmailAddress.objects.count() == 1
    assert OutboundMail.objects.count() == 2


def test_sign_out_is_by_post_and_ends_on_the_catalog(client):
    client.force_login(create_learner(email="ada@example.com"))

    page = client.get("/accounts/logout/")
    assert "ada@example.com" in words_of(page)
    assert signed_in(client)

    response = client.post("/accounts/logout/")
    assert response.url == "/"
    assert not signed_in(client)
