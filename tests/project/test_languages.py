"""Which language somebody gets, how they choose another, and what caches are told of it."""

import re
from typing import get_args

import pytest
from django.test import Client
from django.utils import translation
from stripe.params.checkout import SessionCreateParams

from project.accounts.models import User
from project.languages import LOCALES, is_spoken, locale_named, speaking
from project.models import OutboundMail
from tests.factories import create_course, create_learner

pytestmark = pytest.mark.django_db

INDONESIAN, ENGLISH = 'lang="id" dir="ltr"', 'lang="en" dir="ltr"'


def choose(client, language, **fields):
    headers = fields.pop("headers", {"Referer": "http://testserver/cart/?page=2"})
    return client.post("/language/", {"language": language, **fields}, headers=headers)


def language_of(response):
    (language,) = [
        name
        for name, attributes in (("id", INDONESIAN), ("en", ENGLISH))
        if f"<html {attributes}>" in response.content.decode()
    ]
    assert response["Content-Language"] == language
    return language


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("id", "id"),
        ("id-ID,id;q=0.9,en;q=0.8", "id"),
        ("en-GB,en;q=0.9,id;q=0.8", "en"),
        ("fr,id;q=0.5", "id"),
        ("fr", "en"),
        ("*", "en"),
        ("", "en"),
        ("id;q=nonsense", "en"),
        ("x" * 5000, "en"),
    ],
)
def test_browser_asks_for_a_language(client, accepted, language):
    response = client.get("/cart/", headers={"Accept-Language": accepted})

    assert language_of(response) == language


def test_shop_has_a_language_of_its_own(client, settings):
    settings.LANGUAGE_CODE = "id"

    assert language_of(client.get("/cart/")) == "id"
    assert language_of(client.get("/cart/", headers={"Accept-Language": "fr"})) == "id"
    assert language_of(client.get("/cart/", headers={"Accept-Language": "en"})) == "en"


@pytest.mark.parametrize(("first", "second"), [("id", "en"), ("en", "id")])
def test_switch_outweighs_the_browser(client, first, second):
    response = choose(client, first)

    assert (response.status_code, response["Location"]) == (303, "/cart/?page=2")
    for accepted in ("id", "en"):
        page = client.get("/cart/", headers={"Accept-Language": accepted})
        assert language_of(page) == first
    choose(client, second)
    assert language_of(client.get("/cart/")) == second


def test_choice_is_kept_in_a_cookie_that_scripts_cannot_read(client):
    cookie = choose(client, "id").cookies["language"]

    assert cookie.value == "id"
    assert cookie["max-age"] == 60 * 60 * 24 * 365
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert set(client.cookies) == {"language"}


@pytest.mark.parametrize("code", ["", "fr", "ID", "en-us", "id\r\nX: y", "../id", "x" * 9999])
def test_unknown_language_changes_nothing(client, code):
    response = choose(client, code)

    assert (response.status_code, response["Location"]) == (303, "/cart/?page=2")
    assert not client.cookies
    assert language_of(client.get("/cart/")) == "en"


@pytest.mark.parametrize("code", ["fr", "xx", "en; Path=/", "x" * 5000])
def test_garbage_in_the_cookie_is_no_choice(client, code):
    client.cookies["language"] = code

    assert language_of(client.get("/cart/", headers={"Accept-Language": "id"})) == "id"


@pytest.mark.parametrize(
    "hostile",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "///evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
        "https://testserver@evil.example/",
        "\x08//evil.example",
    ],
)
def test_switch_leads_to_no_other_site(client, hostile):
    assert choose(client, "id", next=hostile)["Location"] == "/cart/?page=2"
    referred = choose(client, "id", headers={"Referer": hostile.replace("\x08", "")})
    assert referred["Location"] == "/"


