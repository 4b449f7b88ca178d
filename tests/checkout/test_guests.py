"""Buying with nothing but an e-mail address: the order's page is the link, and it opens at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

from checkout.models import Cart, Order, Payment
from library.models import Enrollment
from project.models import OutboundMail
from tests.accounts.letters import as_sent
from tests.checkout.conftest import HTMX
from tests.checkout.guests import ADA, Browser, create_guest_order, create_person
from tests.checkout.test_orders import text_of
from tests.checkout.test_start import messages_of, statuses
from tests.factories import create_course, create_learner

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(memory_gateway):
    return Browser(memory_gateway)


def seats():
    return list(Enrollment.objects.order_by("pk").values_list("status", "learner__email"))


# The address


def test_cart_asks_a_visitor_for_an_address_and_offers_to_sign_in(browser, course):
    browser.add(course)

    page = text_of(browser.client.get("/cart/"))

    assert 'type="email" name="email" id="check-out-email" value=""' in page
    assert "We send the receipt and your link there." in page
    assert "/accounts/login/?next=/cart/" in page


def test_cart_of_somebody_signed_in_asks_for_none(shopper, course):
    shopper.wants(course)

    assert 'type="email"' not in text_of(shopper.client.get("/cart/"))


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_checkout_with_an_address_goes_to_pay(browser, course, headers):
    browser.add(course)

    response = browser.check_out(" Ada@Example.COM ", headers=headers)

    payment = Payment.objects.get()
    if headers:
        assert (response.status_code, response["HX-Redirect"]) == (200, payment.session_url)
    else:
        assert (response.status_code, response["Location"]) == (303, payment.session_url)
    order = payment.order
    assert (order.user, order.email, order.claimed_at) == (None, ADA, None)
    assert statuses() == (["pending"], ["open"])
    assert not get_user_model().objects.exists()
    assert f'value="{ADA}"' in text_of(browser.client.get("/cart/"))


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("", "Please give your e-mail address"),
        ("ada", "That is no e-mail address"),
        ("ada@example", "That is no e-mail address"),
        ("ada@example.com, bob@example.com", "That is no e-mail address"),
        ("ada\n@example.com", "That is no e-mail address"),
        ("a" * 250 + "@example.com", "That is no e-mail address"),
        ('"><script>@example.com', "That is no e-mail address"),
    ],
)
def test_checkout_refuses_what_is_no_address_at_the_field(
    browser, course, headers, email, sentence
):
    browser.add(course)

    response = browser.check_out(email, headers=headers)

    text = text_of(response)
    assert response.status_code == 422
    assert ("<html" in text) is not bool(headers)
    assert 'role="alert" tabindex="-1" autofocus' in text
    assert sentence in text
    assert 'aria-invalid="true"' in text
    assert "<script>@" not in text
    assert course.title in text
    assert statuses() == ([], [])


def test_checkout_without_accounts_can_be_switched_off(browser, course, settings):
    settings.GUEST_CHECKOUT = False
    browser.add(course)

    response = browser.check_out()

    assert response["Location"] == "/accounts/login/?next=%2Fcart%2F"
    assert 'type="email"' not in text_of(browser.client.get("/cart/"))
    assert statuses() == ([], [])


def test_checkout_of_an_empty_cart_says_so(browser):
    response = browser.check_out()

    assert (response["Location"], messages_of(response)) == ("/cart/", ["Your cart is empty."])


def test_checkout_answers_alike_whether_or_not_the_address_has_an_account(browser, course):
    create_person(ADA)
    answers = []
    for email in (ADA, "nobody@example.com"):
        one = Browser(browser.gateway)
        one.add(course)
        start = one.check_out(email)
        order = one.pay()
        page = text_of(one.look(order))
        letter = as_sent(OutboundMail.objects.get(to=email))
        answers.append(
            [
                start.status_code,
                page.count("Start lesson 1"),
                page.count("Save to an account"),
                letter.subject.replace(order.number, "No."),
                letter.text.replace(order.reference, "ref").replace(order.number, "No."),
            ]
        )

    assert answers[0] == answers[1]


# One live order


def test_checkout_twice_from_one_page_makes_one_order(browser, course):
    browser.add(course)
    token = uuid4()

    first, second = browser.check_out(token=token), browser.check_out(token=token)

    assert first["Location"] == second["Location"]
    assert statuses() == (["pending"], ["open"])


def test_checkout_with_another_address_is_another_order(browser, course):
    """The receipt and the link go to one of them: the first page can be paid no more."""
    browser.add(course)
    browser.check_out("typo@example.com")

    response = browser.check_out(ADA)

    assert statuses() == (["expired", "pending"], ["expired", "open"])
    assert response["Location"] == Payment.objects.last().session_url
    assert Order.objects.last().email == ADA


def test_checkout_with_another_address_after_paying_leads_to_what_was_paid(browser, course):
    browser.add(course)
    browser.check_out("first@example.com")
    [payment] = Payment.objects.all()
    browser.gateway.pay(payment.session_id)  # and nobody has told the shop

    response = browser.check_out(ADA)

    assert response["Location"] == payment.order.get_absolute_url()
    assert statuses() == (["paid"], ["paid"])
    assert "Start lesson 1" in text_of(browser.look(payment.order))


def test_checkout_tells_of_a_new_price(browser, course):
    browser.add(course)
    type(course).objects.update(price_minor=4900)

    response = browser.check_out()

    message = messages_of(response)[-1]
    assert "now $49" in message
    assert statuses() == ([], [])
    browser.check_out()
    assert Order.objects.get().total_minor == 4900


def test_checkout_of_nothing_to_pay_opens_at_once(browser):
    browser.add(create_course(price_minor=0, lessons=1))

    response = browser.check_out()

    order = Order.objects.get()
    assert response["Location"].endswith(order.get_absolute_url())
    assert statuses() == (["paid"], ["paid"])
    assert "Start lesson 1" in text_of(browser.look(order))


def test_token_of_somebody_else_leads_to_nothing_of_theirs(browser, course):
    """A page's token proves nothing: without the cart that it was for it is only used up."""
    token = uuid4()
    browser.add(course)
    browser.check_out(token=token)
    order = browser.pay()
    other = Browser(browser.gateway)
    other.add(course)

    response = other.check_out("eve@example.com", token=token)

    assert response["Location"] == Payment.objects.last().session_url
    assert Order.objects.last() != order


