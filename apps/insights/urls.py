"""Addresses of data analysis."""

from django.urls import path

from apps.insights import views
from apps.ui.pages import in_group, paths

app_name = "insights"
urlpatterns = [
    *paths(in_group("data-analysis/"), views.Report, "report"),
    path(in_group("data-analysis/-run/"), views.Run.as_view(), name="run"),
]