def test_switch_leads_to_next_if_it_is_ours(client):
    assert choose(client, "id", next="/orders/?page=2")["Location"] == "/orders/?page=2"
    assert choose(client, "id", headers={})["Location"] == "/"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
    ],
)
def test_another_site_cannot_choose(headers):
    client = Client(enforce_csrf_checks=True)

    assert choose(client, "id", headers=headers).status_code == 403
    assert not client.cookies
    assert choose(client, "id", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303


def test_switch_takes_only_a_post(client):
    assert client.get("/language/?language=id").status_code == 405


def test_switch_names_the_languages_in_themselves(client):
    page = client.get("/cart/", headers={"Accept-Language": "id"}).content.decode()
    form = page[page.index('action="/language/"') :].partition("</form>")[0]
    buttons = [" ".join(button.split()) for button in form.split("<button")[1:]]

    assert buttons[0].endswith('lang="en" >English</button>')
    assert buttons[1].endswith('lang="id" aria-current="true" >Bahasa Indonesia</button>')
    assert "next" not in form
    assert "csrf" not in form


def test_page_that_answers_a_form_is_not_come_back_to(client):
    """Its address takes only a POST."""
    client.force_login(create_learner())
    course = create_course()
    page = client.post(f"/cart/items/{course.slug}/", {"seats": "many"})

    assert page.status_code == 422
    assert '<input type="hidden" name="next" value="/">' in page.content.decode()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_answers_say_what_their_language_depends_on(client, headers):
    response = client.get("/", headers=headers)

    vary = {name.strip() for name in response["Vary"].split(",")}
    assert {"Accept-Language", "Cookie", "HX-Request"} <= vary
    assert not response.cookies


def test_pictures_are_the_same_in_all_languages(client):
    from catalog.templatetags.covers import cover_url

    response = client.get(cover_url(create_course()), headers={"Accept-Language": "id"})

    assert response.get("Vary", "Accept-Encoding") == "Accept-Encoding"
    assert "Content-Language" not in response


def test_fragment_is_in_the_language_of_the_visitor(client):
    headers = {"HX-Request": "true", "Accept-Language": "id"}
    response = client.get("/cart/", headers=headers)

    assert response["Content-Language"] == "id"
    assert "<h1>Keranjang Anda</h1>" in response.content.decode()


@pytest.mark.parametrize("path", ["/no/such/page/", "/orders/nosuchorder/"])
def test_refusals_are_in_the_language_of_the_visitor(client, path):
    client.force_login(create_learner())
    response = client.get(path, headers={"Accept-Language": "id"})

    assert response.status_code == 404
    assert language_of(response) == "id"
    assert "Tidak ada apa-apa di sini" in response.content.decode()


def test_request_that_comes_no_further_is_answered_in_its_own_language(client):
    """The middleware that speaks a language was not reached: the thread still speaks another."""
    with translation.override("en"):
        headers = {"Host": "evil.example", "Accept-Language": "id"}
        response = client.get("/", headers=headers, secure=True)

    assert response.status_code == 400
    assert "<h1>Tidak berhasil</h1>" in response.content.decode()


def test_choice_is_remembered_for_a_person(client):
    person = create_learner()
    client.force_login(person)
    choose(client, "id")
    person.refresh_from_db()
    assert person.language == "id"

    choose(client, "fr")
    person.refresh_from_db()
    assert person.language == "id"


@pytest.mark.parametrize("chooses", [True, False])
def test_language_of_a_visitor_is_kept_when_they_sign_in(client, chooses):
    """Whether they chose it, or their browser did: so that they are written to in it."""
    headers = {} if chooses else {"Accept-Language": "id"}
    if chooses:
        choose(client, "id")
    client.post("/accounts/login/", {"login": "budi@example.com"}, headers=headers)
    letter = OutboundMail.objects.get()
    assert letter.subject == "Kode Anda untuk Lectern"
    code = re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}", letter.text)[0]
    client.post("/accounts/login/code/confirm/", {"code": code}, headers=headers)

    assert User.objects.get(email="budi@example.com").language == "id"


def test_speaking_falls_back_to_the_language_of_the_shop(settings):
    spoken = []
    for code in ("id", "en", "", "fr", "x" * 99):
        with speaking(code):
            spoken.append(translation.get_language())
    assert spoken == ["id", "en", "en", "en", "en"]

    settings.LANGUAGE_CODE = "id"
    with speaking("fr"):
        assert translation.get_language() == "id"


def test_every_language_is_known_to_babel_and_to_the_gateway(settings):
    codes = [code for code, _ in settings.LANGUAGES]
    spoken_by_stripe = get_args(get_args(SessionCreateParams.__annotations__["locale"])[0])

    assert [str(locale_named(LOCALES[code])) for code in codes] == ["en_US", "id_ID"]
    assert all(is_spoken(code) for code in codes)
    assert set(codes) <= set(spoken_by_stripe or codes)
