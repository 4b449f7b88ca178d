"""People in the admin, and the way into it."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Permission

from project.accounts.models import User
from tests.accounts.ways import SECOND_STEP, app_code, forget_the_proof, is_signed_in, sign_in
from tests.factories import add_app, create_learner, create_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client):
    """Staff who may look after people, and nothing else."""
    clerk = create_learner(email="clerk@example.com")
    clerk.is_staff = True
    clerk.save()
    clerk.user_permissions.set(Permission.objects.filter(codename__endswith="_user"))
    add_app(clerk)
    client.force_login(clerk)
    return clerk


def change(client, person, **fields):
    data = {"email": person.email, "name": person.name, "is_active": "on", **fields}
    return client.post(f"/admin/accounts/user/{person.pk}/change/", data)


def test_admin_is_entered_by_code_and_second_step(client):
    secret = add_app(create_staff(email="owner@example.com", has_app=False))

    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2F"

    assert sign_in(client, "owner@example.com", next_url="/admin/") == SECOND_STEP
    assert not is_signed_in(client)
    response = client.post(SECOND_STEP, {"code": app_code(secret)})

    assert response.url == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_staff_without_a_second_step_are_led_to_one_and_then_back(client):
    create_staff(email="owner@example.com", has_app=False)
    sign_in(client, "owner@example.com")

    response = client.get("/admin/accounts/user/", follow=True)

    assert response.redirect_chain[-1][0] == "/accounts/"
    assert "opens with a passkey or an authenticator app" in response.content.decode()

    page = client.get("/accounts/2fa/totp/activate/").context["form"]
    client.post("/accounts/2fa/totp/activate/", {"code": app_code(page.secret)})

    hub = client.get("/accounts/").content.decode()
    assert 'href="/admin/accounts/user/"' in hub
    assert client.get("/admin/accounts/user/").status_code == 200


@pytest.mark.parametrize(
    "url", ["/admin/", "/admin/accounts/user/", "/admin/jsi18n/", "/admin/login/?next=/admin/"]
)
def test_nothing_of_the_admin_opens_without_a_second_step(client, url):
    client.force_login(create_staff(has_app=False))

    response = client.get(url, follow=True)

    assert response.redirect_chain[-1][0] == "/accounts/"


def test_admins_own_form_lets_nobody_in_who_is_signed_in_without_a_second_step(client):
    staff = create_staff(email="owner@example.com", password="a password", has_app=False)
    client.force_login(staff)

    response = client.post(
        "/admin/login/", {"username": "owner@example.com", "password": "a password"}, follow=True
    )

    assert response.redirect_chain[-1][0] == "/accounts/"
    assert client.get("/admin/").status_code == 302


def test_stolen_session_of_staff_adds_no_second_step(client):
    create_staff(email="owner@example.com", has_app=False)
    sign_in(client, "owner@example.com")
    forget_the_proof(client)

    response = client.get("/accounts/2fa/totp/activate/")

    assert response.url.startswith("/accounts/reauthenticate/code/")
    assert client.get("/admin/").status_code == 302


def test_secrets_of_second_steps_are_not_shown_to_staff(client):
    client.force_login(create_staff())
    secret = add_app(learner := create_learner(email="ada@example.com"))

    page = client.get(f"/admin/mfa/authenticator/{learner.authenticator_set.get().pk}/change/")

    assert page.status_code == 200
    assert "ada@example.com" in page.content.decode()
    assert secret not in page.content.decode()


def test_admins_own_form_takes_no_password(client):
    create_staff(email="owner@example.com", password="a password")

    response = client.post(
        "/admin/login/", {"username": "owner@example.com", "password": "a password"}
    )

    assert response.url.startswith("/accounts/login/")
    assert "_auth_user_id" not in client.session


def test_learner_is_refused(client):
    client.force_login(create_learner())

    response = client.get("/admin/", follow=True)

    assert response.status_code == 403
    assert "Not for this account" in response.content.decode()


def test_person_is_added_without_a_password(client):
    client.force_login(create_staff())

    response = client.post("/admin/accounts/user/add/", {"email": "Ada@Example.com", "name": "Ada"})

    assert response.status_code == 302
    ada = User.objects.get(name="Ada")
    assert ada.email == "ada@example.com"
    assert not ada.has_usable_password()


def test_address_in_use_is_refused_in_any_case(client):
    client.force_login(create_staff())
    create_learner(email="ada@example.com")

    response = client.post("/admin/accounts/user/add/", {"email": "ADA@example.com", "name": ""})

    assert "already exists" in response.content.decode()
    assert User.objects.count() == 2


def test_new_address_puts_the_old_one_out(client):
    client.force_login(create_staff())
    ada = create_learner(email="ada@example.com")
    EmailAddress.objects.create(user=ada, email=ada.email, verified=True, primary=True)

    change(client, ada, email="ada@new.example.com")

    ada.refresh_from_db()
    assert ada.email == "ada@new.example.com"
    assert not EmailAddress.objects.exists()


def test_clerk_gives_no_powers(client, clerk):
    change(client, clerk, name="Clerk", is_staff="on", is_superuser="on")

    clerk.refresh_from_db()
    assert clerk.name == "Clerk"
    assert not clerk.is_superuser


def test_clerk_leaves_superusers_alone(client, clerk):
    owner = create_staff(email="owner@example.com")

    assert change(client, owner, email="mine@example.com").status_code == 403
    assert client.post(f"/admin/accounts/user/{owner.pk}/delete/").status_code == 403

    owner.refresh_from_db()
    assert owner.email == "owner@example.com"


def test_list_shows_people(client):
    client.force_login(create_staff())
    create_learner(email="ada@example.com")

    assert "ada@example.com" in client.get("/admin/accounts/user/?q=ada").content.decode()
