"""The addresses of orders: API and customer's page."""

from django.urls import path

from orders import api, views

urlpatterns = [
    path("api/v1/checkout/", api.Checkout.as_view(), name="checkout"),
    path("api/v1/orders/<slug:token>/", api.OrderDetail.as_view(), name="order"),
    path("api/v1/orders/<slug:token>/cancel/", api.OrderCancel.as_view(), name="order-cancel"),
    path("orders/<slug:token>/", views.order_page, name="order-page"),
]
