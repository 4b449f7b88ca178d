"""What somebody tries who wants into an account that is not theirs."""

import re
import statistics
import time

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client

from project.accounts.models import User
from project.models import OutboundMail
from tests.accounts.elsewhere import authorize, running, sign_in_elsewhere
from tests.accounts.letters import newest_code, newest_letter
from tests.accounts.ways import (
    CONFIRM,
    LOGIN,
    SECOND_STEP,
    app_code,
    forget_the_proof,
    is_signed_in,
    sign_in,
)
from tests.factories import add_app, create_learner

pytestmark = pytest.mark.django_db

VICTIM = "victim@example.com"
BY_PASSWORD = "/accounts/login/password/"
FOREIGN = ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]


@pytest.fixture(scope="module")
def server():
    mallory = {"sub": "mallory", "email": VICTIM, "email_verified": True}
    honest = {"sub": "honest", "email": "honest@example.com", "email_verified": True}
    with running(mallory, honest) as server:
        yield server


@pytest.fixture
def untrusted(settings, server):
    settings.SOCIALACCOUNT_PROVIDERS = server.providers(is_trusted=False)


@pytest.fixture
def trusted(settings, server):
    settings.SOCIALACCOUNT_PROVIDERS = server.providers(is_trusted=True)


def create_victim(**fields):
    victim = create_learner(email=VICTIM, **fields)
    EmailAddress.objects.create(user=victim, email=VICTIM, verified=True, primary=True)
    return victim


def main_of(response, *addresses):
    page = response.content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    for address in addresses:
        main = main.replace(address, "(address)")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", main)


# Accounts that are prepared for others


def test_way_in_that_was_laid_before_the_owner_came_is_taken_away(client, untrusted):
    attacker = Client()
    response = sign_in_elsewhere(attacker, "mallory")
    assert response.url == "/accounts/confirm-email/"
    assert SocialAccount.objects.get().user == User.objects.get(email=VICTIM)

    sign_in(client, VICTIM)

    assert is_signed_in(client)
    assert not SocialAccount.objects.exists()
    for url in ("/accounts/confirm-email/", LOGIN, "/accounts/"):
        attacker.get(url, follow=True)
    assert not is_signed_in(attacker)
    again = Client()
    sign_in_elsewhere(again, "mallory")
    assert not is_signed_in(again)
    assert not SocialAccount.objects.exists()


def test_password_that_was_set_before_the_owner_came_is_taken_away(client):
    create_learner(email=VICTIM, password="known to mallory")

    sign_in(client, VICTIM)

    assert not User.objects.get(email=VICTIM).has_usable_password()


def test_password_from_before_does_not_survive_an_account_elsewhere(client, trusted):
    squatted = create_learner(email=VICTIM, password="known to mallory")
    EmailAddress.objects.create(user=squatted, email=VICTIM, verified=False, primary=True)

    response = sign_in_elsewhere(client, "mallory")

    assert response.url == "/accounts/confirm-email/"
    assert not is_signed_in(client)
    squatted.refresh_from_db()
    assert not squatted.has_usable_password()


def test_word_of_a_server_that_is_not_trusted_opens_nobodys_account(client, untrusted):
    victim = create_victim()

    response = sign_in_elsewhere(client, "mallory")

    assert response.url == "/accounts/confirm-email/"
    assert not is_signed_in(client)
    assert not victim.socialaccount_set.exists()
    assert newest_letter(VICTIM).subject == "You have an account at Lectern"


def test_word_of_a_server_that_is_trusted_opens_the_account_and_its_owner_is_told(client, trusted):
    """The control of the test above."""
    victim = create_victim()

    sign_in_elsewhere(client, "mallory")

    assert client.session["_auth_user_id"] == str(victim.pk)
    assert newest_letter(VICTIM).subject in {
        "An account was connected at Lectern",
        "You signed in to Lectern with a new browser",
    }


def test_address_that_an_untrusted_server_calls_proven_is_proven_again(client, untrusted):
    sign_in_elsewhere(client, "honest", next_url="/cart/")
    assert not EmailAddress.objects.get().verified

    response = client.post("/accounts/confirm-email/", {"code": newest_code("honest@example.com")})

    assert response.url == "/cart/"
    assert is_signed_in(client)
    assert EmailAddress.objects.get().verified
    assert SocialAccount.objects.count() == 1


# Where a way in leads


@pytest.mark.parametrize("foreign", FOREIGN)
def test_password_never_leads_to_another_site(client, foreign):
    create_victim(password="a password")

    data = {"login": VICTIM, "password": "a password", "next": foreign}
    response = client.post(BY_PASSWORD, data)

    assert response.url == "/"
    assert is_signed_in(client)


@pytest.mark.parametrize("foreign", FOREIGN[:2])
def test_account_elsewhere_never_leads_to_another_site(client, trusted, foreign):
    response = sign_in_elsewhere(client, "honest", next_url=foreign)

    assert response.url == "/"
    assert is_signed_in(client)


