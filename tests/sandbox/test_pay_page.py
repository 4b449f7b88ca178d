import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from checkout.sandbox import deliveries
from checkout.sandbox.cards import CARDS, MISTYPED_NUMBER
from checkout.sandbox.models import Charge, CheckoutSession, Event
from tests.sandbox.asking import (
    CHALLENGED_CARD,
    DECLINED_CARD,
    create_session,
    filled_in,
    line,
    pay,
)

pytestmark = pytest.mark.django_db


def pay_path(session):
    return reverse("sandbox:pay", args=[session.pk])


def landing(session):
    return f"http://shop.example/orders/r1/?session={session.pk}"


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_page_shows_what_is_paid_to_whom(browser):
    session = create_session(
        line_items=[line(amount=4950, name="Ty & Po"), line(amount=1000, quantity=3)]
    )

    page = browser.get(pay_path(session))

    assert page.status_code == 200
    text = text_of(page)
    assert "No real money moves here" in text
    assert "Ty &amp; Po $49.50" in text
    assert "3 × $10" in text
    assert "Pay $79.50" in text
    assert 'href="http://shop.example/cart/"' in page.content.decode()


def test_the_page_shows_amounts_in_the_currency(browser):
    session = create_session(line_items=[line(amount=490000, currency="isk")])

    assert "ISK 4,900" in text_of(browser.get(pay_path(session))).replace("\xa0", " ")


@pytest.mark.parametrize("name", ["pay", "challenge"])
def test_the_page_needs_no_script_no_style_and_no_cookie(browser, name):
    session = create_session()
    if name == "challenge":
        pay(session, number=CHALLENGED_CARD)

    page = browser.get(reverse(f"sandbox:{name}", args=[session.pk]))

    html = page.content.decode()
    assert "<script" not in html
    assert "style=" not in html
    assert "<style" not in html
    assert not re.search(r"\son\w+=", html)
    assert page["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; img-src data:; "
        "form-action 'self' http://shop.example; base-uri 'none'; frame-ancestors 'none'"
    )
    assert "no-store" in page["Cache-Control"]
    assert not page.cookies


def test_paying_tells_the_shop_first_and_then_goes_back_there(browser, shop):
    session = create_session()

    answer = browser.post(pay_path(session), filled_in())

    assert (answer.status_code, answer["Location"]) == (303, landing(session))
    [completed] = shop.events()
    assert completed.type == "checkout.session.completed"
    assert completed.data.object.payment_status == "paid"
    assert completed.data.object.customer_details.email == "ada@example.com"
    assert "no-store" in answer["Cache-Control"]


def test_a_buyer_goes_back_even_if_the_shop_does_not_listen(browser, shop):
    shop.answers.append(500)
    session = create_session()

    answer = browser.post(pay_path(session), filled_in())

    assert (answer.status_code, answer["Location"]) == (303, landing(session))


def test_the_success_url_is_replaced_literally(browser):
    session = create_session(success_url="http://shop.example/{x}/{CHECKOUT_SESSION_ID}?q={}")

    answer = browser.post(pay_path(session), filled_in())

    assert answer["Location"] == f"http://shop.example/{{x}}/{session.pk}?q={{}}".replace(
        "{", "%7B"
    ).replace("}", "%7D")


def test_a_posted_form_that_is_sent_again_does_not_pay_again(browser, shop):
    session = create_session()

    answers = [browser.post(pay_path(session), filled_in()) for _ in range(3)]

    assert [(a.status_code, a["Location"]) for a in answers] == [(303, landing(session))] * 3
    assert Charge.objects.count() == 1
    assert shop.kinds() == ["checkout.session.completed"]


def test_a_paid_session_says_so(browser):
    session = create_session()
    pay(session)

    page = browser.get(pay_path(session))

    assert page.status_code == 200
    assert "This has been paid" in text_of(page)
    assert f'href="{landing(session)}"' in page.content.decode()
    assert "<form" not in page.content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_session_that_expired_while_its_page_was_open_says_so(browser, method):
    session = create_session()
    CheckoutSession.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    page = getattr(browser, method)(pay_path(session), filled_in())

    assert page.status_code == 410
    assert "This page has expired" in text_of(page)
    assert not Charge.objects.exists()
    assert [event.type for event in Event.objects.all()] == ["checkout.session.expired"]


def test_an_unknown_session_is_not_found(browser):
    for name in ("pay", "challenge"):
        page = browser.get(reverse(f"sandbox:{name}", args=["cs_test_1"]))
        assert page.status_code == 404
        assert "There is no such payment" in text_of(page)


