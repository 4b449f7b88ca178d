"""What was bought without an account comes to whoever proves to be its buyer: whole, and once."""

import pytest
from allauth.account.models import EmailAddress
from django.db import OperationalError, connection
from django.test import Client

from checkout.claims import claim_order, claim_orders
from checkout.models import Order
from library.models import LessonProgress
from tests.accounts.letters import newest_code
from tests.checkout.claiming import claim, person_at_browser, seats, sign_in_by_code
from tests.checkout.guests import ADA, Browser, create_guest_order, create_person
from tests.checkout.test_orders import text_of
from tests.checkout.test_start import statuses
from tests.factories import create_course

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(memory_gateway):
    return Browser(memory_gateway)


def test_code_in_another_browser_brings_the_order(browser, course):
    order = browser.buy(course)
    other = Client()

    response = sign_in_by_code(other, next_url=order.get_absolute_url())

    assert response.url == order.get_absolute_url()
    order.refresh_from_db()
    assert (order.user.email, order.claimed_at is None) == (ADA, False)
    assert seats() == [("active", ADA)]
    page = text_of(other.get(order.get_absolute_url()))
    assert f"Order {order.number} is in your account now." in page
    assert "Start lesson 1" in page
    assert "Save to" not in page
    assert other.get(f"/library/{course.slug}/").status_code == 200


def test_code_in_the_browser_that_bought_brings_order_and_what_was_done(browser, course):
    order = browser.buy(course)
    browser.look(order)
    lesson = course.lessons.first()
    done = f"/library/{course.slug}/{lesson.slug}/completion/"
    browser.client.post(done, {"done": "1"})
    assert not LessonProgress.objects.exists()

    sign_in_by_code(browser.client)

    progress = LessonProgress.objects.get()
    assert (progress.learner.email, progress.lesson) == (ADA, lesson)
    assert "guest_done" not in {key for key, value in browser.client.session.items() if value}
    assert "1 of 2 lessons done" in text_of(browser.client.get("/library/"))


def test_address_that_is_only_typed_gives_nothing(browser, course):
    """An account that was begun with the address, and whose code was never given."""
    order = browser.buy(course)
    person, client = person_at_browser(ADA, is_verified=False)

    client.get("/library/")
    client.get("/orders/")
    page = text_of(client.get(order.get_absolute_url()))

    assert "Save to my account" in page
    assert claim_orders(person) == []
    assert seats() == [("unclaimed", None)]


def test_address_that_only_looks_the_same_gives_nothing(browser, course):
    """To PostgreSQL the upper case of both is one."""
    browser.buy(course, email="mike@example.com")
    impostor = create_person("mıke@example.com")

    assert claim_orders(impostor) == []


def test_person_who_is_shut_out_gets_nothing(course):
    create_guest_order(courses=[course])
    person = create_person()
    person.is_active = False
    person.save()

    assert claim_orders(person) == []


@pytest.mark.parametrize("page", ["/library/", "/orders/", "order"])
def test_owner_of_the_address_finds_the_course_at_the_next_look(browser, course, page):
    """They were signed in all the time; the browser that bought may be another."""
    person, client = person_at_browser(ADA)
    order = browser.buy(course)
    assert "Start lesson 1" in text_of(browser.look(order))

    response = client.get(order.get_absolute_url() if page == "order" else page)

    assert f"Order {order.number} is in your account now." in text_of(response)
    assert seats() == [("active", ADA)]
    assert course.title in text_of(client.get("/library/"))
    assert person.orders.get() == order


def test_browser_that_bought_loses_what_an_account_has_taken(browser, course):
    order = browser.buy(course)
    browser.look(order)
    claim_orders(create_person())

    page = browser.look(order)
    poll = browser.client.get(f"{order.get_absolute_url()}status/", headers={"HX-Request": "true"})
    lesson = browser.client.get(f"/library/{course.slug}/")

    assert page["Location"].startswith("/accounts/login/?next=%2Forders%2F")
    assert "Sign in to see this order" in text_of(poll)
    assert lesson["Location"].startswith("/accounts/login/")
    assert browser.client.get("/library/")["Location"].startswith("/accounts/login/")