@pytest.mark.parametrize("foreign", FOREIGN)
def test_mailed_proof_never_leads_to_another_site(client, foreign):
    sign_in(client, VICTIM)
    forget_the_proof(client)
    url = "/accounts/reauthenticate/code/"
    client.post(url, {"send": "", "next": foreign})

    response = client.post(url, {"code": newest_code(VICTIM), "next": foreign})

    assert response.url == "/accounts/"


def test_answer_from_elsewhere_is_of_use_in_the_same_session_only(client, trusted):
    """Otherwise somebody could be signed in to the attacker's account, and buy for it."""
    leaving = Client().post("/accounts/oidc/sso/login/?process=login")
    callback = authorize(leaving.headers["Location"], "honest")

    client.get(callback)

    assert not is_signed_in(client)


# Sessions


def test_session_gets_a_new_key_and_keeps_what_is_in_it(client):
    session = client.session
    session["something"] = "kept"
    session.save()
    planted = client.session.session_key

    sign_in(client, VICTIM)

    assert client.session.session_key != planted
    assert not Session.objects.filter(session_key=planted).exists()
    assert client.session["something"] == "kept"


def test_key_that_nobody_gave_out_is_not_taken(client):
    client.cookies["session"] = planted = "a" * 32

    sign_in(client, VICTIM)

    assert client.cookies["session"].value != planted


# Who has an account


def seen_by_asking(url, field, email):
    client = Client()
    asked = client.post(url, {field: email})
    page = client.get(asked.url)
    return asked.status_code, asked.url, page.status_code, main_of(page, email)


@pytest.mark.parametrize(
    ("url", "field"),
    [
        (LOGIN, "login"),
        ("/accounts/password/reset/", "email"),
        ("/accounts/signup/passkey/", "email"),
    ],
)
def test_pages_do_not_tell_who_has_an_account(url, field):
    create_victim()

    known = seen_by_asking(url, field, VICTIM)

    assert seen_by_asking(url, field, "nobody@example.com") == known


class CountingHasher(MD5PasswordHasher):
    calls = 0

    def encode(self, *args):
        CountingHasher.calls += 1
        return super().encode(*args)


@pytest.mark.parametrize("email", [VICTIM, "codes@example.com", "nobody@example.com"])
def test_wrong_password_tells_nothing_and_costs_the_same(client, settings, email):
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    create_victim(password="a password")
    create_learner(email="codes@example.com")
    CountingHasher.calls = 0

    response = client.post(BY_PASSWORD, {"login": email, "password": "a wrong one"})

    assert response.status_code == 422
    assert "Address and password do not belong together." in main_of(response)
    assert CountingHasher.calls == 1


def test_time_does_not_tell_who_has_an_account(settings):
    """A letter leaves in both cases, by the worker; what remains drowns in a network's noise."""
    settings.ACCOUNT_RATE_LIMITS = False
    create_victim()
    times = {VICTIM: [], "nobody": []}

    for number in range(9):
        for who, spent in times.items():
            email = VICTIM if who == VICTIM else f"nobody{number}@example.com"
            began = time.perf_counter()
            Client().post(LOGIN, {"login": email})
            spent.append(time.perf_counter() - began)

    known, unknown = map(statistics.median, times.values())
    assert abs(known - unknown) < 0.1
    assert OutboundMail.objects.count() == 18


# Codes


def test_mailed_code_works_once(client):
    client.post(LOGIN, {"login": VICTIM})
    code = newest_code(VICTIM)
    client.post(CONFIRM, {"code": code})
    client.post("/accounts/logout/")

    client.post(CONFIRM, {"code": code})

    assert not is_signed_in(client)


def test_mailed_code_works_in_the_browser_that_asked_only(client):
    client.post(LOGIN, {"login": VICTIM})
    other = Client()
    other.post(LOGIN, {"login": "mallory@example.com"})

    other.post(CONFIRM, {"code": newest_code(VICTIM)})

    assert not is_signed_in(other)


def to_the_second_step(email=VICTIM):
    client = Client()
    assert sign_in(client, email) == SECOND_STEP
    return client


def test_code_of_the_app_works_once_in_all_its_time():
    """allauth's own note of it lasts one period of three: here it is gone already."""
    secret = add_app(victim := create_victim())
    code = app_code(secret, periods=1)
    first, second = to_the_second_step(), to_the_second_step()

    first.post(SECOND_STEP, {"code": code})
    assert cache.delete(f"allauth.mfa.totp.used?user={victim.pk}&code={code}")
    second.post(SECOND_STEP, {"code": f"{code[:3]} {code[3:]}"})

    assert is_signed_in(first)
    assert not is_signed_in(second)


def test_recovery_code_works_once():
    victim = create_victim()
    add_app(victim)
    code = RecoveryCodes.activate(victim).get_unused_codes()[0]
    first, second = to_the_second_step(), to_the_second_step()

    first.post(SECOND_STEP, {"code": code})
    second.post(SECOND_STEP, {"code": code})

    assert is_signed_in(first)
    assert not is_signed_in(second)


def test_second_step_cannot_be_guessed():
    secret = add_app(create_victim())
    client = to_the_second_step()

    for number in range(5):
        client.post(SECOND_STEP, {"code": f"00000{number}"})
    response = client.post(SECOND_STEP, {"code": app_code(secret)})

    assert not is_signed_in(client)
    assert "Too many tries." in main_of(response)


