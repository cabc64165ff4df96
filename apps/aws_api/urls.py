"""Every address outside the console: two for machines that watch us, all others the API's."""

from django.urls import path, re_path

from apps.aws_api import health, views

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    re_path(r"^(?!console(?:/|$)|static/)", views.api, name="api"),
]
