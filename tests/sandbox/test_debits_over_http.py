"""Bank debits, as the official SDK and the shop's webhooks tell of them."""

import pytest
import stripe

from checkout.sandbox import debits, jobs
from checkout.sandbox.models import Delivery
from tests.sandbox.asking import create_euro_session, create_session, debit, listen_to_everything

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_sdk_is_told_of_a_debit_from_its_beginning_to_its_end(stripe_client):
    session = create_euro_session()
    debit(session)

    expand = {"expand": ["payment_intent.latest_charge"]}
    begun = stripe_client.v1.checkout.sessions.retrieve(session.pk, expand)
    debits.succeed(begun.payment_intent.id)
    paid = stripe_client.v1.checkout.sessions.retrieve(session.pk, expand)

    assert (begun.status, begun.payment_status, begun.url) == ("complete", "unpaid", None)
    assert begun.payment_method_types == ["card", "sepa_debit"]
    intent, charge = begun.payment_intent, begun.payment_intent.latest_charge
    assert (intent.status, intent.amount_received, intent.processing) == ("processing", 0, None)
    assert intent.payment_method_types == ["card", "sepa_debit"]
    assert (charge.status, charge.paid, charge.captured) == ("pending", False, True)
    assert charge.payment_method_details.type == "sepa_debit"
    details = charge.payment_method_details.sepa_debit
    assert (details.country, details.bank_code, details.last4) == ("AT", "19043", "3201")
    assert details.mandate.startswith("mandate_")
    assert (paid.status, paid.payment_status) == ("complete", "paid")
    assert (paid.payment_intent.status, paid.payment_intent.amount_received) == ("succeeded", 4900)
    assert paid.payment_intent.latest_charge.paid is True


def test_a_session_that_waits_for_its_bank_cannot_be_expired(stripe_client):
    session = create_euro_session()
    debit(session)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe_client.v1.checkout.sessions.expire(session.pk)

    assert refused.value.http_status == 400
    assert refused.value.user_message == (
        'Only Checkout Sessions with a status in ["open"] can be expired. '
        "This Checkout Session has a status of `complete`."
    )
    session.refresh_from_db()
    assert (session.status, session.payment_status) == ("complete", "unpaid")


def test_a_refused_debit_is_told_by_signed_events_and_by_the_api(stripe_client, shop):
    listen_to_everything()
    session = create_session()
    debit(session, number="000222222227")
    debits.fail(session.pk)

    for pk in Delivery.objects.order_by("pk").values_list("pk", flat=True):
        jobs.deliver(pk)

    # The first delivery of the completed session waits for the pay page.
    assert shop.kinds() == [
        "payment_intent.created",
        "payment_intent.processing",
        "charge.pending",
        "charge.failed",
        "payment_intent.payment_failed",
        "checkout.session.async_payment_failed",
    ]
    [failed] = [event for event in shop.events() if event.type == "payment_intent.payment_failed"]
    error = failed.data.object.last_payment_error
    assert (failed.data.object.status, error.code) == (
        "requires_payment_method",
        "insufficient_funds",
    )
    charge = stripe_client.v1.charges.retrieve(error.charge)
    assert (charge.status, charge.paid, charge.failure_code) == (
        "failed",
        False,
        "insufficient_funds",
    )
    assert charge.payment_method_details.us_bank_account.last4 == "2227"
    told = stripe_client.v1.checkout.sessions.retrieve(session.pk)
    assert (told.status, told.payment_status) == ("complete", "unpaid")