def test_second_step_is_not_passed_by_an_account_elsewhere(client, trusted):
    add_app(create_victim())

    response = sign_in_elsewhere(client, "mallory")

    assert response.url == SECOND_STEP
    assert not is_signed_in(client)


def test_password_cannot_be_guessed(client):
    create_victim(password="a password")

    for number in range(5):
        client.post(BY_PASSWORD, {"login": VICTIM, "password": f"guess {number}"})
    response = client.post(BY_PASSWORD, {"login": VICTIM, "password": "a password"})

    assert not is_signed_in(client)
    assert "Too many tries." in main_of(response)


def test_limits_are_shared_by_all_processes(settings):
    assert settings.CACHES["default"]["BACKEND"].endswith("DatabaseCache")


# Sessions that were stolen

GUARDED = [
    ("/accounts/2fa/webauthn/add/", {}),
    ("/accounts/2fa/totp/activate/", {"code": "123456"}),
    ("/accounts/password/set/", {"password1": "of mallory 123", "password2": "of mallory 123"}),
    ("/accounts/email/", {"email": "mallory@example.com", "action_add": ""}),
    ("/accounts/email/", {"email": "second@example.com", "action_remove": ""}),
]


@pytest.mark.parametrize(("url", "data"), GUARDED)
def test_stolen_session_of_somebody_without_a_password_changes_nothing(client, url, data):
    sign_in(client, VICTIM)
    victim = User.objects.get()
    EmailAddress.objects.create(user=victim, email="second@example.com", verified=True)
    forget_the_proof(client)
    mails = OutboundMail.objects.count()

    response = client.post(url, data)

    assert response.url.startswith("/accounts/reauthenticate/code/?next=")
    victim.refresh_from_db()
    assert not victim.has_usable_password()
    assert EmailAddress.objects.count() == 2
    assert not Authenticator.objects.exists()
    assert OutboundMail.objects.count() == mails


def test_mailed_proof_goes_on_with_what_was_asked_for(client):
    sign_in(client, VICTIM)
    forget_the_proof(client)
    data = {"password1": "seven wooden spoons", "password2": "seven wooden spoons"}
    proof = client.post("/accounts/password/set/", data).url
    assert "E-mail me a code" in main_of(client.get(proof))

    client.post(proof, {"send": ""})
    client.post(proof, {"code": newest_code(VICTIM)})

    assert User.objects.get().check_password("seven wooden spoons")
    assert newest_letter(VICTIM).subject == "Your account at Lectern has a password"


def test_mailed_proof_cannot_be_guessed(client):
    sign_in(client, VICTIM)
    forget_the_proof(client)
    proof = client.get("/accounts/2fa/webauthn/add/").url
    client.post(proof, {"send": ""})
    code = newest_code(VICTIM)

    for _ in range(3):
        client.post(proof, {"code": "WRNG-CODE"})
    client.post(proof, {"code": code})

    assert client.get("/accounts/2fa/webauthn/add/").url == proof


def test_whoever_has_a_second_step_shows_that_and_no_mailed_code(client):
    add_app(create_victim())
    client.force_login(User.objects.get())

    response = client.get("/accounts/reauthenticate/code/?next=/accounts/")

    assert response.url == "/accounts/2fa/reauthenticate/?next=%2Faccounts%2F"


def test_first_second_step_ends_all_other_sessions(client, django_capture_on_commit_callbacks):
    thief = Client()
    sign_in(thief, VICTIM)
    sign_in(client, VICTIM)

    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/accounts/2fa/totp/activate/", {"code": app_code(secret)})

    assert newest_letter(VICTIM).subject == "An authenticator app was added at Lectern"
    assert client.get("/accounts/").status_code == 200
    assert thief.get("/accounts/").url.startswith(LOGIN)


@pytest.mark.parametrize(
    ("url", "stays"), [("/accounts/sessions/", True), ("/accounts/sessions/all/", False)]
)
def test_signing_out_everywhere_ends_sessions_elsewhere(client, url, stays):
    elsewhere = Client()
    sign_in(elsewhere, VICTIM)
    sign_in(client, VICTIM)

    client.post(url)

    assert elsewhere.get("/accounts/").status_code == 302
    assert (client.get("/accounts/").status_code == 200) is stays


@pytest.mark.parametrize(
    ("headers", "is_out"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "https://evil.example"}, False),
    ],
)
def test_nobody_is_signed_out_by_another_site(headers, is_out):
    """The form stands on every page, and has no token that would set a cookie with each."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(create_learner())
    browser.get("/")

    response = browser.post("/accounts/logout/", headers=headers)

    assert response.status_code == (302 if is_out else 403)
    assert is_signed_in(browser) is not is_out
    assert "csrf" not in browser.cookies


def test_address_of_the_sign_out_can_be_typed():
    browser = Client()
    browser.force_login(create_learner())

    response = browser.get("/accounts/logout/", headers={"Sec-Fetch-Site": "none"})

    assert response.status_code == 200
    assert is_signed_in(browser)
