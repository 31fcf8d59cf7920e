"""The doors of orders."""

from django.urls import path

from orders import api, views

urlpatterns = [
    path("api/v1/checkout/", api.Checkout.as_view(), name="checkout"),
    path("api/v1/orders/<uuid:public_id>/", api.OrderDetail.as_view(), name="order"),
    path("api/v1/orders/<uuid:public_id>/cancel/", api.OrderCancel.as_view(), name="order-cancel"),
    path("orders/<uuid:public_id>/", views.order_page, name="order-page"),
]
