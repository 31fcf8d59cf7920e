"""The addresses of the dashboard."""

from django.urls import path

from analytics import views

app_name = "analytics"
urlpatterns = [
    path("analytics/", views.dashboard, name="dashboard"),
    path("analytics/stream/", views.stream, name="stream"),
    path("analytics/snapshot/", views.snapshot, name="snapshot"),
]
