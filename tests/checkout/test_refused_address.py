"""An address that Django takes and Stripe refuses: asked for anew, or left to Stripe."""

import pytest

from checkout.models import Cart, Order, Payment
from checkout.sandbox import faults
from checkout.sandbox.models import CheckoutSession, Fault
from project.models import OutboundMail
from tests.checkout.conftest import HTMX
from tests.checkout.guests import ADA, Browser
from tests.checkout.test_orders import text_of
from tests.checkout.test_start import check_out, statuses

pytestmark = pytest.mark.django_db(transaction=True)

REFUSED = "ada@localhost"
SENTENCE = "Our payment service does not take this address. Is it spelled right?"


def told_address():
    """Return the address that the gateway was told."""
    return CheckoutSession.objects.get().parameters.get("customer_email")


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_refused_address_is_asked_for_again_at_its_field(gateway, course, headers):
    """Nobody has to look for what was wrong; nothing is lost but an order that never was."""
    browser = Browser(gateway)
    browser.add(course)

    response = browser.check_out(REFUSED, headers=headers)

    page = text_of(response)
    assert response.status_code == 422
    assert ("<html" in page) is not bool(headers)
    assert 'tabindex="-1" autofocus><a href="#check-out-email" id="check-out-email-error">' in page
    assert f">{SENTENCE}" in page
    assert f'id="check-out-email" value="{REFUSED}"' in page
    assert 'aria-invalid="true"' in page
    assert course.title in page
    assert statuses() == (["canceled"], ["abandoned"])
    assert Cart.objects.get().items.count() == 1
    assert not OutboundMail.objects.exists()  # staff can do nothing about it

    browser.check_out(ADA)

    assert statuses() == (["canceled", "pending"], ["abandoned", "open"])
    assert Order.objects.latest("pk").email == told_address() == ADA


def test_refused_address_of_an_account_is_left_to_the_gateway(gateway, shopper, course):
    """There is no field for it in the cart, so Stripe's page asks for one that it takes."""
    shopper.user.email = REFUSED
    shopper.user.save()
    shopper.wants(course)

    response = check_out(shopper)

    assert response["Location"] == Payment.objects.latest("pk").session_url != ""
    assert statuses() == (["pending"], ["abandoned", "open"])
    assert (Order.objects.get().email, told_address()) == (REFUSED, None)


def test_refused_address_is_in_nobodys_way_later(gateway, settings, course):
    """The first answer got lost; by the next press the shopper has seen the mistake."""
    browser = Browser(gateway)
    browser.add(course)
    working, settings.STRIPE_API_BASE = settings.STRIPE_API_BASE, "http://127.0.0.1:9"
    browser.check_out(REFUSED)
    assert statuses() == (["pending"], ["creating"])
    settings.STRIPE_API_BASE = working

    response = browser.check_out(ADA)

    assert response["Location"] == Payment.objects.latest("pk").session_url
    assert statuses() == (["canceled", "pending"], ["abandoned", "open"])


def test_switch_refuses_the_next_address(gateway, course):
    """Any address, for those who try the shop."""
    faults.switch_on("checkout.sessions.create", Fault.EMAIL_REFUSED, times=1)
    browser = Browser(gateway)
    browser.add(course)

    assert [browser.check_out(ADA).status_code for _ in range(2)] == [422, 303]
