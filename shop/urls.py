"""The storefront, the catalogue, the API's description and the probes."""

from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from shop import api, health, views

urlpatterns = [
    path("", views.front, name="front"),
    # Without a token, which would give every page a cookie: another site could do no more with it
    # than change the language of this visitor's pages.
    path("language/", csrf_exempt(require_POST(set_language)), name="language"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("favicon.ico", views.Favicon.as_view(), name="favicon"),
    path("api/v1/products/", api.ProductList.as_view(), name="products"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", require_safe(SpectacularSwaggerView.as_view(url_name="schema")), name="docs"),
    path("api/problems/", views.problems, name="problems"),
]
