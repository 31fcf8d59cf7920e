"""The shop's URLs; importing them loads the admin's pages."""

from django.contrib import admin
from django.urls import include, path

from config.login import login

admin.autodiscover()

urlpatterns = [
    path("admin/login/", login),
    path("admin/", admin.site.urls),
    path("", include("shop.urls")),
    path("", include("orders.urls")),
    path("", include("billing.urls")),
    path("", include("analytics.urls")),
]

handler400 = "shop.views.bad_request"
handler403 = "shop.views.forbidden"
handler404 = "shop.views.not_found"
handler500 = "shop.views.broken"
