"""Storefront, products and their pictures, legal texts, the API's description, the probes."""

from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from shop import api, gallery, health, legal, storefront, views

urlpatterns = [
    # Without a token, which would give every page a cookie: another site could do no more with it
    # than change the language of this visitor's pages.
    path("language/", csrf_exempt(require_POST(set_language)), name="language"),
    path("", storefront.front, name="front"),
    path("products/", storefront.catalogue, name="catalogue"),
    path("products/<str:sku>/", storefront.product, name="product"),
    path("pictures/<slug:digest>.webp", gallery.picture, name="picture"),
    path("pictures/small/<slug:digest>.webp", gallery.thumbnail, name="thumbnail"),
    path("pictures/<slug:motif>/<slug:seed>-<slug:version>.svg", gallery.drawing, name="drawing"),
    path("legal/<slug:kind>/", legal.legal_page, name="legal"),
    path("about/", views.about, name="about"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("favicon.ico", views.Favicon.as_view(), name="favicon"),
    path("api/v1/products/", api.ProductList.as_view(), name="products"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", require_safe(SpectacularSwaggerView.as_view(url_name="schema")), name="docs"),
    path("api/problems/", views.problems, name="problems"),
]
