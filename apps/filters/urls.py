"""Addresses of filters."""

from django.urls import path

from apps.filters import creating, views
from apps.ui.pages import in_group, paths

app_name = "filters"
urlpatterns = [
    *paths(in_group("filters/"), views.Filters, "list"),
    path(in_group("filters/-new/"), creating.CreateFilter.as_view(), name="create"),
    *paths(in_group("filters/<str:filter>/"), views.FilterDetails, "detail"),
    path(in_group("filters/<str:filter>/-delete/"), views.DeleteFilter.as_view(), name="delete"),
]