@pytest.mark.django_db(transaction=True)
def test_checkouts_at_the_same_moment_make_one_order(memory_gateway, course):
    browser, starting_line, token = Browser(memory_gateway), Barrier(4), uuid4()
    browser.add(course)
    cookies = browser.client.cookies

    def press(number):
        try:
            client = Client()
            client.cookies = cookies
            starting_line.wait()
            form = {"token": str(token if number % 2 else uuid4()), "email": ADA}
            return client.post("/checkout/", form)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(press, range(4)))

    assert Order.objects.count() == Payment.objects.count() == 1
    assert {answer["Location"] for answer in answers} == {Payment.objects.get().session_url}


# The page


def test_browser_that_bought_studies_at_once(browser, course):
    order = browser.buy(course)

    page = text_of(browser.look(order))

    assert "Start lesson 1" in page
    assert "Save to an account" in page
    assert f"?next={order.get_absolute_url()}&amp;email=ada%40example.com" in page
    lesson = course.lessons.first()
    assert browser.client.get(f"/library/{course.slug}/{lesson.slug}/").status_code == 200
    assert seats() == [("unclaimed", None)]
    assert not Cart.objects.get().items.exists()


def test_poll_of_the_browser_that_bought_flips_to_the_lessons(browser, course):
    browser.add(course)
    browser.check_out()
    order = Order.objects.get()
    waiting = text_of(browser.look(order))
    browser.pay()

    assert "Confirming your payment" in waiting
    response = browser.client.get(f"{order.get_absolute_url()}status/?v=1", headers=HTMX)
    assert "Start lesson 1" in text_of(response)
    assert "Paid. Your courses are open." in text_of(response)


def test_link_shows_the_order_in_another_browser_and_opens_nothing(browser, course):
    order = browser.buy(course)
    other = Client()

    page = text_of(other.get(order.get_absolute_url()))

    assert course.title in page
    assert "Sign in to study" in page
    assert "Start lesson 1" not in page
    assert other.get(f"/library/{course.slug}/").status_code == 303
    assert not other.cookies.get("session")


def test_order_page_is_for_nobody_elses_eyes(browser, course):
    order = browser.buy(course)

    response = browser.look(order)

    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "same-origin"
    assert '<meta name="robots" content="noindex">' in text_of(response)


def test_seats_to_give_away_come_as_links(browser, course):
    order = browser.buy(course, seats=2)

    page = text_of(browser.look(order))

    own, gift = Enrollment.objects.order_by("pk")
    assert gift.claim_url in page
    assert own.claim_url not in page
    assert "Start lesson 1" in page


def test_coming_back_without_paying_says_so(browser, course):
    browser.add(course)
    browser.check_out()
    order = Order.objects.get()

    assert "You came back without paying." in text_of(
        browser.client.get(f"/cart/?canceled={order.reference}")
    )
    assert "You came back" not in text_of(Client().get(f"/cart/?canceled={order.reference}"))


def test_payment_that_failed_is_tried_again_with_the_link_alone(memory_gateway, course):
    order = create_guest_order(courses=[course], is_paid=False)
    order.payments.get().fail("No.")

    page = text_of(Client().get(order.get_absolute_url()))
    response = Client().post(f"{order.get_absolute_url()}payment/")

    assert "The payment did not go through" in page
    assert response["Location"] == Payment.objects.latest("attempt").session_url


@pytest.mark.parametrize("path", ["", "check/", "payment/", "status/", "claim/"])
def test_reference_that_is_guessed_finds_nothing(path):
    """The same answers as for an order of somebody's account."""
    theirs = create_guest_order()
    theirs.claim(create_learner())
    stranger, learner = Client(), Client()
    learner.force_login(create_learner())

    def ask(client, reference):
        url = f"/orders/{reference}/{path}"
        ask = client.get if path in ("", "status/") else client.post
        response = ask(url)
        answer = response.content.decode().replace(reference, "reference")
        where = response.get("Location", "").replace(reference, "reference")
        return response.status_code, where, len(answer)

    for client in (stranger, learner):
        assert ask(client, theirs.reference) == ask(client, "x" * 20)


# Letters


def test_receipt_has_the_secret_link_and_says_how_to_keep_it(browser, course):
    order = browser.buy(course, seats=2)

    letter = as_sent(OutboundMail.objects.get(to=ADA))

    own, gift = Enrollment.objects.order_by("pk")
    for text in (letter.text, letter.html):
        assert order.get_absolute_url() in text
        assert "Please keep this mail." in text
        assert gift.claim_url in text
        assert own.claim_url not in text
        assert "/library/" not in text


def test_receipt_of_an_account_says_nothing_of_it(shopper, course, memory_gateway):
    shopper.wants(course)
    shopper.client.post("/checkout/", {"token": str(uuid4())})
    Browser(memory_gateway).pay()

    letter = as_sent(OutboundMail.objects.get(to=shopper.user.email))
    assert "Please keep this mail." not in letter.text + letter.html
    assert f"/library/{course.slug}/" in letter.text