def test_order_that_waits_for_its_money_stays_with_the_browser(browser, course):
    """Or whoever owns the address would take the page away under the hands of who pays."""
    person = create_person()
    browser.add(course)
    browser.check_out()

    assert claim_orders(person) == []
    order = browser.pay()
    assert "Start lesson 1" in text_of(browser.look(order))
    assert [claim.order for claim in claim_orders(person)] == [order]


def test_new_address_brings_its_orders_once_its_code_was_given(browser, course):
    order = browser.buy(course)
    _, client = person_at_browser("old@example.com")
    client = Client()
    sign_in_by_code(client, "old@example.com")

    client.post("/accounts/email/", {"email": ADA, "action_add": ""})
    order.refresh_from_db()
    assert order.user is None
    client.post("/accounts/confirm-email/", {"code": newest_code(ADA)})

    assert EmailAddress.objects.get(email=ADA).verified
    order.refresh_from_db()
    assert order.user.email == "old@example.com"


def test_claiming_again_changes_nothing(course):
    order = create_guest_order(courses=[course])
    person = create_person()

    assert [claim.order for claim in claim_orders(person)] == [order]
    order.refresh_from_db()
    before = (order.version, order.claimed_at)
    assert claim_orders(person) == []
    assert claim_order(order.pk, person) is None
    order.refresh_from_db()
    assert (order.version, order.claimed_at) == before


def test_claim_that_fails_breaks_neither_signing_in_nor_the_shelf(browser, course, caplog):
    order = browser.buy(course)
    client = Client()

    def refuse(execute, sql, params, many, context):
        if sql.startswith("UPDATE") and "claimed_at" in sql:
            raise OperationalError("canceling statement due to lock timeout")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        sign_in_by_code(client)
        assert client.get("/library/").status_code == 200

    assert "were not claimed" in caplog.text
    assert seats() == [("unclaimed", None)]
    client.get("/library/")
    assert seats() == [("active", ADA)]
    order.refresh_from_db()
    assert order.user.email == ADA


def test_link_saves_the_whole_order_to_whoever_is_signed_in(course):
    courses = [course, create_course(lessons=1)]
    order = create_guest_order(courses=courses, seats=2)
    person, client = person_at_browser()
    assert "Save to my account" in text_of(client.get(order.get_absolute_url()))

    response = claim(client, order)

    assert (response.status_code, response["Location"]) == (303, order.get_absolute_url())
    mine = (("active", person.email), ("unclaimed", None))
    assert sorted(seats(), key=str) == sorted(mine * 2, key=str)
    page = text_of(client.get(order.get_absolute_url()))
    assert page.count("Start lesson 1") == 2
    assert "Seats to give away" in page


def test_link_of_a_stranger_asks_to_sign_in(course):
    order = create_guest_order(courses=[course])

    response = claim(Client(), order)

    assert response["Location"].startswith("/accounts/login/?next=%2Forders%2F")
    assert seats() == [("unclaimed", None)]


def test_link_that_was_used_is_of_no_use_to_the_next(course):
    order = create_guest_order(courses=[course])
    person, client = person_at_browser()
    _, other = person_at_browser()
    claim(client, order)

    replays = [claim(client, order).status_code, claim(other, order).status_code]

    assert replays == [303, 404]
    assert other.get(order.get_absolute_url()).status_code == 404
    assert Client().get(order.get_absolute_url()).status_code == 303
    assert seats() == [("active", person.email)]


@pytest.mark.parametrize("reference", ["x" * 20, "find", "0", "a-b"])
def test_link_that_is_guessed_takes_nothing(course, reference):
    create_guest_order(courses=[course])
    _, client = person_at_browser()

    assert client.post(f"/orders/{reference}/claim/").status_code == 404
    assert seats() == [("unclaimed", None)]


def test_order_that_was_saved_to_another_address_is_not_taken_by_its_own(course):
    """Whoever has the link may take it; what has a holder, proving an address does not move."""
    order = create_guest_order(courses=[course])
    holder, client = person_at_browser()
    claim(client, order)

    assert claim_orders(create_person()) == []
    assert seats() == [("active", holder.email)]


def test_order_that_waits_can_be_saved_and_opens_for_its_holder(browser, course):
    browser.add(course)
    browser.check_out()
    order = Order.objects.get()
    person, client = person_at_browser()
    claim(client, order)

    browser.pay()

    assert seats() == [("active", person.email)]
    assert statuses() == (["paid"], ["paid"])
