"""“I lost my link”: one form, the same answer for every address, and one letter."""

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from checkout.finding import mail_order_links
from project.models import OutboundMail
from tests.checkout.guests import ADA, create_guest_order, create_person
from tests.checkout.shop import create_order
from tests.checkout.test_orders import text_of
from tests.factories import create_learner

pytestmark = pytest.mark.django_db

FIND = "/orders/find/"


def ask(email, client=None):
    return (client or Client()).post(FIND, {"email": email})


def jobs():
    rows = ProcrastinateJob.objects.filter(task_name="checkout.finding.mail_order_links")
    return [row.args for row in rows.order_by("pk")]


def letters():
    return list(OutboundMail.objects.filter(key__startswith="links:").order_by("pk"))


def do_the_jobs():
    for args in jobs():
        mail_order_links(**args)


@pytest.mark.parametrize("email", [ADA, "nobody@example.com", "account@example.com"])
def test_find_answers_alike_for_every_address(email, django_assert_num_queries):
    create_guest_order()
    create_order(buyer=create_learner(email="account@example.com"))
    client = Client()

    # Whether there are orders is not looked up here: the job is written down, and that is all.
    with django_assert_num_queries(1):
        response = ask(email, client)

    assert (response.status_code, response["Location"]) == (302, "/orders/find/?sent=")
    page = text_of(client.get(response["Location"]))
    assert "If there are orders for this address, a mail with their links is on its way." in page
    assert email not in page
    assert [args["email"] for args in jobs()] == [email]


@pytest.mark.parametrize("email", ["", "ada", "ada@", "a" * 250 + "@example.com"])
def test_find_refuses_what_is_no_address(email):
    response = ask(email)

    assert response.status_code == 422
    assert 'role="alert" tabindex="-1" autofocus' in text_of(response)
    assert jobs() == []


def test_letter_lists_the_orders_that_no_account_holds():
    one, other = create_guest_order(), create_guest_order(is_paid=False)
    ended = create_guest_order(is_paid=False)
    ended.cancel()
    held = create_order(buyer=create_learner(email=ADA))
    foreign = create_guest_order(email="bob@example.com")
    ask("Ada@Example.com")

    do_the_jobs()
    do_the_jobs()  # as after a crash

    (letter,) = letters()
    assert letter.to == ADA
    for text in (letter.text, letter.html):
        assert one.get_absolute_url() in text
        assert other.get_absolute_url() in text
        assert "There are orders in an account as well." in text
        for order in (ended, held, foreign):
            assert order.reference not in text


def test_letter_of_orders_in_an_account_asks_to_sign_in():
    order = create_guest_order()
    order.claim(create_person())
    ask(ADA)

    do_the_jobs()

    (letter,) = letters()
    assert order.reference not in letter.text
    assert "Sign in to see them" in letter.text


def test_no_letter_goes_to_an_address_without_orders():
    create_guest_order(email="bob@example.com")
    ask(ADA)

    do_the_jobs()

    assert letters() == []


def test_find_is_asked_three_times_an_hour_for_one_address(settings):
    settings.RATE_LIMITS = True

    answers = [ask(email).status_code for email in (ADA, ADA.upper(), ADA, f" {ADA} ", "b@b.com")]

    assert answers == [302, 302, 302, 429, 302]
    assert len(jobs()) == 4


def test_find_is_asked_twenty_times_an_hour_from_one_place(settings):
    settings.RATE_LIMITS = True

    answers = [ask(f"a{number}@example.com").status_code for number in range(22)]

    assert answers == [302] * 20 + [429] * 2


def test_find_is_linked_from_the_footer_and_where_one_signs_in():
    for page in ("/", "/accounts/login/"):
        assert 'href="/orders/find/"' in text_of(Client().get(page))
    assert "Find your order" in text_of(Client().get("/accounts/login/"))
