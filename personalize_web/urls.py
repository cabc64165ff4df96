"""Every address, one include per app."""

from django.urls import include, path

urlpatterns = [
    path("console/", include("apps.ui.urls")),
    path("console/", include("apps.accounts.urls")),
    path("", include("apps.aws_api.urls")),
]
