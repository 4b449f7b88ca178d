import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from checkout.sandbox.models import Charge, Event
from tests.sandbox.asking import create_session, filled_in

pytestmark = pytest.mark.django_db


def pay_path(session):
    return reverse("sandbox:pay", args=[session.pk])


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"email": ""}, "email", "required"),
        ({"email": "ada"}, "email", "invalid"),
        ({"number": ""}, "number", "incomplete_number"),
        ({"number": "4242 4242"}, "number", "incomplete_number"),
        ({"number": "4242424242424241"}, "number", "incorrect_number"),
        ({"number": "4111 1111 1111 1111"}, "number", "test_mode_live_card"),
        ({"number": "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢"}, "number", "incomplete_number"),
        ({"expiry": ""}, "expiry", "incomplete_expiry"),
        ({"expiry": "soon"}, "expiry", "incomplete_expiry"),
        ({"expiry": "13 / 34"}, "expiry", "invalid_expiry_month"),
        ({"expiry": "00/34"}, "expiry", "invalid_expiry_month"),
        ({"expiry": "12 / 20"}, "expiry", "invalid_expiry_year"),
        ({"expiry": "12 / 2099"}, "expiry", "invalid_expiry_year"),
        ({"cvc": ""}, "cvc", "incomplete_cvc"),
        ({"cvc": "12"}, "cvc", "invalid_cvc"),
        ({"cvc": "1234"}, "cvc", "invalid_cvc"),
        ({"cvc": "12a"}, "cvc", "invalid_cvc"),
        ({"number": "378282246310005", "cvc": "123"}, "cvc", "invalid_cvc"),
    ],
)
def test_what_is_filled_in_wrongly_is_said_at_its_field(browser, changes, field, code):
    session = create_session()

    page = browser.post(pay_path(session), filled_in(**changes))

    assert page.status_code == 422
    form = page.context["form"]
    assert {name: [e.code for e in errors.as_data()] for name, errors in form.errors.items()} == {
        field: [code]
    }
    html, [message] = page.content.decode(), form.errors[field]
    control = re.search(rf'<input[^>]*id="id_{field}"[^>]*>', html)[0]
    assert 'aria-invalid="true"' in control
    assert f"id_{field}_error" in re.search(r'aria-describedby="([^"]*)"', control)[1]
    assert f'id="id_{field}_error">{message}<' in html
    assert f'<a href="#id_{field}">{message}</a>' in html
    assert 'role="alert"' in html
    assert not Charge.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.parametrize("expiry", ["12/34", "12 / 34", "1234", "12-34", "12/2034", "12 34"])
def test_expiries_are_read_as_people_write_them(browser, expiry):
    answer = browser.post(pay_path(create_session()), filled_in(expiry=expiry))

    assert answer.status_code == 303
    card = Charge.objects.get().payment_method["card"]
    assert (card["exp_month"], card["exp_year"]) == (12, 2034)


def test_a_card_is_good_until_the_end_of_its_month(browser):
    today = timezone.now()
    last_month = today.replace(day=1) - timedelta(days=1)

    late = browser.post(pay_path(create_session()), filled_in(expiry=f"{last_month:%m/%y}"))
    good = browser.post(pay_path(create_session()), filled_in(expiry=f"{today:%m/%y}"))

    assert (late.status_code, good.status_code) == (422, 303)


def test_a_number_that_may_be_real_is_not_shown_again(browser):
    page = browser.post(pay_path(create_session()), filled_in(number="4111111111111111"))

    assert "4111" not in page.content.decode()
    assert "Only test cards work here" in page.content.decode()
    assert 'value="ada@example.com"' in page.content.decode()
