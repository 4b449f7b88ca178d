"""The customer's language: kept with the order, for the gateway's page and for later mails."""

import pytest
from django.utils import translation

from checkout.gateways import SessionState
from checkout.gateways.stripe import StripeGateway
from checkout.models import Order, Payment
from checkout.settlement import settle
from project.models import OutboundMail
from tests.accounts.letters import as_sent
from tests.checkout.shop import create_order, create_payment, snapshot_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["id", "en"])
def test_order_remembers_the_language_that_it_was_placed_in(
    memory_gateway, shopper, course, language
):
    shopper.wants(course)
    shopper.client.post("/checkout/", headers={"Accept-Language": language})

    assert Order.objects.get().language == language


@pytest.mark.parametrize(("language", "locale"), [("id", "id"), ("en", "en"), ("", "auto")])
def test_gateway_is_asked_for_its_page_in_that_language(language, locale):
    order = create_order()
    order.language = language

    with translation.override("en"):
        payment = Payment.objects.attempt(order, StripeGateway())

    assert payment.request["locale"] == locale


@pytest.mark.parametrize(
    ("chosen", "placed_in", "subject"),
    [
        ("", "id", "Pesanan {} di Lectern"),
        ("", "en", "Your order {} at Lectern"),
        ("id", "en", "Pesanan {} di Lectern"),
        ("en", "id", "Your order {} at Lectern"),
        ("", "", "Your order {} at Lectern"),
        ("xx", "id", "Your order {} at Lectern"),
    ],
)
@pytest.mark.parametrize("spoken", ["id", "en"])
def test_mails_are_in_the_language_of_the_customer(chosen, placed_in, subject, spoken):
    """Whoever makes them: a webhook, a job, or somebody in the shop office."""
    order = create_order()
    Order.objects.update(language=placed_in)
    order.user.speak(chosen)
    payment = create_payment(order=order)

    with translation.override(spoken):
        settle(payment.pk, snapshot_of(payment))
        receipt = as_sent(OutboundMail.objects.get())
        assert translation.get_language() == spoken

    assert receipt.subject == subject.format(order.number)


def test_money_in_a_mail_is_written_as_in_its_language():
    order = create_order()
    order.user.speak("id")
    Order.objects.update(currency="idr", total_minor=3_900_000, language="en")
    order.lines.update(price_minor=3_900_000)
    order.refresh_from_db()
    payment = create_payment(order=order)

    settle(payment.pk, snapshot_of(payment, SessionState.PROCESSING))
    settle(payment.pk, snapshot_of(payment))

    waiting, receipt = map(as_sent, OutboundMail.objects.order_by("pk"))
    assert f"Terima kasih atas pesanan {order.number} sebesar Rp39.000." in waiting.text
    assert "Total: Rp39.000" in receipt.text
    assert 'lang="id"' in receipt.html
