"""Where carts, orders and webhooks are."""

from django.urls import path

from checkout.views import cart, guests, orders, seats, start
from checkout.webhooks import stripe_webhook

app_name = "checkout"

urlpatterns = [
    path("webhooks/stripe/", stripe_webhook, name="stripe_webhook"),
    path("cart/", cart.cart, name="cart"),
    path("cart/items/", cart.cart_items, name="cart_items"),
    path("cart/items/<slug:slug>/", cart.cart_item, name="cart_item"),
    path("cart/items/<slug:slug>/giving/", cart.cart_giving, name="cart_giving"),
    path("cart/bundles/<slug:slug>/", cart.cart_bundle, name="cart_bundle"),
    path("checkout/", start.start, name="start"),
    path("orders/", orders.order_list, name="order_list"),
    path("orders/find/", guests.order_find, name="order_find"),
    path("orders/<slug:reference>/", orders.order_detail, name="order_detail"),
    path("orders/<slug:reference>/status/", orders.order_status, name="order_status"),
    path("orders/<slug:reference>/check/", orders.order_check, name="order_check"),
    path("orders/<slug:reference>/payment/", orders.order_payment, name="order_payment"),
    path("orders/<slug:reference>/claim/", guests.order_claim, name="order_claim"),
    path("orders/<slug:reference>/seats/", seats.seats, name="seats"),
    path(
        "orders/<slug:reference>/seats/<int:line>/invitation/",
        seats.seat_invitation,
        name="seat_invitation",
    ),
    path("orders/<slug:reference>/seats/<int:line>/letter/", seats.seat_letter, name="seat_letter"),
    path("orders/<slug:reference>/seats/<int:line>/return/", seats.seat_return, name="seat_return"),
]
