"""Stripe's API under its own paths, and the pages that Stripe would host."""

from django.urls import path, re_path

from checkout.sandbox import api, endpoints, pay

app_name = "sandbox"

urlpatterns = [
    path("v1/checkout/sessions", api.session_list_view, name="session_list"),
    path("v1/checkout/sessions/<slug:session_id>", api.session_view, name="session"),
    path(
        "v1/checkout/sessions/<slug:session_id>/expire",
        api.session_expiry_view,
        name="session_expiry",
    ),
    path(
        "v1/checkout/sessions/<slug:session_id>/line_items",
        api.line_item_list_view,
        name="line_item_list",
    ),
    path("v1/payment_intents/<slug:intent_id>", api.intent_view, name="intent"),
    path("v1/charges/<slug:charge_id>", api.charge_view, name="charge"),
    path("v1/events", api.event_list_view, name="event_list"),
    path("v1/events/<slug:event_id>", api.event_view, name="event"),
    path("v1/webhook_endpoints", endpoints.endpoint_list_view, name="endpoint_list"),
    path("v1/webhook_endpoints/<slug:endpoint_id>", endpoints.endpoint_view, name="endpoint"),
    # Everything else below v1 as well, so that the SDK never meets a page of the shop's.
    re_path(r"^v1(?:/|$)", api.unknown_view),
    path("pay/<slug:session_id>/", pay.pay, name="pay"),
    path("pay/<slug:session_id>/challenge/", pay.challenge, name="challenge"),
]
