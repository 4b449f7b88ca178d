"""Stripe's API under its own paths, and the pages that Stripe would host."""

from django.urls import include, path, re_path

from checkout.sandbox import controls, controls_api, endpoints, pay
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

control_patterns = [
    path("", controls.controls, name="controls"),
    path("off/", controls.switch_off, name="switch_off"),
    path("faults/<int:fault_id>/off/", controls.switch_fault_off, name="switch_fault_off"),
    path("events/<slug:event_id>/resend/", controls.resend, name="resend"),
    path("sessions/<slug:session_id>/<slug:action_name>/", controls.act, name="act"),
    path("api/", controls_api.state_view),
    path("api/faults/<int:fault_id>", controls_api.fault_view),
    path("api/deliveries/release", controls_api.release_view),
    path("api/events/<slug:event_id>/resend", controls_api.resend_view),
    path("api/sessions/<slug:session_id>/<slug:action_name>", controls_api.action_view),
    path("api/<slug:what>", controls_api.switch_view),
    path("<slug:what>/", controls.switch, name="switch"),
]

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
    path("v1/webhook_endpoints", endpoints.endpoint_list_view, name="endpoint_list"),
    path("v1/webhook_endpoints/<slug:endpoint_id>", endpoints.endpoint_view, name="endpoint"),
    # Everything else below v1 as well, so that the SDK never meets a page of the shop's.
    re_path(r"^v1(?:/|$)", unknown_view),
    path("controls/", include(control_patterns)),
    path("pay/<slug:session_id>/", pay.pay, name="pay"),
    path("pay/<slug:session_id>/challenge/", pay.challenge, name="challenge"),
]
