"""Stripe's API under its own paths, and the pages that Stripe would host."""

from django.urls import path, re_path

from checkout.sandbox import pay
from checkout.sandbox.api import (
    balance,
    disputes,
    events,
    payments,
    refunds,
    sessions,
    unknown_view,
)

app_name = "sandbox"

urlpatterns = [
    path("v1/checkout/sessions", sessions.session_list_view, name="session_list"),
    path("v1/checkout/sessions/<slug:session_id>", sessions.session_view, name="session"),
    path(
        "v1/checkout/sessions/<slug:session_id>/expire",
        sessions.session_expiry_view,
        name="session_expiry",
    ),
    path(
        "v1/checkout/sessions/<slug:session_id>/line_items",
        sessions.line_item_list_view,
        name="line_item_list",
    ),
    path("v1/payment_intents/<slug:intent_id>", payments.intent_view, name="intent"),
    path("v1/charges/<slug:charge_id>", payments.charge_view, name="charge"),
    path("v1/refunds", refunds.refund_list_view, name="refund_list"),
    path("v1/refunds/<slug:refund_id>", refunds.refund_view, name="refund"),
    path(
        "v1/refunds/<slug:refund_id>/cancel",
        refunds.refund_cancellation_view,
        name="refund_cancellation",
    ),
    path("v1/disputes", disputes.dispute_list_view, name="dispute_list"),
    path("v1/disputes/<slug:dispute_id>", disputes.dispute_view, name="dispute"),
    path(
        "v1/disputes/<slug:dispute_id>/close",
        disputes.dispute_closure_view,
        name="dispute_closure",
    ),
    path("v1/radar/early_fraud_warnings", disputes.warning_list_view, name="warning_list"),
    path("v1/radar/early_fraud_warnings/<slug:warning_id>", disputes.warning_view, name="warning"),
    path("v1/balance_transactions", balance.balance_list_view, name="balance_list"),
    path("v1/balance_transactions/<slug:balance_id>", balance.balance_view, name="balance"),
    path("v1/events", events.event_list_view, name="event_list"),
    path("v1/events/<slug:event_id>", events.event_view, name="event"),
    # Everything else below v1 as well, so that the SDK never meets a page of the shop's.
    re_path(r"^v1(?:/|$)", unknown_view),
    path("pay/<slug:session_id>/", pay.pay, name="pay"),
    path("pay/<slug:session_id>/challenge/", pay.challenge, name="challenge"),
]