def test_a_declined_card_comes_back_to_the_form(browser, shop):
    session = create_session()

    page = browser.post(pay_path(session), filled_in(number=DECLINED_CARD))

    assert page.status_code == 402
    assert "Your card was declined." in text_of(page)
    assert 'role="alert"' in page.content.decode()
    assert 'value="ada@example.com"' in page.content.decode()
    assert shop.received == []
    assert browser.post(pay_path(session), filled_in()).status_code == 303


def test_the_bank_asks_and_is_answered(browser, shop):
    session = create_session()
    challenge = reverse("sandbox:challenge", args=[session.pk])

    answer = browser.post(pay_path(session), filled_in(number=CHALLENGED_CARD))
    assert (answer.status_code, answer["Location"]) == (303, challenge)
    question = text_of(browser.get(challenge))
    assert "$49" in question
    assert "3220" in question
    assert browser.post(challenge, {"answer": "perhaps"}).status_code == 200
    answer = browser.post(challenge, {"answer": "complete"})

    assert (answer.status_code, answer["Location"]) == (303, landing(session))
    assert shop.kinds() == ["checkout.session.completed"]
    again = browser.post(challenge, {"answer": "complete"})
    assert (again.status_code, again["Location"]) == (303, landing(session))
    assert len(shop.received) == 1


def test_the_bank_asks_and_is_refused(browser, shop):
    session = create_session()
    challenge = reverse("sandbox:challenge", args=[session.pk])
    browser.post(pay_path(session), filled_in(number=CHALLENGED_CARD))

    page = browser.post(challenge, {"answer": "fail"})

    assert page.status_code == 402
    assert "unable to authenticate" in text_of(page)
    assert f'action="{pay_path(session)}"' in page.content.decode()
    assert 'value="ada@example.com"' in page.content.decode()
    assert browser.get(challenge)["Location"] == pay_path(session)
    assert shop.received == []


def test_an_address_given_by_the_shop_cannot_be_changed(browser, shop):
    session = create_session(customer_email="ada@example.com")

    html = browser.get(pay_path(session)).content.decode()
    browser.post(pay_path(session), filled_in(email="mallory@example.com"))

    control = re.search(r'<input[^>]*id="id_email"[^>]*>', html)[0]
    assert "readonly" in control
    assert 'value="ada@example.com"' in control
    session.refresh_from_db()
    assert session.buyer_email == "ada@example.com"


def test_a_free_order_asks_for_no_card(browser, shop):
    session = create_session(line_items=[line(amount=0)])

    html = browser.get(pay_path(session)).content.decode()
    answer = browser.post(pay_path(session), {"email": "ada@example.com"})

    assert "id_number" not in html
    assert "Complete the order" in html
    assert answer.status_code == 303
    assert shop.events()[0].data.object.payment_status == "no_payment_required"


@pytest.mark.parametrize(
    ("number", "shown", "cvc"),
    [
        ("4242424242424242", "4242 4242 4242 4242", "123"),
        ("378282246310005", "3782 822463 10005", "1234"),
        ("4242424242424241", "4242424242424241", "123"),
    ],
)
def test_a_test_card_that_is_clicked_is_filled_in(browser, number, shown, cvc):
    page = browser.get(f"{pay_path(create_session())}?card={number}")

    form = page.context["form"]
    assert (form["number"].value(), form["cvc"].value()) == (shown, cvc)
    assert f'value="{shown}"' in page.content.decode()


def test_only_test_cards_are_filled_in(browser):
    page = browser.get(f"{pay_path(create_session())}?card=4111111111111111")

    assert "4111111111111111" not in page.content.decode()


def test_every_test_card_that_is_listed_does_what_is_said(browser, shop):
    page = browser.get(pay_path(create_session()))
    listed = set(re.findall(r'href="\?card=(\d+)"', page.content.decode()))

    assert listed == {card.number for card in CARDS} | {MISTYPED_NUMBER}
    for card in CARDS:
        session = create_session()
        form = filled_in(number=card.number, cvc="1" * card.cvc_length)
        answer = browser.post(pay_path(session), form)
        if card.is_challenged:
            assert answer["Location"].endswith("/challenge/")
        elif card.decline:
            assert answer.status_code == 402
            assert card.decline.message in text_of(answer)
        else:
            assert answer["Location"] == landing(session)


def test_a_buyer_does_not_wait_for_ever(browser, shop, gate, monkeypatch):
    monkeypatch.setattr(deliveries, "TIMEOUT", (0.2, 0.3))
    shop.answers.append(lambda: gate.wait(30) and 200)
    session = create_session()

    answer = browser.post(pay_path(session), filled_in())

    assert (answer.status_code, answer["Location"]) == (303, landing(session))
    assert len(shop.received) == 1
