"""The addresses of orders: API, cart, checkout, and the customer's page."""

from django.urls import path

from orders import api, cancel_pages, cart_pages, checkout_pages, views

urlpatterns = [
    path("api/v1/checkout/", api.Checkout.as_view(), name="checkout"),
    path("api/v1/orders/<slug:token>/", api.OrderDetail.as_view(), name="order"),
    path("api/v1/orders/<slug:token>/cancel/", api.OrderCancel.as_view(), name="order-cancel"),
    path("cart/", cart_pages.cart_page, name="cart"),
    path("cart/add/", cart_pages.add, name="cart-add"),
    path("cart/change/", cart_pages.change, name="cart-change"),
    path("checkout/", checkout_pages.checkout_page, name="checkout-page"),
    path("checkout/address/", checkout_pages.address, name="checkout-address"),
    path("orders/<slug:token>/", views.order_page, name="order-page"),
    path("orders/<slug:token>/progress/", views.order_progress, name="order-progress"),
    path("orders/<slug:token>/stream/", views.order_stream, name="order-stream"),
    path("orders/<slug:token>/girocode.svg", views.girocode, name="order-girocode"),
    path("orders/<slug:token>/cancel/", cancel_pages.cancel_page, name="order-cancel-page"),
]
